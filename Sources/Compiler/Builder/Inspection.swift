internal import BundleFormat
package import CanonicalJSON
internal import Digests
internal import Exports
internal import Glibc
internal import KernelPlan
package import PolicyIR
internal import SandboxPlan
package import SystemIO

/// What there is to see in a manifest or a bundle: who it is, what it may do, and how that is enforced.
package struct Inspection: Sendable {
  private let policy: AppPolicy
  private let plan: SandboxPlan
  private let displayName: String
  /// Of the bundle; nil for a manifest.
  private let bundle: (digest: Digest, compiler: String, layers: [(title: String, size: Int64)])?

  package init(_ compilation: Compilation) throws(Failure) {
    plan = try compilation.sandbox().plan
    guard let app = compilation.app else {
      throw Failure("LP011", "the manifest did not compile", path: compilation.path)
    }
    policy = app
    displayName = compilation.displayName
    bundle = nil
  }

  /// Opens a bundle, verifies every digest, and reads what it says.
  package init(bundle path: String) throws(Failure) {
    let bundle = try Bundle.open(path)
    let configuration = bundle.configuration
    let id = AppID(publisher: configuration.publisher, name: configuration.name, version: configuration.version)
    do {
      policy = AppPolicy(id: id, policy: try Policy(json: JSON(parsing: try bundle.layer(.policy))))
      plan = try SandboxPlan(json: JSON(parsing: try bundle.layer(.plan)))
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("LB040", "the bundle's policy or plan cannot be read: \(error)", path: path)
    }
    displayName = configuration.displayName
    self.bundle = (
      bundle.digest, configuration.compiler,
      bundle.layers.compactMap { kind in bundle.facts(of: kind).map { (kind.title, $0.size) } }
    )
  }

  /// Whether the file starts like a tar archive rather than like a text.
  package static func isBundle(_ path: String) throws(Failure) -> Bool {
    guard !Files.isDirectory(path) else { return false }
    let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    let start = try descriptor.read(upTo: 262, path: path)
    return path.hasSuffix(".locapp") || (start.count == 262 && start[257...].elementsEqual("ustar".utf8))
  }

  /// For people.
  package var text: String {
    var lines = ["\(policy.id)  \(displayName)"]
    lines.append("  policy   \(policy.policy.digest)")
    if let bundle {
      lines.append("  bundle   \(bundle.digest)")
      lines.append("  made by  \(bundle.compiler)")
    }
    lines.append("  verdict  \(Verdict.text(policy.policy.authority))")
    lines += table("granted", plan.enforcement.filter(\.isGrant))
    lines += table("denied", plan.enforcement.filter { !$0.isGrant })
    if !plan.filters.isEmpty {
      lines += ["", "system-call filters"]
      lines += plan.filters.map { "  \($0.architecture.rawValue)  \($0.instructions) instructions  \($0.digest)" }
    }
    if !policy.policy.models.isEmpty {
      lines += ["", "models"]
      for model in policy.policy.models {
        lines.append("  \(model.id)  \(model.role)  \(model.license)")
        lines += model.files.map { "    \($0.path)  \($0.size) bytes  \($0.digest)" }
      }
    }
    if let database = plan.database {
      lines += ["", "database", "  \(database.file)  schema \(database.schema)"]
    }
    if let bundle {
      lines += ["", "layers"] + bundle.layers.map { "  \($0.title)  \($0.size) bytes" }
    }
    return lines.joined(separator: "\n")
  }

  private func table(_ title: String, _ rows: [EnforcementRow]) -> [String] {
    guard !rows.isEmpty else { return ["", title, "  nothing"] }
    let width = rows.map(\.subject.count).max() ?? 0
    return ["", title]
      + rows.map { row in
        let subject = row.subject + String(repeating: " ", count: width - row.subject.count)
        let how = row.mechanisms.isEmpty ? "nothing" : row.mechanisms.joined(separator: " + ")
        let remark = row.remark.isEmpty ? "" : "\n      \(row.remark)"
        return "  \(subject)  \(row.exactness.rawValue)  by \(how)\(remark)"
      }
  }

  /// For scripts; documented in `spec/bundle.md`.
  package var json: JSON {
    var members: [String: JSON] = [
      "id": .string(policy.id.description),
      "displayName": .string(displayName),
      "policy": policy.policy.json,
      "policyDigest": .string(policy.policy.digest.description),
      "fullyLocal": .bool(policy.policy.authority.isFullyLocal),
      "verdict": .string(Verdict.text(policy.policy.authority)),
      "plan": plan.json,
    ]
    if let bundle {
      members["bundleDigest"] = .string(bundle.digest.description)
      members["compiler"] = .string(bundle.compiler)
    }
    return .object(members)
  }
}

/// The one line that a reviewer has to trust: what can leave the machine.
package enum Verdict {
  package static func text(_ authority: Authority) -> String {
    if authority.isFullyLocal { return "fully local: it can reach nothing outside this machine" }
    if authority.connect == .full { return "it can reach any host on the network" }
    return authority.connect.witness.map { "it can reach the hosts that it names, such as \(Operation.connect($0))" }
      ?? "it accepts connections from other machines"
  }
}
