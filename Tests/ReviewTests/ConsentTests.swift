import CanonicalJSON
import PolicyIR
import Review
import SystemIO
import TestSupport
import Testing

@Suite struct ConsentTests {
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
    #expect(consent.authority(of: update.policy, now: 999).devices.elements == [.camera])
    #expect(consent.authority(of: update.policy, now: 1000).devices.elements == [.camera, .microphone])
    #expect(Consent.demand(of: update, given: consent, now: 1000) == .none(Consent(app: update)))
  }

  @Test func theRecordReadsBackAndIsPrivate() throws {
    let directory = TemporaryDirectory("consent")
    let store = ConsentStore(root: directory("state"))
    let consent = Consent(app: app("1.0.0", [.camera])).accepting(app("1.1.0", [.gpu]), from: 5)
    #expect(try store.read(consent.app.id) == nil)
    try store.write(consent)
    #expect(try store.read(consent.app.id) == consent)
    let path = "\(store.root)/acme/notes.json"
    #expect(run(["stat", "-c", "%a", path]).output == "600\n")
    try Files.replace(path, with: Array("{}".utf8))
    let failure = #expect(throws: Failure.self) { try store.read(consent.app.id) }
    #expect(failure?.code == "LP009")
  }
}
