import TestSupport
import Testing

/// The demo app with its real model, prepared once: inputs fetched, models imported, bundle built.
enum SemanticNotes {
  struct Prepared: Sendable {
    var world: World
    var bundle: String
    var imported: Outcome
    var built: Outcome
  }

  static let app = Locations.fixture("apps/semantic-notes")

  /// The directory of the model's files, as the fetching script says it.
  static let models = run([script, "--models"]).output.split(separator: "\n").first.map(String.init) ?? ""

  /// Whether the inputs are on this machine. In continuous integration the tests run whether they are or not, and fail
  /// if they are not.
  static let canRun: Bool = {
    let isThere = contents(of: "\(app)/vendor.stamp") != nil && contents(of: "\(models)/config.json") != nil
    if !isThere { print("SEMANTIC-NOTES IS NOT TESTED: \(reason)") }
    return isThere || Locations.isContinuousIntegration
  }()

  static let reason = "its wheels and weights are not here; fetch them with scripts/fetch-demo-inputs (needs a network)"

  static let prepared: Prepared? = {
    guard canRun else { return nil }
    let world = World("notes")
    let imported = world.locara(["model", "import", "\(app)/locara.yaml", "--from", models], timeout: 120)
    let bundle = world.directory("notes.locapp")
    let built = world.locara(["build", "\(app)/locara.yaml", "-o", bundle], timeout: 300)
    return Prepared(world: world, bundle: bundle, imported: imported, built: built)
  }()

  private static let script = "\(Locations.repository)/scripts/fetch-demo-inputs"
}

@Suite(.enabled(if: SemanticNotes.canRun, "\(SemanticNotes.reason)"))
struct SemanticNotesTests {
  let prepared: SemanticNotes.Prepared

  init() throws { prepared = try #require(SemanticNotes.prepared) }

  /// Runs the app as a user who has the model but no notes yet, unless `world` says otherwise.
  func notes(_ arguments: [String], as world: World) -> Outcome {
    world.locara(["run", prepared.bundle, "--"] + arguments, timeout: 120)
  }

  /// A user who shares the model store of the suite.
  func newUser() -> World {
    let world = World("user")
    // Hard links: 90 MB are not worth copying for each test.
    _ = world.command(["cp", "-al", prepared.world.data, world.data])
    return world
  }

  @Test func modelIsImportedAndBundleIsBuilt() {
    expectSuccess(prepared.imported)
    expectSuccess(prepared.built)
    let list = prepared.world.locara("model", "list")
    expectSuccess(list)
    #expect(list.output.contains("all-minilm-l6-v2") || list.output.contains("53aa51172d14"), "\(list)")
  }

  @Test func findsFelineNappingNearCatsAsleep() {
    let world = newUser()
    let texts = [
      "Renew the passport before the trip in May.", "The cats slept all afternoon on the warm windowsill.",
      "Grandmother's recipe: two cups of flour, one of sugar.", "The bicycle needs a new chain and brake pads.",
    ]
    expectSuccess(notes(["add"] + texts, as: world))
    let list = notes(["list"], as: world)
    expectSuccess(list)
    for text in texts { #expect(list.output.contains(text)) }
    let search = notes(["search", "feline napping"], as: world)
    expectSuccess(search)
    let lines = search.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.contains("The cats slept") == true, "\(search)")
    // The words of this query are in one note only, and its meaning is near it too.
    #expect(notes(["search", "flour"], as: world).output.split(separator: "\n").first?.contains("by word too") == true)
  }

  @Test func isStoppedWhereItsManifestEnds() {
    let world = newUser()
    let diary = "\(world.home)/Documents/diary.txt"
    let outcome = notes(["probe", diary, world.home, "/etc/shadow"], as: world)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.hasSuffix(", 0 permitted\n"), "\(outcome)")
    #expect(!outcome.output.contains("PERMITTED"), "\(outcome)")
    #expect(outcome.output.contains("denied     read \(diary)"), "\(outcome)")
  }

  /// The control: without the sandbox the same tries go through, so the denials are the sandbox's.
  @Test func wouldNotBeStoppedWithoutTheSandbox() {
    let world = newUser()
    let app = world.copy(app: "semantic-notes")
    let outcome = world.command(
      ["/usr/bin/python3", "\(app)/app/main.py", "probe", "\(world.home)/Documents/diary.txt"],
      environment: ["LOCARA_MODELS": world.directory("data"), "LOCARA_DATA": world.directory("data")])
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.output.contains("PERMITTED  open a network socket"), "\(outcome)")
    #expect(outcome.output.contains("PERMITTED  read \(world.home)/Documents/diary.txt"), "\(outcome)")
    #expect(outcome.output.contains("PERMITTED  write beside the app's code"), "\(outcome)")
  }

  /// The numbers are the model's: the first dimensions of a sentence whose embedding its authors publish.
  @Test func embedsAsTheAuthorsSay() {
    let program = """
      import pathlib, sys
      sys.path[:0] = [sys.argv[1] + "/app", sys.argv[1] + "/vendor"]
      from encoder import Encoder
      vector = Encoder(pathlib.Path(sys.argv[2])).encode("This is an example sentence")
      print(len(vector), *(f"{value:.4f}" for value in vector[:5]))
      """
    let outcome = run(["/usr/bin/python3", "-B", "-c", program, SemanticNotes.app, SemanticNotes.models])
    #expect(outcome.output == "384 0.0677 0.0635 0.0487 0.0793 0.0374\n", "\(outcome)")
  }

  @Test func modelWithAWrongByteIsRefused() throws {
    let world = World("wrong")
    let directory = world.directory.copy(SemanticNotes.models, to: "model")
    var bytes = try #require(contents(of: "\(directory)/tokenizer.json"))
    bytes[1000] ^= 1
    world.directory.write(bytes, to: "model/tokenizer.json")
    let outcome = world.locara("model", "import", "\(SemanticNotes.app)/locara.yaml", "--from", directory)
    expectRefused(outcome, status: 65, naming: ["tokenizer.json"])
    bytes.removeLast()
    world.directory.write(bytes, to: "model/tokenizer.json")
    expectRefused(
      world.locara("model", "import", "\(SemanticNotes.app)/locara.yaml", "--from", directory), status: 65,
      naming: ["tokenizer.json"])
    #expect(
      !entries(below: world.data).contains {
        $0.hasSuffix("be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037")
      })
  }

  @Test func doesNotStartWithoutItsModel() {
    let outcome = notes(["list"], as: World("nomodel"))
    expectRefused(outcome, status: 125, naming: ["all-minilm-l6-v2"])
  }

  /// Weights that changed in the store after they were imported.
  @Test func doesNotStartWithAChangedModel() throws {
    let world = World("changed")
    _ = world.command(["cp", "-a", prepared.world.data, world.data])
    let stored = entries(below: world.data).filter { $0.contains("be50c3628f2bf5bb5e3a7f17b1f74611") }
    let name = try #require(stored.first { !$0.hasSuffix("/") }, "\(entries(below: world.data))")
    let script = "chmod u+w \"$1\" && printf X | dd of=\"$1\" bs=1 seek=1000 conv=notrunc status=none"
    expectSuccess(world.command(["/bin/bash", "-c", script, "bash", "\(world.data)/\(name)"]))
    let outcome = notes(["list"], as: world)
    expectRefused(outcome, status: 125)
  }
}
