/// The keys of a mapping, in the order of the table, found by name.
package struct Record: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
  private let fields: [Field]
  private let positions: [String: Int]
  /// Positions of the fields that must be there.
  let required: [Int]

  package init(_ fields: [Field]) {
    self.fields = fields
    positions = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    required = fields.indices.filter { fields[$0].isRequired }
  }

  package init(arrayLiteral fields: Field...) { self.init(fields) }

  package var startIndex: Int { 0 }
  package var endIndex: Int { fields.count }
  package subscript(position: Int) -> Field { fields[position] }

  func position(of name: String) -> Int? { positions[name] }

  func shape(at position: Int) -> Shape { fields[position].shape }
  func effect(at position: Int) -> Field.Effect { fields[position].effect }
}
