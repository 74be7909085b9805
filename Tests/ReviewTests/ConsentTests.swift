import CanonicalJSON
import Consent
import Digests
import PolicyIR
import Review
import Runner
import Structures
import SystemIO
import TestSupport
import Testing

@Suite struct ConsentTests {
  /// A grant is the very bytes that were written, or none.
  @Test func aChangedByteGrantsNothing() throws {
    let digest = Digest.of([1])
    let grant = ConsentGrant(
      version: "1.0.0", policy: digest, coolDown: ConsentGrant.CoolDown(until: 7, plan: digest, filter: digest))
    #expect(ConsentGrant(parsing: grant.bytes) == grant)
    for index in grant.bytes.indices {
      var bytes = grant.bytes
      bytes[index] ^= 1
      #expect(ConsentGrant(parsing: bytes) == nil)
      #expect(ConsentGrant(parsing: Array(grant.bytes[..<index])) == nil)
    }
  }

  private func app(_ version: String, _ devices: [Device]) -> AppPolicy {
    AppPolicy(
      id: AppID(publisher: "acme", name: "notes", version: version),
      policy: Policy(authority: Authority(devices: FiniteSet(devices)), entry: Entry(command: ["x"])))
  }

  @Test func onlyWhatWidensAsks() {
    let consent = Consent(app: app("1.0.0", [.camera, .gpu]))
    #expect(Consent.demand(of: app("1.0.0", [.gpu]), given: nil, now: 0) == .ask(nil))
    #expect(Consent.demand(of: consent.app, given: consent, now: 0) == .none(consent))
    let narrower = app("1.1.0", [.gpu])
    #expect(Consent.demand(of: narrower, given: consent, now: 0) == .none(Consent(app: narrower)))
    guard case .ask(let comparison?) = Consent.demand(of: app("1.1.0", [.camera, .microphone]), given: consent, now: 0)
    else {
      Issue.record("a widening does not ask")
      return
    }
    #expect(comparison.changes.compactMap(\.allowed) == ["use microphone"])
  }

  @Test func oneVersionHasOnePolicy() {
    let consent = Consent(app: app("1.0.0", [.camera]))
    guard case .refuse = Consent.demand(of: app("1.0.0", [.gpu]), given: consent, now: 0) else {
      Issue.record("another policy of the same version is not refused")
      return
    }
    guard case .refuse = Consent.demand(of: app("1.0.0", []), given: consent, now: 0) else {
      Issue.record("a narrower policy of the same version is not refused")
      return
    }
  }

  @Test func whatIsNewWaitsForItsTime() {
    let update = app("1.1.0", [.camera, .microphone])
    let consent = Consent(app: app("1.0.0", [.camera, .gpu])).accepting(update, from: 1000)
    #expect(Consent.demand(of: update, given: consent, now: 999) == .wait(until: 1000))
    #expect(consent.reduced(update.policy).authority.devices.elements == [.camera])
    #expect(Consent.demand(of: update, given: consent, now: 1000) == .none(Consent(app: update)))
  }

  @Test func theRecordReadsBackAndIsPrivate() throws {
    let directory = TemporaryDirectory("consent")
    let store = ConsentStore(root: directory("state"))
    let consent = Consent(app: app("1.0.0", [.camera])).accepting(app("1.1.0", [.gpu]), from: 5)
    func read() throws -> Consent? { try store.read(publisher: "acme", name: "notes") }
    func grant() throws -> ConsentGrant? { try store.grant(publisher: "acme", name: "notes") }
    #expect(try read() == nil)
    #expect(try grant() == nil)
    try store.write(consent, reduced: ([1], [2]))
    #expect(try read() == consent)
    let written = try #require(try grant())
    #expect(written.version == "1.1.0" && written.coolDown?.until == 5)
    #expect(try store.apps() == ["acme/notes"])
    for suffix in ["json", "grant", "plan", "filter"] {
      #expect(run(["stat", "-c", "%a", "\(store.root)/acme/notes.\(suffix)"]).output == "600\n")
    }
    // What no longer waits leaves nothing of its waiting.
    try store.write(Consent(app: app("1.1.0", [.gpu])))
    #expect(try grant()?.coolDown == nil)
    #expect(!Files.exists("\(store.root)/acme/notes.plan"))
    for (path, what) in [("notes.json", "{}"), ("notes.grant", "locara consent 1\n")] {
      try Files.replace("\(store.root)/acme/\(path)", with: Array(what.utf8))
    }
    for damaged in [{ _ = try read() }, { _ = try grant() }] {
      let failure = #expect(throws: Failure.self) { try damaged() }
      #expect(failure?.code == "LP009" && failure?.help?.contains("locara consent forget acme/notes") == true)
    }
    #expect(try store.forget(publisher: "acme", name: "notes"))
    #expect(try !store.forget(publisher: "acme", name: "notes"))
    #expect(try read() == nil)
  }
}
