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
