import CanonicalJSON
import Digests
import Images
import SystemIO
import TestSupport
import Testing

/// Images as other tools make them, and as somebody hostile would.
@Suite struct ImageLayoutTests {
  let directory = TemporaryDirectory("image")

  /// Writes a layout with one image of these layers.
  ///
  /// - Returns: the digest of its manifest.
  func layout(
    _ layers: [[UInt8]], compressed: Bool = false, architecture: String = "amd64",
    change: (inout [String: JSON]) -> Void = { _ in }
  ) throws -> Digest {
    func put(_ bytes: [UInt8]) -> Digest {
      let digest = Digest.of(bytes)
      directory.write(bytes, to: "layout/blobs/sha256/\(digest.hexadecimal)")
      return digest
    }
    func descriptor(_ digest: Digest, _ type: String, _ size: Int) -> JSON {
      ["digest": .string(digest.description), "mediaType": .string(type), "size": .integer(Int64(size))]
    }
    let base = "application/vnd.oci.image"
    var stored: [JSON] = []
    for layer in layers {
      var bytes = layer
      if compressed {
        let plain = directory.write(layer, to: "plain.tar")
        #expect(run(["sh", "-c", "gzip -n < '\(plain)' > '\(plain).gz'"]).status == 0)
        bytes = try #require(contents(of: "\(plain).gz"))
      }
      stored.append(descriptor(put(bytes), "\(base).layer.v1.tar\(compressed ? "+gzip" : "")", bytes.count))
    }
    let config: JSON = [
      "architecture": .string(architecture), "os": "linux",
      "rootfs": ["type": "layers", "diff_ids": .array(layers.map { .string(Digest.of($0).description) })],
    ]
    let configBytes = config.canonicalBytes
    var manifest: [String: JSON] = [
      "schemaVersion": 2, "mediaType": .string("\(base).manifest.v1+json"),
      "config": descriptor(put(configBytes), "\(base).config.v1+json", configBytes.count), "layers": .array(stored),
    ]
    change(&manifest)
    let bytes = JSON.object(manifest).canonicalBytes
    let digest = put(bytes)
    let index: JSON = [
      "schemaVersion": 2, "manifests": [descriptor(digest, "\(base).manifest.v1+json", bytes.count)],
    ]
    directory.write(index.canonicalBytes, to: "layout/index.json")
    directory.write("{\"imageLayoutVersion\":\"1.0.0\"}", to: "layout/oci-layout")
    return digest
  }

  /// Unpacks into `root`, and lists what is there.
  @discardableResult
  func unpack(_ digest: Digest, from layout: String? = nil) throws -> [String] {
    _ = run(["sh", "-c", "chmod -R u+w '\(directory("root"))' 2>/dev/null; rm -rf '\(directory("root"))'"])
    try Directories.create(directory("root"))
    let image = try ImageLayout(layout ?? directory("layout"))
    try image.unpack(digest, architecture: "amd64", to: directory("root"))
    return entries(below: directory("root"))
  }

  func refusal(_ body: () throws -> Void) -> Failure? {
    do { try body() } catch { return error as? Failure ?? Failure("none", "\(error)") }
    return nil
  }

  static let base = archive([
    .directory("usr"), .directory("usr/bin"),
    .file("usr/bin/tool", Array("#!/bin/sh\n".utf8)).with { $0.mode = "0004755\0" },
    .link("bin", to: "usr/bin"), .directory("etc"), .file("etc/one", Array("1".utf8)),
    .file("etc/two", Array("2".utf8)),
    .directory("opt"), .file("opt/kept", Array("k".utf8)), .of(type: "3", "dev-null"),
  ])

  @Test(arguments: [false, true])
  func layersLieOnTopOfEachOther(compressed: Bool) throws {
    let second = archive([
      // Below a link of the lower layer, a whiteout, an opaque directory, a replaced file, and a hard link.
      .file("bin/more", Array("more".utf8)), .file("etc/.wh.one"), .file("opt/.wh..wh..opq"),
      .file("opt/new", Array("n".utf8)), .file("etc/two", Array("two".utf8)),
      .of(type: "1", "etc/same", link: "etc/two"),
    ])
    let digest = try layout([Self.base, second], compressed: compressed)
    #expect(
      try unpack(digest) == [
        "bin", "etc", "etc/same", "etc/two", "opt", "opt/new", "usr", "usr/bin", "usr/bin/more", "usr/bin/tool",
      ])
    #expect(contents(of: directory("root/etc/same")) == Array("two".utf8))
    guard case .file(_, let executable) = try Directories.kind(of: directory("root/usr/bin/tool")) else {
      Issue.record("no file")
      return
    }
    #expect(executable)
    // Nothing of set-user-ID is left.
    #expect(run(["find", directory("root"), "-perm", "/6000"]).output == "")
  }

  @Test func anArchiveOfALayoutIsTheSame() throws {
    let digest = try layout([Self.base], compressed: true)
    let listed = try unpack(digest)
    #expect(run(["tar", "cf", directory("layout.tar"), "-C", directory("layout"), "."]).status == 0)
    #expect(try unpack(digest, from: directory("layout.tar")) == listed)
    #expect(try ImageLayout(directory("layout.tar")).digests() == [digest])
  }

  @Test func gnuAndPaxNamesAreRead() throws {
    let long = String(repeating: "deep/", count: 40) + "file"
    _ = directory.write("long", to: "tree/\(long)")
    for format in ["gnu", "pax", "ustar"] {
      let outcome = run(["tar", "--format=\(format)", "-cf", directory("long.tar"), "-C", directory("tree"), "."])
      guard outcome.status == 0 else { continue }
      let digest = try layout([try #require(contents(of: directory("long.tar")))])
      #expect(try unpack(digest).contains(long), "\(format)")
    }
  }

  /// Each is refused or does what a harmless image would, and nothing appears beside the directory.
  static let hostile: [(String, [RawEntry], String?)] = [
    ("a path that climbs", [.file("../out", [1])], "LB066"),
    ("a path that climbs later", [.file("a/../../out", [1])], "LB066"),
    ("an absolute path", [.file("/out", [1])], nil),
    ("a link out, and a file below it", [.link("a", to: "/tmp"), .file("a/out", [1])], "LX001"),
    ("a link up, and a file below it", [.link("a", to: "../../.."), .file("a/out", [1])], nil),
    ("a link to itself", [.link("a", to: "a"), .file("a/out", [1])], "LX001"),
    ("a hard link out", [.of(type: "1", "a", link: "../../../etc/passwd")], "LB066"),
    ("a hard link to the machine's file", [.of(type: "1", "a", link: "/etc/passwd")], "L"),
    ("a hard link through a link", [.link("e", to: "/etc"), .of(type: "1", "a", link: "e/passwd")], "L"),
    ("a hard link to a directory", [.directory("d"), .of(type: "1", "a", link: "d")], "LB066"),
    ("a whiteout of the parent", [.file(".wh...")], "LB066"), ("a whiteout of nothing", [.file(".wh.")], "LB066"),
    ("a whiteout of a whiteout", [.file(".wh..wh.x")], "LB066"),
    ("a whiteout through a link", [.link("a", to: "/"), .file("a/.wh.victim")], nil),
    ("an opaque directory through a link", [.link("a", to: "../.."), .file("a/.wh..wh..opq")], nil),
    ("a size that lies", [.file("a").with { $0.size = Array("77777777777\0".utf8) }], "LB066"),
    ("a negative size", [.file("a").with { $0.size = [UInt8](repeating: 0xFF, count: 12) }], "LB066"),
    (
      "a huge size in base 256",
      [.file("a").with { $0.size = [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7) }], "LB066"
    ),
    ("a wrong checksum", [.file("a").with { $0.checksum = "000000\0 " }], "LB066"),
    ("a sparse file", [.pax([("GNU.sparse.major", "1")]), .file("a")], "LB066"),
    ("an old sparse file", [.of(type: "S", "a")], "LB066"),
    ("a global path", [RawEntry.pax([("path", "x")]).with { $0.type = UInt8(ascii: "g") }, .file("a")], "LB066"),
    ("a pax path that climbs", [.pax([("path", "../out")]), .file("a")], "LB066"),
    ("a pax size that is none", [.pax([("size", "-5")]), .file("a")], "LB066"),
    ("a malformed record", [.pax(Array("99 path=x\n".utf8)), .file("a")], "LB066"),
    ("a name with a NUL", [.pax([("path", "a\0b")]), .file("a")], "LB066"),
    ("a name that is no text", [.pax(RawEntry.record("path", [0xFF, 0xFE])), .file("a")], "LB066"),
    (
      "a long name of a megabyte",
      [RawEntry.of(type: "L").with { $0.content = [UInt8](repeating: 0x61, count: 1 << 20) }, .file("a")], "LB066"
    ),
    ("an unknown type", [.of(type: "Z", "a")], "LB066"),
    ("a device and a pipe", [.of(type: "3", "a"), .of(type: "4", "b"), .of(type: "6", "c")], nil),
    ("a directory over a file", [.file("a"), .directory("a"), .file("a/b")], nil),
    ("a file over a directory", [.directory("a"), .file("a/b"), .file("a", [1])], nil),
  ]

  @Test(arguments: hostile.map(\.0))
  func nothingIsWrittenOutside(name: String) throws {
    let (_, entries, code) = try #require(Self.hostile.first { $0.0 == name })
    directory.write("untouched", to: "victim")
    let digest = try layout([archive(entries)])
    let before = TestSupport.entries(below: directory.path).filter { !$0.hasPrefix("root") }
    let failure = refusal { try unpack(digest) }
    if let code {
      #expect(failure?.code.hasPrefix(code) == true, "\(failure?.code ?? "accepted")")
    } else {
      #expect(failure == nil, "\(failure?.description ?? "")")
    }
    #expect(TestSupport.entries(below: directory.path).filter { !$0.hasPrefix("root") } == before)
    #expect(contents(of: directory("victim")) == Array("untouched".utf8))
    #expect(!Files.exists("/tmp/out") && !Files.exists("/out"))
  }

  @Test func whatIsDamagedIsRefused() throws {
    let digest = try layout([Self.base], compressed: true)
    for (name, _) in try Directories.walk(directory("layout/blobs/sha256")) {
      let path = directory("layout/blobs/sha256/\(name)")
      let right = try #require(contents(of: path))
      for damaged in [Array(right.dropLast(right.count / 2)), right.map { $0 ^ 1 }, []] {
        directory.write(damaged, to: "layout/blobs/sha256/\(name)")
        #expect(["LB004", "LB065", "LB066"].contains(refusal { try unpack(digest) }?.code ?? ""), "\(name)")
      }
      try Files.remove(path)
      #expect(["LB065", "LX007"].contains(refusal { try unpack(digest) }?.code ?? ""), "\(name)")
      directory.write(right, to: "layout/blobs/sha256/\(name)")
    }
    try unpack(digest)
  }

  @Test func whatIsNoImageIsRefused() throws {
    #expect(refusal { _ = try ImageLayout(directory.write("nothing", to: "file")) }?.code.hasPrefix("LB06") == true)
    #expect(refusal { _ = try ImageLayout(directory("missing")) }?.code == "LX007")
    let other = try layout([Self.base], architecture: "s390x")
    #expect(refusal { try unpack(other) }?.code == "LB065")
    let zstd = try layout([Self.base]) { manifest in
      manifest["layers"] = .array(
        (manifest["layers"]?.arrayValue ?? []).map {
          .object(($0.objectValue ?? [:]).merging(["mediaType": "application/vnd.oci.image.layer.v1.tar+zstd"]) { $1 })
        })
    }
    #expect(refusal { try unpack(zstd) }?.help?.contains("gzip") == true)
    let lying = try layout([Self.base]) { $0["layers"] = [] }
    #expect(refusal { try unpack(lying) }?.code == "LB065")
  }
}
