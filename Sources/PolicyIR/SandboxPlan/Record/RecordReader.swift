/// Why bytes are not a record: damaged, of another version, or cut off. Whoever reads a record has another way.
package struct RecordError: Error, Hashable, Sendable {
  /// Where reading stopped, in bytes.
  package let offset: Int
}

/// Reads what `RecordWriter` wrote, in the same order. Every length is compared with what is left before it is used,
/// so that damaged bytes cost no more memory than they are long.
package struct RecordReader {
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// - Parameter start: where the record begins in `bytes`.
  package init(_ bytes: [UInt8], from start: Int = 0) {
    self.bytes = bytes
    end = bytes.count
    position = min(max(start, 0), end)
  }

  package var error: RecordError { RecordError(offset: position) }

  /// Nothing may follow a record.
  package func finish() throws(RecordError) {
    guard position == end else { throw error }
  }

  package mutating func byte() throws(RecordError) -> UInt8 {
    guard position < end else { throw error }
    position += 1
    return bytes[position - 1]
  }

  package mutating func number() throws(RecordError) -> UInt64 {
    guard end - position >= 8 else { throw error }
    let value = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
    position += 8
    return UInt64(littleEndian: value)
  }

  package mutating func integer() throws(RecordError) -> Int64 { Int64(bitPattern: try number()) }

  package mutating func flag() throws(RecordError) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw error
    }
  }

  /// The length of what follows; an element has at least one byte.
  package mutating func count() throws(RecordError) -> Int {
    let value = try number()
    guard value <= UInt64(end - position) else { throw error }
    return Int(value)
  }

  package mutating func raw(_ count: Int) throws(RecordError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= end - position else { throw error }
    position += count
    return bytes[position - count..<position]
  }

  package mutating func data() throws(RecordError) -> [UInt8] { Array(try raw(try count())) }

  package mutating func text() throws(RecordError) -> String {
    // A record is checked as a whole before it is read; wrong UTF-8 is repaired and not looked for.
    let count = try count()
    position += count
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe String(decoding: UnsafeBufferPointer(rebasing: buffer[position - count..<position]), as: UTF8.self)
    }
  }

  /// One of the cases of an enumeration, by its place among them.
  package mutating func name<Name: CaseIterable>(_: Name.Type = Name.self) throws(RecordError) -> Name
  where Name.AllCases == [Name] {
    let index = Int(try byte())
    guard index < Name.allCases.count else { throw error }
    return Name.allCases[index]
  }

  package mutating func list<Element>(
    _ read: (inout RecordReader) throws(RecordError) -> Element
  ) throws(RecordError) -> [Element] {
    let count = try count()
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try read(&self)) }
    return elements
  }

  package mutating func texts() throws(RecordError) -> [String] {
    try list { reader throws(RecordError) in try reader.text() }
  }

  package mutating func optional<Value>(
    _ read: (inout RecordReader) throws(RecordError) -> Value
  ) throws(RecordError) -> Value? {
    try flag() ? try read(&self) : nil
  }
}
