/// The keys of a mapping, in the order of the table, found by name.
///
/// A class, like `TextForm`: all threads read the one table, and each copy of a value with many parts would count all of
/// them, in memory that the processors then take from one another.
package final class Record: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
  private let fields: [Field]
  /// The fields' names with their positions, shortest first: comparing a few is faster than hashing.
  private let names: [(name: String, position: Int)]
  /// For each length, where the names of at least that length begin.
  private let starts: [Int]
  /// The fields that must be there.
  let required: [(name: String, position: Int)]

  package init(_ fields: [Field]) {
    self.fields = fields
    let names = fields.indices.map { (name: fields[$0].name, position: $0) }
    self.names = names.sorted { ($0.name.utf8.count, $0.position) < ($1.name.utf8.count, $1.position) }
    let longest = self.names.last?.name.utf8.count ?? 0
    starts = (0...longest + 1).map { length in names.count { $0.name.utf8.count < length } }
    required = names.filter { fields[$0.position].isRequired }
  }

  package convenience init(arrayLiteral fields: Field...) { self.init(fields) }

  package var startIndex: Int { 0 }
  package var endIndex: Int { fields.count }
  package subscript(position: Int) -> Field { fields[position] }

  func position(of name: String) -> Int? {
    let length = name.utf8.count
    guard length + 1 < starts.count else { return nil }
    for index in starts[length]..<starts[length + 1] where names[index].name == name { return names[index].position }
    return nil
  }

  func shape(at position: Int) -> Shape { fields[position].shape }
  func effect(at position: Int) -> Field.Effect { fields[position].effect }
}
