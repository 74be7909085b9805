import TestSupport
import Testing

/// People agree to a bundle's policy, and the kernel gets its plan: a bundle whose parts say different things is whole,
/// with every digest right, and is neither started nor compared.
@Suite struct BundleAgreementTests {
  /// An app without the network, and the same app with it.
  struct Bundles: Sendable {
    var world: World
    var modest: String
    var greedy: String
  }

  static let bundles: Bundles = {
    let world = World("agreement")
    let app = world.copy(app: "hello-c")
    let text = String(decoding: contents(of: "\(app)/locara.yaml") ?? [], as: UTF8.self)
    let base = text.firstRange(of: "tests:").map { String(text[..<$0.lowerBound]) } ?? text
    func build(_ name: String, _ manifest: String) -> String {
      world.directory.write(manifest, to: "hello-c/locara.yaml")
      let bundle = world.directory("\(name).locapp")
      expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
      return bundle
    }
    func storage(_ declared: String) -> String {
      base + "storage: {tables: {notes: {columns: {id: {type: integer, primary-key: true}, body: \(declared)}}}}\n"
    }
    return Bundles(
      world: world, modest: build("modest", storage("text")),
      greedy: build(
        "greedy",
        storage("{type: text, backfill: \"'gone'\"}").replacing("net: false", with: "net: true")
          .replacing("file-size: 16MiB", with: "file-size: 32MiB")))
  }()

  private static let filters = [
    "seccomp-aarch64.bpf", "seccomp-riscv64.bpf", "seccomp-x86_64.bpf",
  ]

  @Test(arguments: [
    ["plan.json"] + filters, ["seccomp-x86_64.json"], ["schema.sql"], ["policy.txt"],
  ])
  func aBundleThatDoesMoreThanItSaysIsNotStarted(parts: [String]) throws {
    let world = World("forged")
    let forged = world.directory("forged.locapp")
    try transplant(parts, from: Self.bundles.greedy, into: Self.bundles.modest, to: forged, in: world)
    // By itself it is a bundle like any other.
    expectSuccess(world.locara("inspect", forged))
    // A start by name, with nobody to ask.
    for _ in 0..<2 {
      let outcome = world.locara("run", forged, "--", "socket", "inet")
      expectRefused(outcome, status: 125, codes: ["LP007"], naming: ["LR043"])
      #expect(outcome.output == "", "\(outcome)")
    }
    // After its honest twin, of the same version and policy, was agreed to: nothing would ask then.
    expectSuccess(world.locara("run", Self.bundles.modest, "--", "greet"))
    expectRefused(world.locara("run", forged, "--", "greet"), status: 125, codes: ["LP007"], naming: ["LR043"])
    expectSuccess(world.locara("run", Self.bundles.modest, "--", "greet"))
    // And a review does not call it harmless.
    let review = world.locara("diff", Self.bundles.modest, forged)
    expectRefused(review, status: 65, codes: ["LP007"], naming: [parts[0] == "schema.sql" ? "schema" : parts[0]])
  }

  @Test func theHonestOnesAreStarted() {
    let world = World("honest")
    expectSuccess(world.locara("run", Self.bundles.modest, "--", "greet"))
    let other = World("honest-too")
    expectSuccess(other.locara("run", Self.bundles.greedy, "--", "socket", "inet"))
  }
}
