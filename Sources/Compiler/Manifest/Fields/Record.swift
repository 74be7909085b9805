internal import Glibc

/// The keys of a mapping, in the order of the table, found by name.
///
/// A class, like `TextForm`: all threads read the one table, and each copy of a value with many parts would count all of
/// them, in memory that the processors then take from one another.
package final class Record: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
  private let fields: [Field]
  /// The fields' names with their positions, shortest first: comparing a few is faster than hashing.
  private let names: [(place: Range<Int>, position: Int)]
  /// The characters of the names.
  private let text: [UInt8]
  /// For each length, where the names of at least that length begin.
  private let starts: [Int]
  /// The fields that must be there.
  let required: [(name: String, position: Int)]

  package init(_ fields: [Field]) {
    self.fields = fields
    let named = fields.indices.map { (name: fields[$0].name, position: $0) }
    required = named.filter { fields[$0.position].isRequired }
    let sorted = named.sorted { ($0.name.utf8.count, $0.position) < ($1.name.utf8.count, $1.position) }
    var (text, names): ([UInt8], [(place: Range<Int>, position: Int)]) = ([], [])
    for (name, position) in sorted {
      names.append((text.count..<text.count + name.utf8.count, position))
      text += name.utf8
    }
    let longest = names.last?.place.count ?? 0
    starts = (0...longest + 1).map { length in names.count { $0.place.count < length } }
    (self.text, self.names) = (text, names)
  }

  package convenience init(arrayLiteral fields: Field...) { self.init(fields) }

  package var startIndex: Int { 0 }
  package var endIndex: Int { fields.count }
  package subscript(position: Int) -> Field { fields[position] }

  func position(of name: String) -> Int? {
    var name = name
    return name.withUTF8 { unsafe position(of: $0) }
  }

  /// The same for a key as it lies in its document.
  func position(of key: Int, in document: SyntaxBuffer) -> Int? { unsafe position(of: document.bytes(document[key])) }

  private func position(of name: UnsafeBufferPointer<UInt8>) -> Int? {
    guard name.count + 1 < starts.count, let wanted = name.baseAddress else { return nil }
    return unsafe text.withUnsafeBufferPointer { text in
      guard let first = text.baseAddress else { return nil }
      for index in starts[name.count]..<starts[name.count + 1]
      where unsafe memcmp(first + names[index].place.lowerBound, wanted, name.count) == 0 {
        return names[index].position
      }
      return nil
    }
  }

  func name(at position: Int) -> String { fields[position].name }

  func shape(at position: Int) -> Shape { fields[position].shape }
  func effect(at position: Int) -> Field.Effect { fields[position].effect }
}
