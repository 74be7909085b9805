/// What an ONNX file says about its weights: the `ModelProto` message of onnx.proto, in protocol-buffer wire format.
///
/// Weights are skipped, never read. Field numbers are those of onnx.proto, version 1.16.
struct ONNXHeader {
  private let input: HeaderInput
  private var tally = TypeTally()
  private var fields = 0
  private var hasGraph = false

  /// Fields in all messages that are entered; a large graph has about a million.
  private static let fieldLimit = 20_000_000

  static func facts(_ input: HeaderInput) throws(HeaderProblem) -> ModelFacts {
    var header = ONNXHeader(input: input)
    try header.model()
    return ModelFacts(format: .onnx, parameters: header.tally.total, quantization: header.tally.dominant)
  }

  private init(input: HeaderInput) { self.input = input }

  private mutating func model() throws(HeaderProblem) {
    var version: UInt64?
    while input.remaining > 0 {
      let (field, wire) = try key(until: input.size)
      switch (field, wire) {
      case (1, 0): version = try varint(until: input.size)
      case (7, 2):
        guard !hasGraph else { throw HeaderProblem("it has two graphs") }
        hasGraph = true
        try graph(until: try length(until: input.size))
      default: try skip(wire, until: input.size)
      }
    }
    guard let version, version > 0, version < 1000, hasGraph else {
      throw HeaderProblem("it has no ONNX version and graph")
    }
  }

  private mutating func graph(until end: Int64) throws(HeaderProblem) {
    while input.position < end {
      let (field, wire) = try key(until: end)
      if field == 5, wire == 2 { try tensor(until: try length(until: end)) } else { try skip(wire, until: end) }
    }
  }

  private mutating func tensor(until end: Int64) throws(HeaderProblem) {
    var shape: [Int64] = []
    var type: UInt64 = 0
    while input.position < end {
      let (field, wire) = try key(until: end)
      switch (field, wire) {
      case (1, 0): shape.append(try dimension(until: end))
      case (1, 2):
        let packed = try length(until: end)
        while input.position < packed { shape.append(try dimension(until: packed)) }
      case (2, 0): type = try varint(until: end)
      case (13, 2): try external(until: try length(until: end))
      default: try skip(wire, until: end)
      }
      guard shape.count <= 64 else { throw HeaderProblem("a tensor has more than 64 dimensions") }
    }
    guard let count = elements(of: shape) else { throw HeaderProblem("a tensor's size does not fit in 64 bits") }
    guard let name = ONNXHeader.types[type] else { throw HeaderProblem("tensor type \(type) is not known") }
    try tally.add(count, type: name)
  }

  /// An entry of `external_data`: weights in another file, which must lie beside this one.
  private mutating func external(until end: Int64) throws(HeaderProblem) {
    var key: [UInt8] = []
    var value: [UInt8] = []
    while input.position < end {
      let (field, wire) = try self.key(until: end)
      guard wire == 2, field == 1 || field == 2 else {
        try skip(wire, until: end)
        continue
      }
      let stop = try length(until: end)
      guard stop - input.position <= 4096 else { throw HeaderProblem("an external file's name is too long") }
      let bytes = try input.read(Int(stop - input.position))
      if field == 1 { key = bytes } else { value = bytes }
    }
    guard key == Array("location".utf8) else { return }
    let components = value.split(separator: 0x2F, omittingEmptySubsequences: false)
    let climbs = components.contains { $0.isEmpty || $0.elementsEqual("..".utf8) || $0.contains(0) }
    guard !climbs, !value.contains(0x5C) else {
      throw HeaderProblem("it keeps weights in a file outside the model's directory")
    }
  }

  private mutating func dimension(until end: Int64) throws(HeaderProblem) -> Int64 {
    guard let size = Int64(exactly: try varint(until: end)) else { throw HeaderProblem("a tensor has a negative size") }
    return size
  }

  /// A field's number and wire type.
  private mutating func key(until end: Int64) throws(HeaderProblem) -> (field: UInt64, wire: UInt64) {
    fields += 1
    guard fields <= ONNXHeader.fieldLimit else { throw HeaderProblem("it has too many fields") }
    let key = try varint(until: end)
    guard key >> 3 > 0 else { throw HeaderProblem("a field has number 0 at byte \(input.position)") }
    return (key >> 3, key & 7)
  }

  private func varint(until end: Int64) throws(HeaderProblem) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard input.position < end else { throw HeaderProblem("a message ends inside a number at byte \(end)") }
      let byte = try input.byte()
      if shift == 63, byte > 1 { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw HeaderProblem("a number has more than 64 bits at byte \(input.position)")
  }

  /// Where a message of the length that stands here ends.
  private func length(until end: Int64) throws(HeaderProblem) -> Int64 {
    let length = try varint(until: end)
    guard let size = Int64(exactly: length), size <= end - input.position else {
      throw HeaderProblem("a field of \(length) bytes is longer than what holds it, at byte \(input.position)")
    }
    return input.position + size
  }

  private func skip(_ wire: UInt64, until end: Int64) throws(HeaderProblem) {
    let size: Int64
    switch wire {
    case 0:
      _ = try varint(until: end)
      return
    case 1: size = 8
    case 2: size = try length(until: end) - input.position
    case 5: size = 4
    default: throw HeaderProblem("wire type \(wire) is not known at byte \(input.position)")
    }
    guard size <= end - input.position else { throw HeaderProblem("a message ends inside a field at byte \(end)") }
    try input.skip(size)
  }

  /// `TensorProto.DataType`.
  private static let types: [UInt64: String] = [
    1: "FLOAT", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64", 8: "STRING", 9: "BOOL",
    10: "FLOAT16", 11: "DOUBLE", 12: "UINT32", 13: "UINT64", 14: "COMPLEX64", 15: "COMPLEX128", 16: "BFLOAT16",
    17: "FLOAT8E4M3FN", 18: "FLOAT8E4M3FNUZ", 19: "FLOAT8E5M2", 20: "FLOAT8E5M2FNUZ", 21: "UINT4", 22: "INT4",
    23: "FLOAT4E2M1",
  ]
}
