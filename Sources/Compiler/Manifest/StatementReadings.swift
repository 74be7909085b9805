internal import Diagnostics

/// The statements of a manifest's tests as they were read for the check, so that each is read once.
struct StatementReadings {
  /// By where they begin.
  private var statements: [Manifest.Statement] = []
  /// Those that an alias names, which are written before what was read already.
  private var earlier: [Int: Manifest.Statement] = [:]

  mutating func add(_ statement: Manifest.Statement) {
    let start = statement.span.start
    if statements.isEmpty { statements.reserveCapacity(16) }
    if start > statements.last?.span.start ?? -1 {
      statements.append(statement)
    } else {
      earlier[start] = statement
    }
  }

  /// The statement that begins at a place; nil when what is there is none.
  subscript(start: Int) -> Manifest.Statement? {
    var (low, high) = (0, statements.count)
    while low < high {
      let middle = (low + high) / 2
      let found = statements[middle].span.start
      if found == start { return statements[middle] }
      if found < start { low = middle + 1 } else { high = middle }
    }
    return earlier[start]
  }
}
