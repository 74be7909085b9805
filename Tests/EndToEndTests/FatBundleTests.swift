import BundleFormat
import Digests
import Glibc
import SystemIO
import TestSupport
import Testing

/// One digest for a bundle with its models inside and for one without.
@Suite struct FatBundleTests {
  /// An app that reads its model, and the model itself in the user's store.
  struct Fixture {
    let world = World("fat")
    let app: String

    init() {
      app = world.directory("app")
      world.directory.write(
        """
        schema: locara/v1
        name: reader
        publisher: acme
        version: 0.1.0
        modalities: [text-to-embedding]
        models: [{id: words, role: text-to-embedding, source: "file:weights", files: [words.txt, more.txt]}]
        entry: {command: [sh, app/main.sh]}
        files: [app/**]
        """, to: "app/locara.yaml")
      world.directory.write(
        "while read -r line; do echo \"$line\"; done < /models/words/words.txt\n", to: "app/app/main.sh")
      world.directory.write("weights of the model\n", to: "app/weights/words.txt")
      world.directory.write(String(repeating: "more weights\n", count: 1000), to: "app/weights/more.txt")
    }

    func prepare() {
      expectSuccess(world.locara("lock", "\(app)/locara.yaml"))
      expectSuccess(world.locara("model", "import", "\(app)/locara.yaml", "--from", "\(app)/weights"))
      expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", world.directory("thin.locapp")))
      expectSuccess(world.locara("build", "\(app)/locara.yaml", "--fat", "-o", world.directory("fat.locapp")))
    }
  }

  @Test func thinAndFatHaveOneDigest() throws {
    let fixture = Fixture()
    fixture.prepare()
    let thin = try Bundle.open(fixture.world.directory("thin.locapp"))
    let fat = try Bundle.open(fixture.world.directory("fat.locapp"))
    #expect(thin.digest == fat.digest)
    #expect(thin.models.isEmpty)
    #expect(fat.models.map(\.size).sorted() == [21, 13_000])
    // Every byte counts, those of the models too.
    var bytes = try #require(contents(of: fat.path))
    bytes[bytes.count - 2000] ^= 1
    let damaged = fixture.world.directory.write(bytes, to: "damaged.locapp")
    expectRefused(fixture.world.locara("inspect", damaged), status: 65, codes: ["LB004", "LB003"])
  }

  @Test func aFatBundleNeedsNothingElse() throws {
    let fixture = Fixture()
    fixture.prepare()
    let other = World("elsewhere")
    let thin = other.locara("run", fixture.world.directory("thin.locapp"))
    expectRefused(thin, status: 125, codes: ["LK003"])
    let fat = other.locara("run", fixture.world.directory("fat.locapp"))
    expectSuccess(fat)
    #expect(fat.output == "weights of the model\n")
    // Its models are in the store now, so the thin one has them, too.
    expectSuccess(other.locara("run", fixture.world.directory("thin.locapp")))
  }

  /// Other tools carry the layout; the blobs that no manifest names are left behind, and the digest stays.
  @Test func skopeoKeepsTheDigest() throws {
    let fixture = Fixture()
    fixture.prepare()
    guard run(["sh", "-c", "command -v skopeo"]).status == 0 else {
      #expect(!Locations.isContinuousIntegration, "skopeo is not installed")
      return
    }
    let fat = fixture.world.directory("fat.locapp")
    expectSuccess(
      fixture.world.command([
        "skopeo", "--insecure-policy", "copy", "--preserve-digests", "oci-archive:\(fat)", "oci:layout:tag",
      ]))
    expectSuccess(fixture.world.locara("pull", "dir:layout:tag", "-o", "back"))
    #expect(try Bundle.open(fixture.world.directory("back")).digest == Bundle.open(fat).digest)
    #expect(contents(of: fixture.world.directory("back")) == contents(of: fixture.world.directory("thin.locapp")))
  }

  /// A launch believes the recorded witness, which damage by accident changes, and a paranoid one believes nothing.
  @Test func paranoidLaunchesHashAgain() throws {
    let fixture = Fixture()
    fixture.prepare()
    let world = fixture.world
    let digest = Digest.of(Array("weights of the model\n".utf8)).hexadecimal
    let store = "data/locara/models"
    let path = world.directory("\(store)/sha256/\(digest.prefix(2))/\(digest)")
    func damage() {
      #expect(chmod(path, 0o644) == 0)
      world.directory.write("Weights of the model\n", to: "\(store)/sha256/\(digest.prefix(2))/\(digest)")
      #expect(chmod(path, 0o444) == 0)
    }
    let bundle = world.directory("thin.locapp")
    expectSuccess(world.locara("run", "--paranoid", bundle))
    damage()
    world.directory.write(try FileIdentity(of: path).text, to: "\(store)/witness/\(digest)")
    let believed = world.locara("run", bundle)
    #expect(believed.status == 0 && believed.output == "Weights of the model\n", "\(believed)")
    expectRefused(world.locara("run", "--paranoid", bundle), status: 125, codes: ["LK005"])
    damage()
    expectRefused(world.locara("run", bundle), status: 125, codes: ["LK005"])
  }

  @Test func withoutTheModelsThereIsNoFatBundle() {
    let fixture = Fixture()
    expectSuccess(fixture.world.locara("lock", "\(fixture.app)/locara.yaml"))
    let outcome = fixture.world.locara(
      "build", "\(fixture.app)/locara.yaml", "--fat", "-o", fixture.world.directory("o"))
    expectRefused(outcome, status: 65, codes: ["LK003"], naming: ["words"])
  }
}
