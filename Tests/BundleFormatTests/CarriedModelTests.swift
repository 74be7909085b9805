import BundleFormat
import Digests
import SystemIO
import TestSupport
import Testing

/// The blobs of models after a payload, of which nothing is believed.
@Suite struct CarriedModelTests {
  let directory = TemporaryDirectory("carried")
  static let files: [[UInt8]] = [Array("first model".utf8), Array("second".utf8), [UInt8](repeating: 7, count: 512)]

  func fat() throws -> (bytes: [UInt8], thin: [UInt8]) {
    let (thin, _) = try Sample.bundle(in: directory)
    var writer = try Sample.writer()
    try writer.setModels(
      Self.files.enumerated().map { index, bytes in
        BundleWriter.ModelFile(
          digest: Digest.of(bytes), size: Int64(bytes.count), path: directory.write(bytes, to: "model-\(index)"))
      })
    _ = try writer.write(to: directory("fat.locapp"))
    return (try #require(contents(of: directory("fat.locapp"))), try #require(contents(of: thin)))
  }

  func refusal(_ bytes: [UInt8]) -> Failure? {
    let path = directory.write(bytes, to: "hostile.locapp")
    return failure { try Bundle.open(path) }
  }

  @Test func theyAreReadAsTheyWereWritten() throws {
    let (bytes, thin) = try fat()
    let bundle = try Bundle.open(directory("fat.locapp"))
    #expect(bytes.count > thin.count)
    #expect(bytes.starts(with: thin.dropLast(1024)))
    #expect(bundle.models.map(\.digest) == Self.files.map { Digest.of($0) }.sorted())
    for model in bundle.models {
      var read: [UInt8] = []
      try bundle.read(model) { read += $0 }
      #expect(Self.files.contains(read))
    }
  }

  /// Each is one change to a fat bundle; all but the last three blocks of the thin one stay.
  @Test func nothingElseMayFollowThePayload() throws {
    let (bytes, thin) = try fat()
    let start = thin.count - 1024
    let tail = Array(bytes[start...])
    let end = [UInt8](repeating: 0, count: 1024)
    let blobs = Array(tail.dropLast(1024))
    func blob(_ name: String, _ content: [UInt8]) -> [UInt8] {
      RawEntry.file(name, content).bytes
    }
    let head = Array(thin.dropLast(1024))
    let cases: [(String, [UInt8], String)] = [
      ("cut off", head + blobs.dropLast(), "LB002"), ("no end", head + blobs, "LB002"),
      ("half an end", head + blobs + end.dropLast(512), "LB002"), ("more after the end", bytes + [0], "LB003"),
      ("an end in between", head + end + tail, "LB003"), ("twice", head + blobs + blobs + end, "LB003"),
      ("another name", head + blob("blobs/sha256/../../x", [1]) + end, "LB003"),
      ("no digest", head + blob("blobs/sha256/abc", [1]) + end, "LB003"),
      ("a wrong digest", head + blob("blobs/sha256/\(String(repeating: "a", count: 64))", [1]) + end, "LB004"),
      ("noise", head + [UInt8](repeating: 0x41, count: 512) + end, "LB003"),
    ]
    for (name, hostile, code) in cases {
      #expect(refusal(hostile)?.code == code, "\(name): \(refusal(hostile)?.code ?? "accepted")")
    }
    // Any flipped bit of it is found.
    for offset in stride(from: start, to: bytes.count, by: 61) {
      var flipped = bytes
      flipped[offset] ^= 1
      #expect(refusal(flipped) != nil, "byte \(offset)")
    }
  }

  @Test func aBlobOfTheBundleIsNotThereTwice() throws {
    let (_, thin) = try fat()
    let bundle = try Bundle.open(directory("fat.locapp"))
    let policy = try #require(bundle.contents(of: .policy))
    let hostile =
      Array(thin.dropLast(1024)) + RawEntry.file("blobs/sha256/\(Digest.of(policy).hexadecimal)", policy).bytes
      + [UInt8](repeating: 0, count: 1024)
    #expect(refusal(hostile)?.code == "LB003")
  }

  @Test func aModelThatChangedMeanwhileIsNotWritten() throws {
    var writer = try Sample.writer()
    let path = directory.write("other bytes", to: "model")
    try writer.setModels([.init(digest: Digest.of(Array("these bytes".utf8)), size: 11, path: path)])
    #expect(failure { try writer.write(to: directory("o")) }?.code == "LB013")
    #expect(!Files.exists(directory("o")))
  }
}
