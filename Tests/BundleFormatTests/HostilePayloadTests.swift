import BundleFormat
import BundleStore
import Glibc
import SystemIO
import TestSupport
import Testing

/// A payload that must be refused, and a part of the reason that must be given.
struct HostilePayload: Sendable, CustomTestStringConvertible {
  let name: String
  let reason: String
  let bytes: [UInt8]
  var testDescription: String { name }

  init(_ name: String, _ reason: String, _ entries: [RawEntry], end: [UInt8] = endOfArchive) {
    self.name = name
    self.reason = reason
    bytes = archive(entries, end: end)
  }
}

/// Archives that attack whoever unpacks them, in bundles whose digests are right.
@Suite struct HostilePayloadTests {
  let directory = TemporaryDirectory("hostile")

  @Test(arguments: paths + links + types + orders + sizes + fields + extended + ends)
  func isRefusedAndWritesNothing(hostile: HostilePayload) throws {
    directory.write(RawBundle(payload: hostile.bytes).bytes, to: "in/hostile.locapp")
    directory.write("untouched", to: "victim")
    let path = directory("in/hostile.locapp")
    for refused in [
      failure { try Bundle.open(path) }, failure { try BundleStore(root: directory("out/store")).open(path) },
    ] {
      #expect(refused?.code == "LB009", "\(String(describing: refused))")
      #expect(refused?.message.contains(hostile.reason) == true, "\(String(describing: refused))")
      let isPrintable = refused?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" }
      #expect(isPrintable == true)
    }
    #expect(
      entries(below: directory.path) == ["in", "in/hostile.locapp", "out", "out/store", "out/store/bundles", "victim"])
    #expect(contents(of: directory("victim")) == Array("untouched".utf8))
  }

  /// The corpus is worth nothing when everything is refused for a reason of its own making.
  @Test func theFrameIsAccepted() throws {
    let payload = archive([
      .directory("a"), .file("a/b", [1]), .link("a/c", to: "../d"), .link("a/e", to: "."), .file("d", [2]),
      .pax([("path", "\(long)/")]).with { $0.name = Array("pax-header".utf8) },
      .directory("see-pax-header").with { $0.name = Array("see-pax-header".utf8) },
    ])
    directory.write(RawBundle(payload: payload).bytes, to: "good.locapp")
    let bundle = try Bundle.open(directory("good.locapp"))
    #expect(try bundle.payloadEntries().map(\.path) == ["a", "a/b", "a/c", "a/e", "d", long])
    try bundle.extractPayload(to: directory("out"))
    #expect(contents(of: directory("out/a/b")) == [1])
  }

  @Test func theCorpusIsLarge() {
    let count = Self.paths.count + Self.links.count + Self.types.count + Self.orders.count + Self.sizes.count
    #expect(count + Self.fields.count + Self.extended.count + Self.ends.count >= 80)
  }
}

private let long = String(repeating: "n", count: 200)

extension HostilePayloadTests {
  static let paths: [HostilePayload] = [
    .init("an absolute path", "is absolute", [.file("/etc/passwd")]),
    .init("two slashes at the start", "is absolute", [.file("//etc/passwd")]),
    .init("a path that climbs", "`.` or `..`", [.file("../victim")]),
    .init("a path that descends and climbs", "`.` or `..`", [.directory("a"), .file("a/../../victim")]),
    .init("a path that climbs and stays inside", "`.` or `..`", [.directory("a"), .file("a/../b")]),
    .init("a path that begins with a dot", "`.` or `..`", [.file("./a")]),
    .init("a dot inside", "`.` or `..`", [.directory("a"), .file("a/./b")]),
    .init("the parent itself", "`.` or `..`", [.directory("..")]),
    .init("the payload itself", "`.` or `..`", [.directory(".")]),
    .init("an empty component", "empty component", [.directory("a"), .file("a//b")]),
    .init("no name", "empty", [.file("")]),
    .init("a file whose name ends in a slash", "empty component", [.file("a/")]),
    .init("a newline", "control character", [.file("a\nb")]),
    .init("an escape sequence", "control character", [.file("a\u{1B}[2Jb")]),
    .init("a delete character", "control character", [.file("a\u{7F}")]),
    .init("bytes behind a zero", "canonical", [.file("a\u{0}../../victim")]),
    .init("bytes that are not UTF-8", "not UTF-8", [.file("").with { $0.name = [0xFF, 0xFE] }]),
    .init(
      "dots in an overlong encoding", "not UTF-8", [.file("").with { $0.name = [0xC0, 0xAE, 0xC0, 0xAE, 0x2F, 0x61] }]),
    .init("a surrogate", "not UTF-8", [.file("").with { $0.name = [0xED, 0xA0, 0x80] }]),
    .init("a prefix that climbs", "`.` or `..`", [.file("victim").with { $0.prefix = Array("..".utf8) }]),
    .init("a prefix that is absolute", "is absolute", [.file("passwd").with { $0.prefix = Array("/etc".utf8) }]),
    .init("a prefix that is not needed", "canonical", [.directory("a"), .file("b").with { $0.prefix = [0x61] }]),
    .init(
      "too deep", "deeper than",
      [.pax([("path", Array(repeating: "a", count: 65).joined(separator: "/"))]), .file("x")]),
    .init("a long component", "component longer", [.pax([("path", String(repeating: "a", count: 256))]), .file("x")]),
    .init(
      "a long path", "longer than 1024",
      [
        .pax([("path", Array(repeating: String(repeating: "a", count: 200), count: 6).joined(separator: "/"))]),
        .file("x"),
      ]),
  ]

  static let links: [HostilePayload] = [
    .init("a link to an absolute path", "is absolute", [.link("a", to: "/etc/passwd")]),
    .init("a link that climbs", "leads out", [.link("a", to: "..")]),
    .init("a link that climbs and descends", "leads out", [.link("a", to: "../victim")]),
    .init("a deep link that climbs one too far", "leads out", [.directory("a"), .link("a/b", to: "../../victim")]),
    .init("a link that descends and climbs", "`..` after a name", [.link("a", to: "b/../../victim")]),
    .init("a link that relies on another", "`..` after a name", [.link("a", to: "."), .link("b", to: "a/..")]),
    .init("a link to nothing", "no target", [.link("a", to: "")]),
    .init("a link with a newline", "control character", [.link("a", to: "b\nc")]),
    .init("a link that is not normalized", "not normalized", [.link("a", to: "./b")]),
    .init("a link with an empty component", "not normalized", [.link("a", to: "b//c")]),
    .init("a link that ends in a slash", "not normalized", [.link("a", to: "b/")]),
    .init("a link that is not UTF-8", "not UTF-8", [.link("a", to: "").with { $0.link = [0xFF] }]),
    .init("bytes behind a link's zero", "canonical", [.link("a", to: "b\u{0}/../..")]),
    .init("a file through a link", "not a directory", [.link("a", to: "b"), .file("a/c"), .directory("b")]),
    .init("a file through a link to the payload", "not a directory", [.link("a", to: "."), .file("a/victim")]),
    .init("a link that a directory replaces", "there twice", [.link("a", to: "b"), .directory("a")]),
    .init("a directory that a link replaces", "there twice", [.directory("a"), .link("a", to: "b")]),
    .init("a link that a file replaces", "there twice", [.link("a", to: "b"), .file("a", [1])]),
  ]

  static let types: [HostilePayload] = [
    .init("a hard link", "a hard link", [.file("a", [1]), .of(type: "1", "b", link: "a")]),
    .init("a hard link out", "a hard link", [.of(type: "1", "a", link: "/etc/passwd")]),
    .init("a hard link up", "a hard link", [.of(type: "1", "a", link: "../victim")]),
    .init(
      "a character device", "a character device",
      [
        .of(type: "3").with {
          $0.major = "0000001\0"; $0.minor = "0000003\0"
        }
      ]),
    .init("a block device", "a block device", [.of(type: "4")]),
    .init("a named pipe", "a named pipe", [.of(type: "6")]),
    .init("a contiguous file", "a contiguous file", [.of(type: "7")]),
    .init("a global header", "a global extended header", [.of(type: "g")]),
    .init("a GNU long name", "a GNU long name", [.of(type: "L"), .file("y")]),
    .init("a GNU long link", "a GNU long name", [.of(type: "K"), .file("y")]),
    .init("a GNU sparse file", "sparse", [.of(type: "S")]),
    .init("a GNU volume", "a GNU extension", [.of(type: "V")]),
    .init("a GNU continuation", "a GNU extension", [.of(type: "M")]),
    .init("a GNU directory dump", "a GNU extension", [.of(type: "D")]),
    .init("a file of the old type", "unknown type 0", [RawEntry.file("x").with { $0.type = 0 }]),
    .init("an unknown type", "unknown type 90", [.of(type: "Z")]),
    .init("a Solaris header", "unknown type 88", [.of(type: "X")]),
  ]

  static let orders: [HostilePayload] = [
    .init("a file twice", "there twice", [.file("a", [1]), .file("a", [2])]),
    .init("a directory twice", "there twice", [.directory("a"), .directory("a")]),
    .init("a file that a directory replaces", "there twice", [.file("a"), .directory("a")]),
    .init("a directory that a file replaces", "there twice", [.directory("a"), .file("a")]),
    .init("a file in a file", "not a directory", [.file("a"), .file("a/b")]),
    .init("a file in no directory", "not a directory", [.file("a/b")]),
    .init("a file in a directory of that prefix", "not a directory", [.directory("a"), .file("ab/c")]),
    .init("names out of order", "comes after", [.file("b"), .file("a")]),
    .init("a sibling inside a directory", "comes after", [.directory("a"), .file("a-b"), .file("a/b")]),
    .init("a file after its directory was left", "comes after", [.directory("a"), .directory("b"), .file("a/x")]),
    .init("a name twice, far apart", "comes after", [.file("a"), .file("b"), .file("a")]),
  ]

  static let sizes: [HostilePayload] = [
    .init("a size beyond the end", "are left", [.file("a").with { $0.size = Array("00000100000\0".utf8) }]),
    .init("the largest size", "are left", [.file("a").with { $0.size = Array("77777777777\0".utf8) }]),
    .init(
      "a size that ends in the padding", "are left", [.file("a", [1]).with { $0.size = Array("00000003001\0".utf8) }]),
    .init(
      "a size in base 256", "octal", [.file("a").with { $0.size = [0x80] + [UInt8](repeating: 0, count: 10) + [1] }]),
    .init("a negative size in base 256", "octal", [.file("a").with { $0.size = [UInt8](repeating: 0xFF, count: 12) }]),
    .init("a size with a minus", "octal", [.file("a").with { $0.size = Array("-0000000001\0".utf8) }]),
    .init("a size with spaces", "octal", [.file("a", [1]).with { $0.size = Array("          1\0".utf8) }]),
    .init("a size without an end", "octal", [.file("a", [1]).with { $0.size = Array("000000000001".utf8) }]),
    .init("a size in decimal", "octal", [.file("a").with { $0.size = Array("00000000009\0".utf8) }]),
    .init("no size", "octal", [.file("a").with { $0.size = [] }]),
    .init("a directory with content", "canonical", [.directory("a").with { $0.content = [1] }]),
    .init("a link with content", "canonical", [.link("a", to: "b").with { $0.content = [1] }]),
    .init(
      "an entry hidden in another's content", "are left",
      [.file("a", RawEntry.file("../victim").bytes).with { $0.size = Array("00000010000\0".utf8) }]),
    .init(
      "a smaller size than the content", "not followed by zeros",
      [
        .file("a", [1, 2, 3]).with { $0.size = Array("00000000001\0".utf8) }
      ]),
  ]

  static let fields: [HostilePayload] = [
    .init("a wrong checksum", "checksum", [.file("a").with { $0.checksum = "000000\0 " }]),
    .init("a checksum in another notation", "checksum", [.file("a").with { $0.checksum = "  5361\0 " }]),
    .init("the GNU format", "GNU format", [.file("a").with { $0.magic = "ustar  \0" }]),
    .init("the format before ustar", "no ustar header", [.file("a").with { $0.magic = "" }]),
    .init("another version of ustar", "no ustar header", [.file("a").with { $0.magic = "ustar\u{0}01" }]),
    .init("set-user-id", "canonical", [.file("a").with { $0.mode = "0004755\0" }]),
    .init("a sticky directory", "canonical", [.directory("a").with { $0.mode = "0001777\0" }]),
    .init("a private file", "canonical", [.file("a").with { $0.mode = "0000600\0" }]),
    .init("a mode that is no number", "octal", [.file("a").with { $0.mode = "rw-r--r-" }]),
    .init("an owner", "canonical", [.file("a").with { $0.owner = "0001750\0" }]),
    .init("a group", "canonical", [.file("a").with { $0.group = "0001750\0" }]),
    .init("a time", "canonical", [.file("a").with { $0.time = "14000000000\0" }]),
    .init("a user's name", "canonical", [.file("a").with { $0.user = "root" }]),
    .init("a group's name", "canonical", [.file("a").with { $0.groupName = "root" }]),
    .init("a device number on a file", "canonical", [.file("a").with { $0.major = "0000010\0" }]),
    .init("a link on a file", "canonical", [.file("a").with { $0.link = Array("/etc/passwd".utf8) }]),
    .init("bytes at the end of a header", "canonical", [.file("a").with { $0.tail = [1] }]),
    .init("a directory without its slash", "end in a slash", [.directory("a").with { $0.name = Array("a".utf8) }]),
    .init("padding that is not zero", "not followed by zeros", [.file("a", [1]).with { $0.filler = 1 }]),
  ]

  static let extended: [HostilePayload] = [
    .init("an extended header that is not needed", "canonical", [.pax([("path", "short")]), .file("see-pax-header")]),
    .init("a size in an extended header", "only path and linkpath", [.pax([("size", "1099511627776")]), .file("a")]),
    .init(
      "a sparse map", "only path and linkpath",
      [.pax([("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "1099511627776")]), .file("a")]),
    .init("a time in an extended header", "only path and linkpath", [.pax([("mtime", "1")]), .file("a")]),
    .init("an attribute", "only path and linkpath", [.pax([("SCHILY.xattr.security.capability", "x")]), .file("a")]),
    .init("another character set", "only path and linkpath", [.pax([("hdrcharset", "BINARY")]), .file("a")]),
    .init("a path twice", "repeats path", [.pax([("path", long), ("path", long)]), .file("a")]),
    .init("a record of length zero", "malformed record", [.pax(Array("0 path=a\n".utf8)), .file("a")]),
    .init("a record that claims more", "malformed record", [.pax(Array("99 path=a\n".utf8)), .file("a")]),
    .init("a record that claims less", "malformed record", [.pax(Array("5 path=a\n".utf8)), .file("a")]),
    .init("a record with a huge length", "malformed record", [.pax(Array("9999999 path=a\n".utf8)), .file("a")]),
    .init("a record with a negative length", "malformed record", [.pax(Array("-9 path=a\n".utf8)), .file("a")]),
    .init("a record without an equals sign", "malformed record", [.pax(Array("9 pathab\n".utf8)), .file("a")]),
    .init("a record without a newline", "malformed record", [.pax(Array("8 path=a".utf8)), .file("a")]),
    .init(
      "a record with a plus", "canonical",
      [.pax(Array("+\(long.utf8.count + 11) path=\(long)\n".utf8)), .file("see-pax-header")]),
    .init("an extended header without records", "is empty", [.pax([UInt8]()), .file("a")]),
    .init(
      "an extended header that is too large", "has 5000 bytes",
      [.pax([UInt8](repeating: 0x30, count: 5000)), .file("a")]),
    .init(
      "an extended header for another", "an extended header",
      [.pax([("path", long)]), .pax([("path", long)]), .file("a")]),
    .init("an extended header at the end", "no ustar header", [.pax([("path", long)])]),
    .init(
      "an extended header that claims more", "inside an extended header",
      [.pax([("path", long)]).with { $0.size = Array("00000007000\0".utf8) }]),
    .init(
      "an absolute path in an extended header", "is absolute", [.pax([("path", "/\(long)")]), .file("see-pax-header")]),
    .init(
      "a climbing path in an extended header", "`.` or `..`", [.pax([("path", "../\(long)")]), .file("see-pax-header")]),
    .init(
      "a zero in an extended header", "control character", [.pax([("path", "\(long)\u{0}")]), .file("see-pax-header")]),
    .init("an extended path that is not UTF-8", "not UTF-8", [.pax(RawEntry.record("path", [0xFF])), .file("a")]),
    .init(
      "an extended link on a file", "canonical", [.pax([("path", long), ("linkpath", long)]), .file("see-pax-header")]),
    .init(
      "an extended link that is absolute", "is absolute",
      [.pax([("linkpath", "/\(long)")]), .link("a", to: "see-pax-header")]),
    .init(
      "an extended link that climbs", "leads out",
      [.pax([("linkpath", "../\(long)")]), .link("a", to: "see-pax-header")]),
    .init(
      "an extended header of another name", "canonical",
      [.pax(RawEntry.record("path", Array(long.utf8)), name: "./PaxHeaders/x"), .file("see-pax-header")]),
    .init("two paths that tools disagree about", "canonical", [.pax([("path", long)]), .file("../victim")]),
  ]

  static let ends: [HostilePayload] = [
    .init("no end", "without an end", [.file("a")], end: []),
    .init("half an end", "without an end", [.file("a")], end: [UInt8](repeating: 0, count: 512)),
    .init(
      "an end that something follows", "follows the end", [.file("a")],
      end: endOfArchive + RawEntry.file("../victim").bytes),
    .init("an end that zeros follow", "follows the end", [.file("a")], end: endOfArchive + endOfArchive),
    .init(
      "one block of zeros in the middle", "stands alone", [.file("a")],
      end: [UInt8](repeating: 0, count: 512) + archive([.file("b")])),
    .init("nothing at all", "without an end", [], end: []),
    .init("half a header", "without an end", [], end: Array(RawEntry.file("a").bytes.prefix(300))),
    .init("text", "without an end", [], end: Array("not a tar".utf8)),
    .init("random bytes", "no ustar header", [], end: (0..<2048).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }),
    .init("a compressed archive", "no ustar header", [], end: [0x1F, 0x8B, 8, 0] + [UInt8](repeating: 7, count: 1020)),
  ]
}
