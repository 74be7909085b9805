internal import Diagnostics

/// The statements of a manifest's tests as they were read for the check, so that each is read once.
struct StatementReadings {
  /// In source order, which is the order of the check.
  private var statements: [Manifest.Statement] = []

  mutating func add(_ statement: Manifest.Statement) { statements.append(statement) }

  /// The statement that begins at a place; nil when what is there is none.
  subscript(start: Int) -> Manifest.Statement? {
    var (low, high) = (0, statements.count)
    while low < high {
      let middle = (low + high) / 2
      let found = statements[middle].span.start
      if found == start { return statements[middle] }
      if found < start { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}
