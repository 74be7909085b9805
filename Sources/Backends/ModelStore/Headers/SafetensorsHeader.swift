internal import CanonicalJSON

/// The header of a safetensors file: eight bytes of length, then JSON that names every tensor.
///
/// The checks are those of the format's reference implementation: no holes, no overlaps, sizes that follow from shapes,
/// and the last tensor ending where the file ends.
enum SafetensorsHeader {
  /// Bytes of JSON. The format permits 100 MB; a header of a model with 10,000 tensors has about one.
  static let limit: UInt64 = 16 << 20
  private static let limits = JSONLimits(bytes: Int(limit), depth: 4, values: 2_000_000)

  private struct Tensor {
    var name: String
    var type: String
    var shape: [Int64]
    var count: Int64
    var begin: Int64
    var end: Int64
  }

  static func facts(_ input: HeaderInput) throws(HeaderProblem) -> ModelFacts {
    let length = try input.unsigned64()
    guard length <= limit else {
      throw HeaderProblem("it claims \(length) bytes of header, at most \(limit) are accepted")
    }
    guard Int64(length) <= input.remaining else {
      throw HeaderProblem("it claims \(length) bytes of header, and the file has \(input.remaining) more")
    }
    let bytes = try input.read(Int(length))
    guard bytes.first == UInt8(ascii: "{") else { throw HeaderProblem("it does not begin with `{`") }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes, limits: limits) } catch let error {
      throw HeaderProblem("\(error)")
    }
    let members = json.objectValue ?? [:]
    var tensors: [Tensor] = []
    // In an order of their own, so that of several mistakes the same one is always told.
    for (name, value) in members.sorted(by: { $0.key < $1.key }) where name != "__metadata__" {
      tensors.append(try tensor(name, value))
    }
    tensors.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    try check(tensors, dataSize: input.remaining)

    var tally = TypeTally()
    for tensor in tensors { try tally.add(tensor.count, type: tensor.type) }
    var facts = ModelFacts(format: .safetensors, parameters: tally.total, quantization: tally.dominant)
    facts.dimension = dimension(tensors)
    if let metadata = members["__metadata__"] {
      guard let texts = metadata.objectValue, texts.values.allSatisfy({ $0.stringValue != nil }) else {
        throw HeaderProblem("`__metadata__` is not an object of texts")
      }
      facts.architecture = shown(texts["modelspec.architecture"]?.stringValue)
      facts.license = shown(texts["modelspec.license"]?.stringValue)
    }
    return facts
  }

  private static func tensor(_ name: String, _ value: JSON) throws(HeaderProblem) -> Tensor {
    guard let type = value["dtype"]?.stringValue, let bits = bits(of: type) else {
      throw HeaderProblem("a tensor has no data type that is known")
    }
    guard let shape = value["shape"]?.arrayValue?.map({ $0.integerValue ?? -1 }), let count = elements(of: shape) else {
      throw HeaderProblem("a tensor's shape is not a list of sizes whose product fits in 64 bits")
    }
    guard let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2, let begin = offsets[0].integerValue,
      let end = offsets[1].integerValue, 0 <= begin, begin <= end
    else { throw HeaderProblem("a tensor's offsets are not a begin and an end") }
    guard value.objectValue?.count == 3 else { throw HeaderProblem("a tensor has a member that is not known") }
    let (total, overflow) = count.multipliedReportingOverflow(by: bits)
    guard !overflow, total % 8 == 0, total / 8 == end - begin else {
      throw HeaderProblem("a tensor's shape and type do not give its number of bytes")
    }
    return Tensor(name: name, type: type, shape: shape, count: count, begin: begin, end: end)
  }

  private static func check(_ tensors: [Tensor], dataSize: Int64) throws(HeaderProblem) {
    var position: Int64 = 0
    for tensor in tensors {
      guard tensor.begin == position else {
        throw HeaderProblem(tensor.begin < position ? "two tensors overlap" : "there is a hole between tensors")
      }
      position = tensor.end
    }
    guard position == dataSize else {
      throw HeaderProblem("its tensors take \(position) bytes, and \(dataSize) follow the header")
    }
  }

  /// The width of the token embedding, by the names that model families give it.
  private static func dimension(_ tensors: [Tensor]) -> Int64? {
    let names = [
      "word_embeddings.weight", "embed_tokens.weight", "tok_embeddings.weight", "wte.weight", "shared.weight",
    ]
    let widths = Set(
      tensors.filter { tensor in tensor.shape.count == 2 && names.contains { tensor.name.hasSuffix($0) } }.map {
        $0.shape[1]
      })
    return widths.count == 1 ? widths.first : nil
  }

  /// Bits of one element: safetensors `Dtype`.
  private static func bits(of type: String) -> Int64? {
    switch type {
    case "F4": 4
    case "F6_E2M3", "F6_E3M2": 6
    case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0": 8
    case "I16", "U16", "F16", "BF16": 16
    case "I32", "U32", "F32": 32
    case "I64", "U64", "F64", "C64": 64
    default: nil
    }
  }
}

/// A text from a header that is fit to be recorded: short, printable ASCII; nil for others.
func shown(_ text: String?) -> String? {
  guard let text, (1...200).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
    return nil
  }
  return text
}
