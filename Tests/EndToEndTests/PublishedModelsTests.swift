import BundleFormat
import Digests
import Foundation
import Glibc
import TestSupport
import Testing

/// The weights of published bundles: carried by the registry, or named there by hash and source.
@Suite(.enabled(if: RegistryServer.isExpected, Comment(rawValue: RegistryServer.reason)), .serialized)
struct PublishedModelsTests {
  let server = RegistryServer()

  private func blob(_ digest: String) -> Bool {
    let hex = digest.dropFirst("sha256:".count)
    let path = "docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
    return access(server.directory("data/\(path)"), F_OK) == 0
  }

  /// What refers to a published bundle because of its weights, as JSON text.
  private func referrer(_ place: String, _ digest: String, _ world: World) -> String {
    let tag = digest.replacing(":", with: "-")
    let index = world.command(["skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(place):\(tag)"])
    for match in index.output.matches(of: /sha256:[0-9a-f]{64}/) {
      let text = world.command([
        "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(place)@\(match.output)",
      ]).output
      if text.contains("application/vnd.locara.models.v1") { return text }
    }
    return ""
  }

  @Test func thinBundlesNameTheirWeightsBySource() throws {
    let app = try HubApp()
    expectSuccess(app.locara("model", "fetch", app.manifest))
    expectSuccess(app.locara("build", app.manifest, "-o", "thin.locapp"))
    let place = "\(server.host)/acme/thin"
    let pushed = app.locara("push", "thin.locapp", "oci:\(place):1")
    expectSuccess(pushed)
    #expect(pushed.errors.contains("3 of the model files are named by their source"), "\(pushed)")
    let digest = try Bundle.open(app.world.directory("thin.locapp")).digest.description
    #expect(pushed.output == "oci:\(place):1@\(digest)\n")
    let weights = Digest.of(app.weights).description
    #expect(!blob(weights))
    let text = referrer(place, digest, app.world)
    #expect(text.contains(weights), "\(text)")
    #expect(
      text.contains("https://huggingface.co/acme/tiny/resolve/\(HubApp.commit)/model.safetensors"), "\(text)")
    // Once more: the same manifest, and no second one.
    expectSuccess(app.locara("push", "thin.locapp", "oci:\(place):1"))
    // Another user gets the weights from where the lock says, verified.
    let other = World("other")
    let environment = app.environment
    let pulled = other.locara(["pull", "oci:\(place):1", "-o", "back.locapp", "--models"], environment: environment)
    expectSuccess(pulled)
    #expect(contents(of: other.directory("back.locapp")) == contents(of: app.world.directory("thin.locapp")))
    let store = "\(other.data)/locara/models/sha256"
    let hex = Digest.of(app.weights).hexadecimal
    #expect(contents(of: "\(store)/\(hex.prefix(2))/\(hex)") == app.weights)
    // Copies keep what refers to the bundle; skopeo's keep the bundle.
    expectSuccess(app.locara("copy", "oci:\(place):1", "dir:mirror"))
    let index = String(
      decoding: try #require(contents(of: app.world.directory("mirror/index.json"))), as: UTF8.self)
    #expect(index.contains("application/vnd.locara.models.v1") || index.matches(of: /"digest"/).count > 1, "\(index)")
    expectSuccess(
      app.world.command(["skopeo", "copy", "--src-tls-verify=false", "docker://\(place):1", "oci:theirs:1"]))
    // A source that has other bytes now is found out.
    app.hub.repository(
      "acme/tiny", commit: HubApp.commit, files: ["model.safetensors": HubApp.weights(200_000, seed: 4)])
    expectRefused(
      World("third").locara(["pull", "oci:\(place):1", "-o", "x", "--models"], environment: environment), status: 65,
      codes: ["LK004", "LK022"])
  }

  @Test func fatBundlesBringTheirWeightsAlong() throws {
    let fixture = FatBundleTests.Fixture()
    fixture.prepare()
    let world = fixture.world
    let fat = try Bundle.open(world.directory("fat.locapp"))
    // A source on this machine is nothing to refer to.
    let thin = world.locara("push", "thin.locapp", "oci:\(server.host)/acme/reader:1")
    expectSuccess(thin)
    #expect(thin.errors.contains("words/words.txt is not published"), "\(thin)")
    for place in ["oci:\(server.host)/acme/reader:1", "dir:published:1"] {
      let pushed = world.locara("push", "fat.locapp", place)
      expectSuccess(pushed)
      #expect(pushed.output == "\(place)@\(fat.digest)\n")
      #expect(pushed.errors.contains("2 of the model files are there"), "\(pushed)")
      // As built, both forms of it; and an app that runs from there where nothing else has the weights.
      let other = World("fat-other")
      let from = place.hasPrefix("dir:") ? "dir:\(world.directory("published")):1" : place
      expectSuccess(other.locara("pull", from, "-o", "thin.locapp"))
      #expect(contents(of: other.directory("thin.locapp")) == contents(of: world.directory("thin.locapp")))
      expectRefused(other.locara("run", "thin.locapp"), status: 125, codes: ["LK003"])
      expectSuccess(other.locara("pull", from, "-o", "fat.locapp", "--fat"))
      #expect(contents(of: other.directory("fat.locapp")) == contents(of: fat.path))
      #expect(other.locara("run", "fat.locapp").output == "weights of the model\n")
    }
    let place = "\(server.host)/acme/reader"
    for model in fat.models { #expect(blob(model.digest.description)) }
    #expect(referrer(place, fat.digest.description, world).contains("org.cncf.model.filepath"))
    #expect(World("runner").locara("run", "oci:\(place):1").output == "weights of the model\n")
    // Through a copy and another registry.
    let second = RegistryServer()
    expectSuccess(world.locara("copy", "oci:\(place):1", "oci:\(second.host)/mirror:1"))
    #expect(World("runner").locara("run", "oci:\(second.host)/mirror:1").output == "weights of the model\n")
    // Damaged weights are found out, and nothing of them is kept.
    let weights = try #require(fat.models.first { $0.size > 1000 }).digest.hexadecimal
    let data = server.directory("data/docker/registry/v2/blobs/sha256/\(weights.prefix(2))/\(weights)/data")
    var bytes = try #require(contents(of: data))
    bytes[700] ^= 1
    FileManager.default.createFile(atPath: data, contents: Data(bytes))
    let victim = World("victim")
    expectRefused(victim.locara("pull", "oci:\(place):1", "-o", "x", "--models"), status: 65, codes: ["LB084"])
    #expect(contents(of: victim.directory("x")) == nil)
    #expect(
      run(["find", "\(victim.data)/locara/models", "-name", "*\(weights)*", "-size", "+0"]).output == "")
  }
}
