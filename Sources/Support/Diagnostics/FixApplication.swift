/// The bytes after some edits, each of which counts offsets in `bytes`. An edit that overlaps one before it is left out.
package func applying(_ edits: [Fix.Edit], to bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  var position = 0
  for edit in edits.sorted(by: { $0.span < $1.span })
  where edit.span.start >= position && edit.span.start <= edit.span.end && edit.span.end <= bytes.count {
    result.append(contentsOf: bytes[position..<edit.span.start])
    result.append(contentsOf: edit.replacement.utf8)
    position = edit.span.end
  }
  result.append(contentsOf: bytes[position...])
  return result
}

/// The bytes after some fixes, and how many of them could be made: one that overlaps another before it is left out whole.
package func applying(_ fixes: [Fix], to bytes: [UInt8]) -> (bytes: [UInt8], applied: Int) {
  var edits: [Fix.Edit] = []
  var applied = 0
  var end = 0
  func start(_ fix: Fix) -> Int { fix.edits.first?.span.start ?? 0 }
  for fix in fixes.sorted(by: { start($0) < start($1) }) where start(fix) >= end {
    edits += fix.edits
    // What is inserted at one place twice would be one text with two meanings.
    end = fix.edits.map { max($0.span.end, $0.span.start + 1) }.max() ?? end
    applied += 1
  }
  return (applying(edits, to: bytes), applied)
}
