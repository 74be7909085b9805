/// Why a header is not what its format says; one clause.
package struct HeaderProblem: Error, Hashable, Sendable {
  package var text: String
  package init(_ text: String) { self.text = text }
}

/// A file that is read from its start, little by little, with the numbers little-endian; nothing is read that was not
/// asked for, and memory does not depend on what the file claims.
final class HeaderInput {
  let size: Int64
  private(set) var position: Int64 = 0
  private let source: (Int64, Int) throws(HeaderProblem) -> [UInt8]
  private var buffer: [UInt8] = []
  private var bufferStart: Int64 = 0

  /// - Parameter source: gives up to so many bytes from an offset, and none only when it cannot.
  init(size: Int64, source: @escaping (Int64, Int) throws(HeaderProblem) -> [UInt8]) {
    self.size = size
    self.source = source
  }

  var remaining: Int64 { size - position }

  /// The next `count` bytes. The caller bounds `count`.
  func read(_ count: Int) throws(HeaderProblem) -> [UInt8] {
    guard count >= 0, Int64(count) <= remaining else { throw ended }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      if position < bufferStart || position >= bufferStart + Int64(buffer.count) { try fill() }
      let start = Int(position - bufferStart)
      let piece = buffer[start..<min(buffer.count, start + count - bytes.count)]
      bytes.append(contentsOf: piece)
      position += Int64(piece.count)
    }
    return bytes
  }

  func skip(_ count: Int64) throws(HeaderProblem) {
    guard count >= 0, count <= remaining else { throw ended }
    position += count
  }

  /// Goes back to the start.
  func rewind() { position = 0 }

  func byte() throws(HeaderProblem) -> UInt8 {
    let offset = position - bufferStart
    if offset >= 0, offset < Int64(buffer.count) {
      position += 1
      return buffer[Int(offset)]
    }
    return try read(1)[0]
  }

  func unsigned32() throws(HeaderProblem) -> UInt32 {
    try read(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  func unsigned64() throws(HeaderProblem) -> UInt64 {
    try read(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A count or a length that fits in the file, since each of the things counted takes at least a byte.
  func count() throws(HeaderProblem) -> Int64 {
    guard let value = Int64(exactly: try unsigned64()), value <= remaining else {
      throw HeaderProblem("a length at byte \(position - 8) is larger than the file")
    }
    return value
  }

  private var ended: HeaderProblem { HeaderProblem("the file ends inside its header, at byte \(size)") }

  private func fill() throws(HeaderProblem) {
    let bytes = try source(position, Int(min(64 << 10, remaining)))
    guard !bytes.isEmpty else { throw ended }
    buffer = bytes
    bufferStart = position
  }
}

/// The product of a tensor's dimensions; nil when it does not fit.
func elements(of shape: [Int64]) -> Int64? {
  var product: Int64 = 1
  for dimension in shape {
    let (value, overflow) = product.multipliedReportingOverflow(by: dimension)
    if overflow || dimension < 0 { return nil }
    product = value
  }
  return product
}

/// Counts elements by the type that they have.
struct TypeTally {
  private var counts: [String: Int64] = [:]
  private(set) var total: Int64 = 0

  mutating func add(_ count: Int64, type: String) throws(HeaderProblem) {
    let (sum, overflow) = total.addingReportingOverflow(count)
    guard !overflow else { throw HeaderProblem("the number of weights does not fit in 64 bits") }
    total = sum
    counts[type, default: 0] += count
  }

  /// The type that most elements have, the first by name among equals; nil without elements.
  var dominant: String? {
    counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }
}
