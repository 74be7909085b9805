import BundleFormat
import CanonicalJSON
import Digests
import SandboxPlan
import Signing
import SystemIO
import TestSupport
import Testing

@testable import Trust

/// The failure that `body` ends with; nil when it succeeds.
func failure<Result>(of body: () throws -> Result) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure ?? Failure("none", "\(error)")
  }
}

/// One user with keys, a trust file and bundles of a publisher.
final class TrustWorld {
  let directory = TemporaryDirectory("trust")
  let keys: [SigningKey]
  let root: SigningKey

  init() throws {
    keys = try (0..<3).map { _ in try SigningKey.generate() }
    root = try SigningKey.generate()
    for (index, key) in keys.enumerated() { directory.write(key.publicKey.pem, to: "key\(index).pub") }
    directory.write(root.publicKey.minisignText, to: "root.pub")
  }

  func policy(_ text: String) throws -> TrustPolicy {
    directory.write(text, to: "trust.yaml")
    return try TrustPolicy(reading: directory("trust.yaml"))
  }

  func bundle(version: String = "1.0.0", publisher: String = "acme", content: UInt8 = 0) throws -> Bundle {
    var writer = BundleWriter(
      BundleConfiguration(
        publisher: publisher, name: "notes", version: version, displayName: "Notes", compiler: "locara 0.1.0",
        fullyLocal: true, hermetic: false))
    try writer.add(.policy, [0x7B, 0x7D])
    try writer.add(.plan, [0x7B, 0x7D, content])
    try writer.add(.seccompFilter(.x86_64), [6, 0, 0, 0, 0, 0, 0xFF, 0x7F])
    let path = directory("\(publisher)-\(version)-\(content).locapp")
    _ = try writer.write(to: path)
    return try Bundle.open(path)
  }

  func envelope(_ bundle: Bundle, by keys: [SigningKey]) throws -> (envelope: Envelope, path: String) {
    var envelope = Envelope(
      payload: Provenance(
        subject: bundle.subject, builder: "https://example.com/ci", compilerVersion: "0.1.0", parameters: [:],
        dependencies: []
      ).statement.bytes)
    for key in keys { try envelope.sign(with: key) }
    return (envelope, "signature")
  }

  func decide(
    _ policy: TrustPolicy, _ bundle: Bundle, by keys: [SigningKey], today: String = "2026-06-01",
    revocations: String? = nil, allowDowngrade: Bool = false
  ) throws -> TrustVerdict {
    let decision = TrustDecision(policy: policy, state: TrustState(root: directory("state")), today: today)
    return try decision.decide(
      bundle, envelopes: [try envelope(bundle, by: keys)], revocations: revocations, allowDowngrade: allowDowngrade)
  }
}

@Suite struct TrustTests {
  let world: TrustWorld
  init() throws { world = try TrustWorld() }

  @Test func enoughKeysOfThePublisherMustSign() throws {
    let policy = try world.policy(
      "publishers: {acme: {keys: [key0.pub, key1.pub, key2.pub], threshold: 2, expires: 2026-06-01}}")
    let bundle = try world.bundle()
    let verdict = try world.decide(policy, bundle, by: [world.keys[2], world.keys[0]])
    #expect(verdict.signers == [world.keys[0].publicKey, world.keys[2].publicKey])
    #expect(verdict.identifier == "acme/notes@1.0.0" && verdict.digest == bundle.digest)
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[1]]) }?.code == "LB022")
    #expect(failure { try world.decide(policy, bundle, by: [world.root, world.keys[1]]) }?.code == "LB022")
    // Signatures in two files count together.
    let decision = TrustDecision(policy: policy, state: TrustState(root: world.directory("state")), today: "2026-06-01")
    let apart = [try world.envelope(bundle, by: [world.keys[0]]), try world.envelope(bundle, by: [world.keys[1]])]
    #expect(try decision.decide(bundle, envelopes: apart).signers.count == 2)
    #expect(failure { try decision.decide(bundle, envelopes: []) }?.code == "LB022")
  }

  @Test func aPublisherThatIsNotListedIsRefused() throws {
    let policy = try world.policy("publishers: {acme: {keys: [key0.pub]}}")
    let other = try world.bundle(publisher: "emca")
    #expect(failure { try world.decide(policy, other, by: [world.keys[0]]) }?.code == "LB030")
  }

  @Test func trustEnds() throws {
    let policy = try world.policy("publishers: {acme: {keys: [key0.pub], expires: 2026-05-31}}")
    let bundle = try world.bundle()
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB031")
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]], today: "2026-05-31") } == nil)
  }

  @Test func anOlderVersionIsRefused() throws {
    let policy = try world.policy("publishers: {acme: {keys: [key0.pub], minimum-versions: {notes: 1.0.0-rc.1}}}")
    func decide(_ version: String, content: UInt8 = 0, allow: Bool = false) throws -> String? {
      let bundle = try world.bundle(version: version, content: content)
      return failure { try world.decide(policy, bundle, by: [world.keys[0]], allowDowngrade: allow) }?.code
    }
    #expect(try decide("1.0.0-beta.9") == "LB036")
    #expect(try decide("1.0.0-rc.2") == nil)
    #expect(try decide("1.0.0") == nil)
    #expect(try decide("1.0.0") == nil)
    #expect(try decide("1.0.0-rc.2") == "LB036")
    #expect(try decide("1.0.0", content: 1) == "LB036")
    #expect(try decide("1.10.0") == nil)
    #expect(try decide("1.9.0") == "LB036")
    #expect(try decide("1.9.0", allow: true) == nil)
    #expect(try decide("1.9.1") == nil)
    world.directory.write("{", to: "state/versions/acme/notes.json")
    #expect(try decide("2.0.0") == "LB037")
  }

  @Test func versionsAreOrderedAsSemverSays() {
    let order = [
      "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
      "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
    ]
    let versions = order.compactMap { VersionPrecedence($0) }
    #expect(versions.count == order.count)
    for (index, version) in versions.enumerated() {
      for (other, another) in versions.enumerated() {
        #expect((version < another) == (index < other), "\(order[index]) \(order[other])")
      }
    }
    #expect(VersionPrecedence("1.0.0+a") == VersionPrecedence("1.0.0+b"))
    for text in ["", "1", "1.0", "1.0.0.0", "a.b.c", "1.0.0-", "1.0.0-a..b", "99999999999999999999.0.0"] {
      #expect(VersionPrecedence(text) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    "", "publishers: []", "publishers: {acme: {}}", "publishers: {acme: {keys: []}}",
    "publishers: {acme: {keys: [key0.pub], threshold: 2}}", "publishers: {acme: {keys: [key0.pub], threshold: 0}}",
    "publishers: {acme: {keys: [key0.pub, key0.pub]}}", "publishers: {acme: {keys: [key0.pub], expires: soon}}",
    "publishers: {acme: {keys: [key0.pub], expired: 2026-01-01}}", "publishers: {acme: {keys: key0.pub}}",
    "publishers: {acme: {keys: [key0.pub], minimum-versions: {notes: new}}}", "revocations: {keys: [root.pub]}",
    "publishers: {}\nrevocations: {}", "publishers: {acme: {keys: [key0.pub]}}\npublishers: {}", "publishers: {a: [",
  ])
  func aTrustFileThatIsNotUnderstoodIsRefused(text: String) {
    #expect(failure { try world.policy(text) }?.code == "LB037")
  }

  @Test func keysAreFoundBesideTheFileOrInIt() throws {
    let body = world.keys[1].publicKey.pem.split(separator: "\n")[1]
    let policy = try world.policy("publishers: {acme: {keys: [key0.pub, \(body), root.pub]}}")
    #expect(
      policy.publishers[0].keys == [world.keys[0].publicKey, world.keys[1].publicKey, world.root.publicKey])
    #expect(failure { try world.policy("publishers: {acme: {keys: [none.pub]}}") }?.code == "LX007")
    #expect(failure { try world.policy("publishers: {acme: {keys: [trust.yaml]}}") }?.code == "LB020")
  }
}

@Suite struct RevocationTests {
  let world: TrustWorld
  init() throws { world = try TrustWorld() }

  private func trusting(_ more: String = "") throws -> TrustPolicy {
    try world.policy(
      "publishers: {acme: {keys: [key0.pub, key1.pub]}}\nrevocations: {keys: [root.pub], list: list.json\(more)}")
  }

  private func publish(
    keys: [String] = [], bundles: [Digest] = [], expires: String = "2026-12-31", to name: String = "list.json",
    by key: SigningKey? = nil, onlySign: Bool = false
  ) throws -> RevocationList {
    try Revoking.write(
      world.directory(name), keys: keys, bundles: bundles, expires: expires, onlySign: onlySign, with: key ?? world.root
    )
  }

  @Test func revokedKeysAndBundlesAreRefused() throws {
    let policy = try trusting()
    let bundle = try world.bundle()
    _ = try publish()
    #expect(try world.decide(policy, bundle, by: [world.keys[0]]).revocationSerial == 1)
    let second = try publish(keys: [world.keys[0].publicKey.identifier])
    #expect(second.serial == 2)
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB022")
    let verdict = try world.decide(policy, bundle, by: [world.keys[0], world.keys[1]])
    #expect(verdict.signers == [world.keys[1].publicKey] && verdict.notes.count == 1)
    let third = try publish(bundles: [bundle.digest])
    #expect(third.keys == second.keys)
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[1]]) }?.code == "LB035")
  }

  @Test func theLastListIsKept() throws {
    let policy = try trusting()
    let bundle = try world.bundle()
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB034")
    _ = try publish(bundles: [bundle.digest], to: "sent.json")
    let sent = world.directory("sent.json")
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]], revocations: sent) }?.code == "LB035")
    // From now on it counts, also when nobody names it.
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB035")
    _ = try publish()
    // An old list, which does not revoke it, does not undo that.
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB035")
  }

  @Test func anOlderListIsRefused() throws {
    let policy = try trusting()
    let bundle = try world.bundle()
    _ = try publish()
    let old = try #require(contents(of: world.directory("list.json")))
    _ = try publish()
    _ = try world.decide(policy, bundle, by: [world.keys[0]])
    world.directory.write(old, to: "list.json")
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB033")
  }

  @Test func aListThatEndedIsRefused() throws {
    let policy = try trusting()
    let bundle = try world.bundle()
    _ = try publish(expires: "2026-05-31")
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB034")
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]], today: "2026-05-31") } == nil)
  }

  @Test func onlyTheNamedKeysRevoke() throws {
    let policy = try trusting()
    let bundle = try world.bundle()
    _ = try publish(by: world.keys[0])
    #expect(failure { try world.decide(policy, bundle, by: [world.keys[0]]) }?.code == "LB032")
    let both = try world.policy(
      "publishers: {acme: {keys: [key0.pub]}}\nrevocations: {keys: [root.pub, key2.pub], threshold: 2, list: two.json}")
    _ = try publish(to: "two.json")
    #expect(failure { try world.decide(both, bundle, by: [world.keys[0]]) }?.code == "LB032")
    _ = try publish(to: "two.json", by: world.keys[2], onlySign: true)
    #expect(try world.decide(both, bundle, by: [world.keys[0]]).revocationSerial == 1)
    let without = try world.policy("publishers: {acme: {keys: [key0.pub]}}")
    let named = world.directory("two.json")
    #expect(failure { try world.decide(without, bundle, by: [world.keys[0]], revocations: named) }?.code == "LB032")
  }

  @Test func everyByteOfAListIsUnderItsSignature() throws {
    let policy = try trusting()
    let source = try #require(policy.revocations)
    let list = try publish(keys: [world.keys[0].publicKey.identifier])
    let good = try #require(contents(of: world.directory("list.json")))
    for offset in good.indices {
      var bad = good
      bad[offset] ^= 1
      guard let read = try? RevocationList(verifying: bad, by: source, path: "list") else { continue }
      #expect(read == list)
    }
    for payload in [
      "{}", "[]", "x", String(decoding: list.payload, as: UTF8.self).replacing("\"serial\":1", with: "\"serial\":0"),
    ] {
      #expect(failure { try RevocationList(payload: Array(payload.utf8), path: "list") }?.code == "LB032")
    }
  }
}
