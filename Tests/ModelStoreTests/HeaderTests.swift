import Digests
import Glibc
import ModelStore
import SystemIO
import TestSupport
import Testing

/// Little-endian bytes, for the formats' headers.
private func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

@Suite struct HeaderTests {
  let directory = TemporaryDirectory("headers")

  private func read(_ bytes: [UInt8], _ name: String) throws -> ModelFacts? {
    try ModelFacts.read(directory.write(bytes, to: name), name: name)
  }

  private func problem(_ bytes: [UInt8], _ name: String) -> Failure? { failure { try read(bytes, name) } }

  // MARK: safetensors

  static func safetensors(_ json: String, data: Int) -> [UInt8] {
    little(UInt64(json.utf8.count)) + Array(json.utf8) + [UInt8](repeating: 0, count: data)
  }

  static let goodSafetensors = safetensors(
    """
    {"__metadata__":{"format":"pt","modelspec.license":"MIT"},\
    "embeddings.word_embeddings.weight":{"dtype":"F16","shape":[10,4],"data_offsets":[0,80]},\
    "bias":{"dtype":"F32","shape":[],"data_offsets":[80,84]},"empty":{"dtype":"I8","shape":[0,3],"data_offsets":[84,84]}}
    """, data: 84)

  @Test func safetensorsFacts() throws {
    let facts = try read(Self.goodSafetensors, "model.safetensors")
    #expect(
      facts
        == ModelFacts(format: .safetensors, parameters: 41, dimension: 4, quantization: "F16", license: "MIT"))
    #expect(
      try read(Self.safetensors("{}   ", data: 0), "e.safetensors") == ModelFacts(format: .safetensors, parameters: 0))
  }

  @Test(arguments: [
    ("[]", 0, "begin with"), ("", 0, "begin with"), (" {}", 0, "begin with"), ("{", 0, "byte 1"), ("{}", 1, "0 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, "4 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "4 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "hole"),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, 6,
      "overlap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 4,
      "overlap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 4,
      "duplicate"
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "number of bytes"),
    (#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#, 4, "data type"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "shape"),
    (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "shape"),
    (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0, "shape"),
    (#"{"a":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,0]}}"#, 0, "number of bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "offsets"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 4, "offsets"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}"#, 4, "offsets"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "not known"),
    (#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#, 1, "number of bytes"),
    (#"{"__metadata__":{"a":1}}"#, 0, "__metadata__"), (#"{"__metadata__":[]}"#, 0, "__metadata__"),
    (#"{"a":1}"#, 0, "data type"),
    (#"{"a":[[[[[[]]]]]]}"#, 0, "nested"),
  ])
  func safetensorsRefused(json: String, data: Int, reason: String) {
    let refused = problem(Self.safetensors(json, data: data), "m.safetensors")
    #expect(refused?.code == "LK007")
    #expect(refused?.message.contains(reason) == true, "\(String(describing: refused))")
  }

  @Test func safetensorsLengthsThatLie() {
    for length in [UInt64(3), 1 << 20, 1 << 24, (1 << 24) + 1, 100_000_000, 1 << 40, 1 << 63, .max] {
      #expect(problem(little(length) + Array("{}".utf8), "m.safetensors")?.code == "LK007", "\(length)")
    }
    #expect(problem([1, 2, 3], "m.safetensors")?.code == "LK007")
    #expect(problem([], "m.safetensors")?.code == "LK007")
  }

  @Test func theRealWeightsOfTheDemo() throws {
    // `make demo` and the end-to-end tests fetch them; this test uses them when they are there.
    let home = Locations.environment("HOME") ?? "/root"
    let path = "\(home)/.cache/locara-demo/all-minilm-l6-v2/model.safetensors"
    guard Files.exists(path) else { return }
    let facts = try ModelFacts.read(path, name: "model.safetensors")
    #expect(facts == ModelFacts(format: .safetensors, parameters: 22_713_728, dimension: 384, quantization: "F32"))
    #expect(
      try ModelStore.measure(path).digest.hexadecimal
        == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db")
  }

  // MARK: GGUF

  static func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }
  static func pair(_ key: String, _ type: UInt32, _ value: [UInt8]) -> [UInt8] { text(key) + little(type) + value }
  static func tensor(_ name: String, _ shape: [UInt64], _ type: UInt32, _ offset: UInt64) -> [UInt8] {
    text(name) + little(UInt32(shape.count)) + shape.flatMap { little($0) } + little(type) + little(offset)
  }

  static func gguf(
    version: UInt32 = 3, pairs: [[UInt8]], tensors: [[UInt8]], data: Int, tensorCount: UInt64? = nil,
    pairCount: UInt64? = nil
  ) -> [UInt8] {
    var bytes = Array("GGUF".utf8) + little(version) + little(tensorCount ?? UInt64(tensors.count))
    bytes += little(pairCount ?? UInt64(pairs.count)) + pairs.joined() + tensors.joined()
    bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    return bytes + [UInt8](repeating: 0, count: data)
  }

  static let pairs: [[UInt8]] = [
    pair("general.architecture", 8, text("llama")), pair("general.license", 8, text("mit")),
    pair("llama.context_length", 4, little(UInt32(4096))), pair("llama.embedding_length", 10, little(UInt64(256))),
    pair("tokenizer.chat_template", 8, text("{{ messages }}")),
    pair("tokenizer.ggml.tokens", 9, little(UInt32(8)) + little(UInt64(2)) + text("a") + text("bc")),
    pair("tokenizer.ggml.scores", 9, little(UInt32(6)) + little(UInt64(2)) + little(UInt64(0))),
    pair("nested", 9, little(UInt32(9)) + little(UInt64(1)) + little(UInt32(0)) + little(UInt64(3)) + [1, 2, 3]),
    pair("flag", 7, [1]), pair("negative", 11, little(Int64(-5))),
  ]
  static let goodGGUF = gguf(
    pairs: pairs, tensors: [tensor("token_embd.weight", [256, 2], 12, 0), tensor("output_norm", [16], 0, 288)],
    data: 352)

  @Test func ggufFacts() throws {
    let expected = ModelFacts(
      format: .gguf, architecture: "llama", parameters: 528, dimension: 256, contextLength: 4096, quantization: "Q4_K",
      chatTemplate: Digest.of(Array("{{ messages }}".utf8)), license: "mit")
    #expect(try read(Self.goodGGUF, "model.gguf") == expected)
    // In the store a file has no name of its own.
    #expect(try read(Self.goodGGUF, "0123abcd") == expected)
  }

  @Test func ggufRefused() {
    let one = Self.tensor("a", [16], 0, 0)
    let cases: [(String, [UInt8])] = [
      ("begin with GGUF", Array("GGML".utf8) + [UInt8](repeating: 0, count: 40)),
      ("version 1", Self.gguf(version: 1, pairs: [], tensors: [], data: 0)),
      ("big-endian", Self.gguf(version: 3 << 24, pairs: [], tensors: [], data: 0)),
      ("larger than the file", Self.gguf(pairs: [], tensors: [], data: 0, tensorCount: .max)),
      ("larger than the file", Self.gguf(pairs: [], tensors: [], data: 0, pairCount: 1 << 40)),
      ("tensors", Self.gguf(pairs: [], tensors: [], data: 200_000, tensorCount: 100_001)),
      ("keys", Self.gguf(pairs: [], tensors: [], data: 200_000, pairCount: 10_001)),
      ("key is there twice", Self.gguf(pairs: [Self.pairs[0], Self.pairs[0]], tensors: [], data: 0)),
      ("tensor is there twice", Self.gguf(pairs: [], tensors: [one, one], data: 64)),
      ("value type 13", Self.gguf(pairs: [Self.pair("a", 13, [])], tensors: [], data: 64)),
      (
        "value type 99",
        Self.gguf(pairs: [Self.pair("a", 9, little(UInt32(99)) + little(UInt64(0)))], tensors: [], data: 64)
      ),
      ("larger than the file", Self.gguf(pairs: [Self.pair("a", 8, little(UInt64.max))], tensors: [], data: 64)),
      (
        "larger than the file",
        Self.gguf(pairs: [Self.pair("a", 9, little(UInt32(8)) + little(UInt64(1 << 50)))], tensors: [], data: 64)
      ),
      (
        "ends inside",
        Self.gguf(pairs: [Self.pair("a", 9, little(UInt32(12)) + little(UInt64(60)))], tensors: [], data: 64)
      ),
      (
        "nested deeper",
        Self.gguf(
          pairs: [Self.pair("a", 9, (0..<6).flatMap { _ in little(UInt32(9)) + little(UInt64(1)) })], tensors: [],
          data: 64)
      ),
      (
        "not UTF-8", Self.gguf(pairs: [Self.pair("general.name", 8, little(UInt64(1)) + [0xFF])], tensors: [], data: 64)
      ),
      ("5 dimensions", Self.gguf(pairs: [], tensors: [Self.tensor("a", [1, 1, 1, 1, 1], 0, 0)], data: 64)),
      ("63 bits", Self.gguf(pairs: [], tensors: [Self.tensor("a", [.max], 0, 0)], data: 64)),
      ("64 bits", Self.gguf(pairs: [], tensors: [Self.tensor("a", [1 << 40, 1 << 40], 0, 0)], data: 64)),
      ("64 bits", Self.gguf(pairs: [], tensors: [Self.tensor("a", [1 << 62], 0, 0)], data: 64)),
      ("beyond the file", Self.gguf(pairs: [], tensors: [Self.tensor("a", [17], 0, 0)], data: 64)),
      ("beyond the file", Self.gguf(pairs: [], tensors: [Self.tensor("a", [16], 0, 32)], data: 64)),
      ("not aligned", Self.gguf(pairs: [], tensors: [Self.tensor("a", [1], 0, 4)], data: 64)),
      ("tensor type 77", Self.gguf(pairs: [], tensors: [Self.tensor("a", [1], 77, 0)], data: 64)),
      ("tensor type 4", Self.gguf(pairs: [], tensors: [Self.tensor("a", [1], 4, 0)], data: 64)),
      ("whole blocks", Self.gguf(pairs: [], tensors: [Self.tensor("a", [100], 12, 0)], data: 64)),
      ("power of two", Self.gguf(pairs: [Self.pair("general.alignment", 4, little(UInt32(0)))], tensors: [], data: 64)),
      (
        "power of two", Self.gguf(pairs: [Self.pair("general.alignment", 4, little(UInt32(33)))], tensors: [], data: 64)
      ),
    ]
    for (reason, bytes) in cases {
      let refused = problem(bytes, "m.gguf")
      #expect(refused?.code == "LK007", "\(reason)")
      #expect(refused?.message.contains(reason) == true, "\(reason): \(String(describing: refused))")
    }
  }

  // MARK: ONNX

  static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
  }
  static func field(_ number: UInt8, _ value: UInt64) -> [UInt8] { [number << 3] + varint(value) }
  static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
  }

  static func onnx(_ tensors: [[UInt8]], version: UInt64 = 9) -> [UInt8] {
    field(1, version) + field(2, Array("pytorch".utf8)) + field(7, field(2, [0x61]) + tensors.flatMap { field(5, $0) })
  }

  static let goodONNX = onnx([
    field(1, 10) + field(1, 4) + field(2, 1) + field(9, [UInt8](repeating: 0, count: 160)),
    field(1, varint(3) + varint(300)) + field(2, 10) + field(8, [0x62]),
  ])

  @Test func onnxFacts() throws {
    #expect(
      try read(Self.goodONNX, "model.onnx") == ModelFacts(format: .onnx, parameters: 940, quantization: "FLOAT16"))
  }

  @Test func onnxRefused() {
    let cases: [(String, [UInt8])] = [
      ("no ONNX version", []), ("no ONNX version", Self.field(1, 9)), ("no ONNX version", Self.onnx([], version: 0)),
      ("two graphs", Self.onnx([]) + Self.field(7, [])), ("number 0", [0x00, 0x00]), ("wire type 3", [0x0B]),
      ("longer than what holds it", [0x3A, 0x7F]),
      ("longer than what holds it", Self.field(1, 9) + Self.field(7, [0x2A, 5])),
      ("longer than what holds it", [0x3A] + Self.varint(.max)),
      ("more than 64 bits", [0x08] + [UInt8](repeating: 0xFF, count: 12)),
      ("ends inside a number", [0x08, 0xFF]), ("inside a field", [0x09, 1, 2]),
      ("negative size", Self.onnx([Self.field(1, .max) + Self.field(2, 1)])),
      ("does not fit", Self.onnx([Self.field(1, 1 << 40) + Self.field(1, 1 << 40) + Self.field(2, 1)])),
      ("type 0", Self.onnx([Self.field(1, 1)])), ("type 99", Self.onnx([Self.field(1, 1) + Self.field(2, 99)])),
      ("64 dimensions", Self.onnx([(0..<65).flatMap { _ in Self.field(1, 1) }])),
      ("outside", Self.onnx([Self.field(2, 1) + Self.external("../weights")])),
      ("outside", Self.onnx([Self.field(2, 1) + Self.external("/etc/passwd")])),
      ("outside", Self.onnx([Self.field(2, 1) + Self.external("a\\..\\b")])),
    ]
    for (reason, bytes) in cases {
      let refused = problem(bytes, "m.onnx")
      #expect(refused?.code == "LK007", "\(reason)")
      #expect(refused?.message.contains(reason) == true, "\(reason): \(String(describing: refused))")
    }
    #expect(problem(Self.onnx([Self.field(2, 1) + Self.external("weights.bin")]), "m.onnx") == nil)
  }

  static func external(_ location: String) -> [UInt8] {
    field(13, field(1, Array("location".utf8)) + field(2, Array(location.utf8)))
  }

  // MARK: everything

  @Test func formatsThatRunCodeAreRefused() throws {
    let zip: [UInt8] = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 20)
    for (bytes, name) in [
      ([0x80, 4, 0x95, 0], "weights"), ([0x80, 2, 0x7D], "pytorch_model.bin"), (zip, "pytorch_model.bin"),
      (zip, "model.pt"),
      ([1, 2, 3], "model.PKL"), ([], "a.pth"),
    ] as [([UInt8], String)] {
      #expect(problem(bytes, name)?.code == "LK008", "\(name)")
    }
    #expect(try read(Array("{}".utf8), "tokenizer.json") == nil)
    #expect(try read([], "empty.txt") == nil)
    #expect(failure { try ModelFacts.read(directory.path, name: "m.gguf") }?.code == "LX002")
  }

  /// No change of a header crashes the reader, and every end of the file inside it is an error.
  @Test func headersSurviveEveryCutAndManyChanges() throws {
    var generator = SplitMix64.forTests()
    for (good, name) in [
      (Self.goodSafetensors, "f.safetensors"), (Self.goodGGUF, "f.gguf"), (Self.goodONNX, "f.onnx"),
    ] {
      for length in 0..<good.count {
        #expect(problem(Array(good.prefix(length)), name)?.code == "LK007", "\(name) \(length)")
      }
      for _ in 0..<2000 {
        var bad = good
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          bad[Int.random(in: 0..<bad.count, using: &generator)] =
            generator.once(in: 3) ? 0xFF : UInt8.random(in: 0...255, using: &generator)
        }
        let refused = problem(bad, name)
        #expect(refused == nil || refused?.code == "LK007", "seed \(generator.seed): \(String(describing: refused))")
      }
    }
  }
}
