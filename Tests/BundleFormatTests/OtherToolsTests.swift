import BundleFormat
import CanonicalJSON
import Digests
import SystemIO
import TestSupport
import Testing

/// What `skopeo` does with a bundle. It is a Debian package; without it only continuous integration fails.
@Suite struct OtherToolsTests {
  let directory = TemporaryDirectory("skopeo")

  private var isMissing: Bool {
    let outcome = run(["sh", "-c", "command -v skopeo"])
    #expect(
      outcome.status == 0 || !Locations.isContinuousIntegration, "skopeo is not installed: apt-get install skopeo")
    return outcome.status != 0
  }

  private func copy(_ source: String, _ target: String) -> Outcome {
    run(["skopeo", "--insecure-policy", "copy", "--preserve-digests", source, target], in: directory.path)
  }

  @Test func aCopyKeepsTheDigest() throws {
    if isMissing { return }
    let (path, digest) = try Sample.bundle(in: directory)
    let copied = copy("oci-archive:\(path)", "oci:layout:tag")
    #expect(copied.status == 0, "\(copied)")
    let index = try JSON(parsing: try #require(contents(of: directory("layout/index.json"))))
    #expect(index["manifests"]?.arrayValue?.first?["digest"]?.stringValue == digest.description)

    // Back again: the same file, byte by byte.
    #expect(try BundleWriter.archive(layout: directory("layout"), to: directory("back.locapp")) == digest)
    #expect(contents(of: directory("back.locapp")) == contents(of: path))

    // Through the archive of another tool as well.
    let archived = copy("oci-archive:\(path)", "oci-archive:theirs.tar")
    #expect(archived.status == 0, "\(archived)")
    #expect(failure { try Bundle.open(directory("theirs.tar")) }?.code.hasPrefix("LB") == true)
    #expect(run(["sh", "-c", "mkdir theirs && tar xf theirs.tar -C theirs"], in: directory.path).status == 0)
    #expect(try BundleWriter.archive(layout: directory("theirs"), to: directory("again.locapp")) == digest)
    #expect(contents(of: directory("again.locapp")) == contents(of: path))
  }

  @Test func aLayoutThatIsDamagedIsRefused() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    func unpack() {
      #expect(run(["sh", "-c", "rm -rf l && mkdir l && tar xf \(path) -C l"], in: directory.path).status == 0)
    }
    func archive() -> Failure? { failure { try BundleWriter.archive(layout: directory("l"), to: directory("o")) } }
    unpack()
    #expect(archive() == nil)
    #expect(contents(of: directory("o")) == contents(of: path))
    try Files.remove(directory("o"))
    for (name, _) in try Directories.walk(directory("l/blobs/sha256")) {
      unpack()
      var bytes = try #require(contents(of: directory("l/blobs/sha256/\(name)")))
      bytes[bytes.count / 2] ^= 1
      directory.write(bytes, to: "l/blobs/sha256/\(name)")
      #expect(archive()?.code == "LB004", "\(name)")
      try Files.remove(directory("l/blobs/sha256/\(name)"))
      #expect(archive()?.code == "LX007", "\(name)")
    }
    unpack()
    directory.write("{\"schemaVersion\":2,\"manifests\":[]}", to: "l/index.json")
    #expect(archive()?.code == "LB001")
    directory.write("nothing", to: "l/index.json")
    #expect(archive()?.code == "LB007")
    #expect(failure { try BundleWriter.archive(layout: path, to: directory("o")) }?.code == "LB001")
    #expect(!Files.exists(directory("o")))
    #expect(digest == (try Bundle.open(path).digest))
  }
}
