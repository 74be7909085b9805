import BundleFormat
import Foundation
import TestSupport
import Testing

/// Bundles in OCI image layouts, those that other tools wrote among them: what comes back is the file that was built.
@Suite struct LayoutTests {
  let world = World("layouts")
  let bundle: String

  init() { bundle = world.directory.copy(Hello.built.bundle, to: "hello.locapp") }

  private func skopeo(_ source: String, _ target: String) -> Outcome {
    world.command(["skopeo", "--insecure-policy", "copy", "--preserve-digests", source, target])
  }

  private func pull(_ layout: String) -> Outcome { world.locara("pull", "dir:\(layout)", "-o", "back.locapp") }

  private func expectTheSame(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      contents(of: world.directory("back.locapp")) == contents(of: bundle), sourceLocation: sourceLocation)
    unlink(world.directory("back.locapp"))
  }

  @Test func skopeoKeepsTheDigest() throws {
    guard run(["sh", "-c", "command -v skopeo"]).status == 0 else {
      #expect(!Locations.isContinuousIntegration, "skopeo is not installed: scripts/setup test installs it")
      return
    }
    expectSuccess(skopeo("oci-archive:hello.locapp", "oci:layout:tag"))
    let index = String(decoding: try #require(contents(of: world.directory("layout/index.json"))), as: UTF8.self)
    #expect(index.contains(try Bundle.open(bundle).digest.description))
    expectSuccess(pull("layout:tag"))
    expectTheSame()
    // Without the tag, there being one artifact only.
    expectSuccess(pull("layout"))
    expectTheSame()
    // The archive of another tool is no bundle, and what is in it is one again.
    expectSuccess(skopeo("oci-archive:hello.locapp", "oci-archive:theirs.tar"))
    expectRefused(world.locara("inspect", "theirs.tar"), status: 65, codes: ["LB001", "LB003", "LB007"])
    expectSuccess(world.command(["sh", "-c", "mkdir theirs && tar xf theirs.tar -C theirs"]))
    expectSuccess(pull("theirs"))
    expectTheSame()
    expectSuccess(skopeo("oci:layout:tag", "dir:flat"))
    expectSuccess(skopeo("dir:flat", "oci:again:tag"))
    expectSuccess(pull("again:tag"))
    expectTheSame()
  }

  @Test func aLayoutThatIsDamagedIsRefused() throws {
    func unpack() { expectSuccess(world.command(["sh", "-c", "rm -rf l && mkdir l && tar xf hello.locapp -C l"])) }
    unpack()
    expectSuccess(pull("l"))
    expectTheSame()
    let blobs = try FileManager.default.contentsOfDirectory(atPath: world.directory("l/blobs/sha256")).sorted()
    #expect(blobs.count > 8)
    for name in blobs {
      unpack()
      var bytes = try #require(contents(of: world.directory("l/blobs/sha256/\(name)")))
      bytes[bytes.count / 2] ^= 1
      world.directory.write(bytes, to: "l/blobs/sha256/\(name)")
      expectRefused(pull("l"), status: 65, codes: ["LB004", "LB084", "LB009"])
      bytes.removeLast()
      world.directory.write(bytes, to: "l/blobs/sha256/\(name)")
      expectRefused(pull("l"), status: 65, codes: ["LB082", "LB084"])
      unlink(world.directory("l/blobs/sha256/\(name)"))
      expectRefused(pull("l"), status: 65, codes: ["LB082"])
    }
    for (index, code) in [
      ("{\"schemaVersion\":2,\"manifests\":[]}", "LB082"), ("nothing", "LB081"), ("", "LB081"),
      (
        "{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[{\"digest\":\"../../etc\"}]}",
        "LB081"
      ),
    ] {
      unpack()
      world.directory.write(index, to: "l/index.json")
      expectRefused(pull("l"), status: 65, codes: [code])
    }
    expectRefused(pull("hello.locapp"), status: 65, codes: ["LB082"])
    #expect(contents(of: world.directory("back.locapp")) == nil)
  }
}
