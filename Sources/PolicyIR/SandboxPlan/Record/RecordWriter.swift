// INVARIANT of records: they are this program's own notes to itself, on the machine that wrote them. They save the time
// of reading the canonical documents again, and say nothing that those do not: whatever is wrong with a record, the
// documents are read instead. Their form changes with any version; nothing else may depend on it.

/// Writes values one after another: numbers in eight bytes, least significant first; lengths before what they count.
package struct RecordWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func write(byte: UInt8) { bytes.append(byte) }

  package mutating func write(number: UInt64) {
    for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
  }

  package mutating func write(integer: Int64) { write(number: UInt64(bitPattern: integer)) }

  package mutating func write(flag: Bool) { bytes.append(flag ? 1 : 0) }

  /// Bytes whose number the reader knows.
  package mutating func write(raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

  package mutating func write(data: [UInt8]) {
    write(number: UInt64(data.count))
    bytes.append(contentsOf: data)
  }

  package mutating func write(text: String) {
    write(number: UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// A case of an enumeration of at most 256.
  package mutating func write<Name: CaseIterable & Equatable>(name: Name) where Name.AllCases == [Name] {
    bytes.append(UInt8(truncatingIfNeeded: Name.allCases.firstIndex(of: name) ?? 0xFF))
  }

  package mutating func write<Element>(list: [Element], _ write: (inout RecordWriter, Element) -> Void) {
    self.write(number: UInt64(list.count))
    for element in list { write(&self, element) }
  }

  package mutating func write(texts: [String]) {
    write(list: texts) { writer, text in writer.write(text: text) }
  }

  package mutating func write<Value>(optional: Value?, _ write: (inout RecordWriter, Value) -> Void) {
    self.write(flag: optional != nil)
    if let optional { write(&self, optional) }
  }
}
