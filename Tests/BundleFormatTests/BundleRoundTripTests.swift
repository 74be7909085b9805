import BundleFormat
import Digests
import Glibc
import SandboxPlan
import SystemIO
import TestSupport
import Testing

@Suite struct BundleRoundTripTests {
  let directory = TemporaryDirectory("bundle")

  @Test func everythingThatWasPutInComesOut() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    let bundle = try Bundle.open(path)
    #expect(bundle.digest == digest)
    #expect(try Sample.writer().digest() == digest)
    #expect(bundle.layers == Sample.layers.map(\.0) + [.payload])
    for (kind, bytes) in Sample.layers {
      #expect(bundle.contents(of: kind) == bytes)
      #expect(bundle.facts(of: kind)?.digest == Digest.of(bytes))
    }
    #expect(bundle.configuration.identifier == "acme/hello@0.1.0")
    #expect(bundle.configuration.architectures == [.aarch64, .x86_64])
    #expect(bundle.configuration.policy == Digest.of(Sample.layers[1].1))
    #expect(bundle.configuration.plan == Digest.of(Sample.layers[4].1))
    let paths = try bundle.payloadEntries().map(\.path)
    #expect(paths == ["bin", "bin/hello", "share", "share/empty", "share/link", "share/text"])
  }

  @Test func thePayloadIsExtractedReadOnly() throws {
    let (path, _) = try Sample.bundle(in: directory)
    try Bundle.open(path).extractPayload(to: directory("out"))
    let found = try Directories.walk(directory("out"))
    #expect(found.map(\.path) == ["bin", "bin/hello", "share", "share/empty", "share/link", "share/text"])
    #expect(contents(of: directory("out/share/text")) == Array("text".utf8))
    #expect(try Directories.kind(of: directory("out/share/link")) == .symbolicLink(target: "../bin/hello"))
    #expect(try FileIdentity(of: directory("out/bin/hello")).mode == UInt32(S_IFREG) | 0o555)
    #expect(try FileIdentity(of: directory("out/share/text")).mode == UInt32(S_IFREG) | 0o444)
    #expect(try FileIdentity(of: directory("out/share")).mode == UInt32(S_IFDIR) | 0o555)
  }

  @Test func theSameContentGivesTheSameBytes() throws {
    let (path, _) = try Sample.bundle(in: directory)
    // From files instead of bytes, in another order, with other rights and times.
    directory.write("#!/bin/sh\necho hello\n", to: "tree/bin/hello")
    directory.write("text", to: "tree/share/text")
    try Directories.create(directory("tree/share/empty"))
    symlink("../bin/hello", directory("tree/share/link"))
    chmod(directory("tree/bin/hello"), 0o711)
    chmod(directory("tree/share/text"), 0o600)
    let items = try PayloadItem.tree(directory("tree"))
    let writer = try Sample.writer(layers: Sample.layers.reversed(), payload: items.reversed())
    _ = try writer.write(to: directory("other.locapp"))
    #expect(contents(of: path) == contents(of: directory("other.locapp")))
    #expect(try FileIdentity(of: directory("other.locapp")).mode & 0o777 == 0o644)
  }

  @Test func aBundleIsTheGoldenOne() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    expectGolden(contents(of: path) ?? [], "bundles/sample.locapp")
    expectGolden("\(digest)\n", "bundles/sample.digest")
  }

  @Test func otherToolsReadIt() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    let listing = run(["tar", "tf", path])
    #expect(listing.status == 0, "\(listing)")
    #expect(listing.output.hasPrefix("oci-layout\nindex.json\nblobs/sha256/\(digest.hexadecimal)\n"))
    try Bundle.open(path).extractPayload(to: directory("ours"))
    let hexadecimal = try #require(try Bundle.open(path).facts(of: .payload)).digest.hexadecimal
    let script = "mkdir theirs && tar xOf \(path) blobs/sha256/\(hexadecimal) | tar x -C theirs && diff -r ours theirs"
    let outcome = run(["sh", "-c", script], in: directory.path)
    #expect(outcome.status == 0, "\(outcome)")
  }

  @Test func longNamesSurviveAndOtherToolsReadThem() throws {
    let deep = (0..<20).map { "directory-\($0)-with-a-name-that-takes-room" }.joined(separator: "/")
    let long = String(repeating: "n", count: 120)
    let items: [PayloadItem] = [
      PayloadItem("\(deep)/\(long)", .bytes([1, 2, 3], executable: false)),
      PayloadItem("grüße/\(String(repeating: "ü", count: 90))", .bytes([4], executable: true)),
      PayloadItem("link", .symbolicLink(target: "\(deep)/\(long)")),
      PayloadItem("a-b", .bytes([], executable: false)), PayloadItem("a/b", .bytes([], executable: false)),
      // Exactly at the limits of the two fields: 100, and 155 and 100.
      PayloadItem(String(repeating: "x", count: 100), .bytes([5], executable: false)),
      PayloadItem(
        "\(String(repeating: "p", count: 155))/\(String(repeating: "q", count: 100))", .bytes([6], executable: false)),
      PayloadItem("\(String(repeating: "r", count: 155))/\(String(repeating: "s", count: 101))", .directory),
    ]
    _ = try Sample.writer(payload: items).write(to: directory("long.locapp"))
    let bundle = try Bundle.open(directory("long.locapp"))
    try bundle.extractPayload(to: directory("ours"))
    #expect(contents(of: directory("ours/\(deep)/\(long)")) == [1, 2, 3])
    let hexadecimal = try #require(bundle.facts(of: .payload)).digest.hexadecimal
    let script = """
      mkdir theirs && tar xOf long.locapp blobs/sha256/\(hexadecimal) | tar x -C theirs && diff -r ours theirs
      """
    let outcome = run(["sh", "-c", script], in: directory.path)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try PayloadPlan(PayloadItem.tree(directory("ours"))).digest().hexadecimal == hexadecimal)
  }
}
