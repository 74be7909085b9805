internal import CanonicalJSON
package import Digests
internal import Glibc
package import PolicyIR
package import SandboxPlan
package import SystemIO

/// Decides whether an app may start as it is: by one small file, compared with what the bundle says of itself.
///
/// What has to be compared, shown or asked is another program's work (`locara-compiler consent ask`), which records the
/// answer and starts this one again.
package struct ConsentGate {
  /// What a bundle says of itself.
  package struct Bundle {
    var publisher: String
    var name: String
    var version: String
    /// Of the policy's canonical bytes.
    var policy: Digest
    var path: String

    package init(publisher: String, name: String, version: String, policy: Digest, path: String) {
      self.publisher = publisher
      self.name = name
      self.version = version
      self.policy = policy
      self.path = path
    }

    var id: AppID { AppID(publisher: publisher, name: name, version: version) }
  }

  /// With what the app starts.
  package enum LaunchDecision {
    /// With the bundle's own plan.
    case full
    /// While a cool-down lasts, with less.
    case restricted(plan: SandboxPlan, filter: [UInt8])
  }

  /// Set by the program that asked, so that an answer which does not help is an error and no endless loop.
  package static let askedVariable = "LOCARA_CONSENT_ASKED"

  package let store: ConsentStore
  /// Whether a cool-down that lasts is to end now.
  package var endsCoolDown = false
  /// Whether somebody can be asked.
  package var hasTerminal = isatty(0) == 1 && isatty(2) == 1
  /// Seconds since 1970-01-01 UTC.
  package var now = Int64(time(nil))

  package init(store: ConsentStore, endsCoolDown: Bool = false) {
    self.store = store
    self.endsCoolDown = endsCoolDown
  }

  /// - Parameters:
  ///   - policy: the bytes of the bundle's policy, read only when the app starts for the first time.
  ///   - handOver: becomes the program that asks; gives why that is not possible.
  /// - Throws: LR060 when the same version was agreed to with another policy, LP009 for a damaged record.
  package func pass(
    _ bundle: Bundle, policy: () throws(Failure) -> [UInt8], handOver: () -> Failure
  ) throws(Failure) -> LaunchDecision {
    let expected = ConsentGrant(version: bundle.version, policy: bundle.policy)
    guard let grant = try store.grant(publisher: bundle.publisher, name: bundle.name, expecting: expected) else {
      // Where nobody can be asked, whoever started it by its name decided; what it may do from now on is on record.
      if hasTerminal { throw ask(handOver) }
      try record(bundle, try policy())
      return .full
    }
    guard grant.version == bundle.version else { throw ask(handOver) }
    guard grant.policy == bundle.policy else { throw .versionReused(bundle.id, path: bundle.path) }
    guard let coolDown = grant.coolDown else { return .full }
    if coolDown.until <= now || endsCoolDown { throw ask(handOver) }
    return try reduced(coolDown, bundle)
  }

  private func ask(_ handOver: () -> Failure) -> Failure {
    guard Environment.value(ConsentGate.askedVariable) == nil else {
      return Failure(
        "LR061", "what was agreed to does not fit the bundle, although it was recorded just now",
        help: "was the bundle, or the record, changed at the same time? start it again")
    }
    return handOver()
  }

  private func record(_ bundle: Bundle, _ bytes: [UInt8]) throws(Failure) {
    let problem: String
    do throws(JSONError) {
      let json = try JSON(parsing: bytes, limits: JSONLimits(bytes: 64 << 20))
      do throws(PolicyFormatError) {
        return record(Consent(app: AppPolicy(id: bundle.id, policy: try Policy(json: json))))
      } catch { problem = error.description }
    } catch { problem = error.description }
    throw Failure("LP007", "the bundle's policy is malformed: \(problem)", path: bundle.path)
  }

  /// A home that cannot be written to keeps nobody from running an app: there is just no record to compare with.
  private func record(_ consent: Consent) {
    do throws(Failure) { try store.write(consent) } catch {
      StandardStream.error.write(
        "locara: what \(consent.app.id.publisher)/\(consent.app.id.name) may do is not recorded: \(error.message)\n")
    }
  }

  private func reduced(_ coolDown: ConsentGrant.CoolDown, _ bundle: Bundle) throws(Failure) -> LaunchDecision {
    let (publisher, name) = (bundle.publisher, bundle.name)
    let plan = try store.reduced("plan", publisher: publisher, name: name, digest: coolDown.plan)
    let filter = try store.reduced("filter", publisher: publisher, name: name, digest: coolDown.filter)
    do {
      let value = try SandboxPlan(json: JSON(parsing: plan))
      guard value.filters.contains(where: { $0.digest == coolDown.filter }) else {
        throw Failure("LR034", "the reduced plan and its filter do not belong together", path: bundle.path)
      }
      return .restricted(plan: value, filter: filter)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("LR036", "the reduced plan cannot be read: \(error)", path: bundle.path)
    }
  }
}

extension Failure {
  /// The same version with another policy: somebody is mistaken, or lies.
  package static func versionReused(_ id: AppID, path: String) -> Failure {
    let app = "\(id.publisher)/\(id.name)"
    return Failure(
      "LR060", "\(app) \(id.version) was agreed to with another policy than this bundle of the same version has",
      path: path,
      help: "an update has another version; if you made this bundle yourself, `locara consent forget \(app)` forgets "
        + "what you agreed to")
  }
}
