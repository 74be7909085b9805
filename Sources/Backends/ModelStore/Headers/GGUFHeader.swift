internal import Digests

/// The header of a GGUF file, versions 2 and 3: counts, key-value pairs, tensor descriptions (ggml, `docs/gguf.md`).
struct GGUFHeader {
  private let input: HeaderInput
  private var alignment: Int64 = 32
  /// The texts and integers that are looked for. Other values are skipped.
  private var texts: [String: String] = [:]
  private var integers: [String: Int64] = [:]
  private var template: Digest?

  /// Bounds; the largest models have about 2,000 tensors, 200 keys and 300,000 tokens.
  private static let tensors: Int64 = 100_000
  private static let keys: Int64 = 10_000
  private static let keyBytes: Int64 = 65_535
  private static let textBytes: Int64 = 4 << 20
  private static let arrayElements: Int64 = 4_000_000

  static func facts(_ input: HeaderInput) throws(HeaderProblem) -> ModelFacts {
    var header = GGUFHeader(input: input)
    return try header.read()
  }

  private init(input: HeaderInput) { self.input = input }

  private mutating func read() throws(HeaderProblem) -> ModelFacts {
    guard try input.read(4) == Array("GGUF".utf8) else { throw HeaderProblem("it does not begin with GGUF") }
    let version = try input.unsigned32()
    guard version == 2 || version == 3 else {
      // A big-endian file has its version in the other order.
      throw HeaderProblem(
        version == 2 << 24 || version == 3 << 24 ? "it is big-endian" : "version \(version) is not known")
    }
    let tensorCount = try input.count()
    let keyCount = try input.count()
    guard tensorCount <= GGUFHeader.tensors else { throw HeaderProblem("it claims \(tensorCount) tensors") }
    guard keyCount <= GGUFHeader.keys else { throw HeaderProblem("it claims \(keyCount) keys") }
    var seen: Set<String> = []
    for _ in 0..<keyCount {
      let key = try text(limit: GGUFHeader.keyBytes)
      guard seen.insert(key).inserted else { throw HeaderProblem("a key is there twice") }
      try value(key)
    }
    if let stated = integers["general.alignment"] {
      guard stated >= 8, stated <= 1 << 20, stated & (stated - 1) == 0 else {
        throw HeaderProblem("an alignment of \(stated) is not a power of two from 8")
      }
      alignment = stated
    }
    let tally = try tensors(count: tensorCount)
    let architecture = shown(texts["general.architecture"])
    func integer(_ name: String) -> Int64? { architecture.flatMap { integers["\($0).\(name)"] } }
    return ModelFacts(
      format: .gguf, architecture: architecture, parameters: tally.total, dimension: integer("embedding_length"),
      contextLength: integer("context_length"), quantization: tally.dominant,
      tokenizer: shown(texts["tokenizer.ggml.model"]), chatTemplate: template,
      license: shown(texts["general.license"]))
  }

  private mutating func value(_ key: String) throws(HeaderProblem) {
    let type = try input.unsigned32()
    switch type {
    case 8:
      if key == "tokenizer.chat_template" {
        template = Digest.of(try bytes(limit: GGUFHeader.textBytes))
      } else if key.hasPrefix("general.") || key == "tokenizer.ggml.model" {
        texts[key] = try text(limit: GGUFHeader.textBytes)
      } else {
        try input.skip(try input.count())
      }
    case 9: try skipArray(depth: 0)
    default:
      let size = try GGUFHeader.size(ofType: type)
      let number = try input.read(Int(size)).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      // Unsigned types, and signed ones that are not negative.
      if [0, 2, 4, 10].contains(type) || ([1, 3, 5, 11].contains(type) && number >> (size * 8 - 1) == 0) {
        integers[key] = Int64(exactly: number)
      }
    }
  }

  private func skipArray(depth: Int) throws(HeaderProblem) {
    guard depth < 4 else { throw HeaderProblem("arrays are nested deeper than 4") }
    let type = try input.unsigned32()
    let count = try input.count()
    guard count <= GGUFHeader.arrayElements else { throw HeaderProblem("an array claims \(count) elements") }
    switch type {
    case 8: for _ in 0..<count { try input.skip(try input.count()) }
    case 9: for _ in 0..<count { try skipArray(depth: depth + 1) }
    default: try input.skip(count * (try GGUFHeader.size(ofType: type)))
    }
  }

  private func tensors(count: Int64) throws(HeaderProblem) -> TypeTally {
    var tally = TypeTally()
    var seen: Set<String> = []
    var end: Int64 = 0
    for _ in 0..<count {
      let name = try text(limit: GGUFHeader.keyBytes)
      guard seen.insert(name).inserted else { throw HeaderProblem("a tensor is there twice") }
      let dimensions = try input.unsigned32()
      guard dimensions <= 4 else { throw HeaderProblem("a tensor has \(dimensions) dimensions") }
      var shape: [Int64] = []
      for _ in 0..<dimensions {
        guard let size = Int64(exactly: try input.unsigned64()) else {
          throw HeaderProblem("a tensor's dimension does not fit in 63 bits")
        }
        shape.append(size)
      }
      guard let number = elements(of: shape) else { throw HeaderProblem("a tensor's size does not fit in 64 bits") }
      let type = try input.unsigned32()
      guard let kind = GGUFTensorType.known[type] else { throw HeaderProblem("tensor type \(type) is not known") }
      guard let offset = Int64(exactly: try input.unsigned64()), offset % alignment == 0 else {
        throw HeaderProblem("a tensor's offset is not aligned to \(alignment)")
      }
      guard number % kind.block == 0, (shape.first ?? 1) % kind.block == 0 else {
        throw HeaderProblem("a tensor's rows are not whole blocks of \(kind.name)")
      }
      let (size, tooLarge) = (number / kind.block).multipliedReportingOverflow(by: kind.bytes)
      let (tensorEnd, beyond) = offset.addingReportingOverflow(size)
      guard !tooLarge, !beyond else { throw HeaderProblem("a tensor's bytes do not fit in 64 bits") }
      end = max(end, tensorEnd)
      try tally.add(number, type: kind.name)
    }
    let start = (input.position + alignment - 1) / alignment * alignment
    guard count == 0 || (start <= input.size && end <= input.size - start) else {
      throw HeaderProblem("its tensors end beyond the file")
    }
    return tally
  }

  private func bytes(limit: Int64) throws(HeaderProblem) -> [UInt8] {
    let length = try input.count()
    guard length <= limit else { throw HeaderProblem("a text claims \(length) bytes") }
    return try input.read(Int(length))
  }

  private func text(limit: Int64) throws(HeaderProblem) -> String {
    guard let text = String(validating: try bytes(limit: limit), as: UTF8.self) else {
      throw HeaderProblem("a text is not UTF-8")
    }
    return text
  }

  private static func size(ofType type: UInt32) throws(HeaderProblem) -> Int64 {
    switch type {
    case 0, 1, 7: 1
    case 2, 3: 2
    case 4, 5, 6: 4
    case 10, 11, 12: 8
    default: throw HeaderProblem("value type \(type) is not known")
    }
  }
}

/// How ggml stores weights: `ggml_type` in ggml.h, block sizes in ggml-common.h.
struct GGUFTensorType {
  let name: String
  /// Weights in one block.
  let block: Int64
  /// Bytes of one block.
  let bytes: Int64

  private init(_ name: String, _ block: Int64, _ bytes: Int64) {
    self.name = name
    self.block = block
    self.bytes = bytes
  }

  static let known: [UInt32: GGUFTensorType] = [
    0: .init("F32", 1, 4), 1: .init("F16", 1, 2), 2: .init("Q4_0", 32, 18), 3: .init("Q4_1", 32, 20),
    6: .init("Q5_0", 32, 22), 7: .init("Q5_1", 32, 24), 8: .init("Q8_0", 32, 34), 9: .init("Q8_1", 32, 36),
    10: .init("Q2_K", 256, 84), 11: .init("Q3_K", 256, 110), 12: .init("Q4_K", 256, 144), 13: .init("Q5_K", 256, 176),
    14: .init("Q6_K", 256, 210), 15: .init("Q8_K", 256, 292), 16: .init("IQ2_XXS", 256, 66),
    17: .init("IQ2_XS", 256, 74), 18: .init("IQ3_XXS", 256, 98), 19: .init("IQ1_S", 256, 50),
    20: .init("IQ4_NL", 32, 18), 21: .init("IQ3_S", 256, 110), 22: .init("IQ2_S", 256, 82),
    23: .init("IQ4_XS", 256, 136), 24: .init("I8", 1, 1), 25: .init("I16", 1, 2), 26: .init("I32", 1, 4),
    27: .init("I64", 1, 8), 28: .init("F64", 1, 8), 29: .init("IQ1_M", 256, 56), 30: .init("BF16", 1, 2),
    34: .init("TQ1_0", 256, 54), 35: .init("TQ2_0", 256, 66), 39: .init("MXFP4", 32, 17),
  ]
}
