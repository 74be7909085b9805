/// Where the keys of a mapping are while it is read. Most mappings are small, and then looking is faster than a table.
struct KeyIndex {
  /// Keys so far, the last one and those that count for nothing included.
  var seen = 0
  private var positions: [String: Int] = [:]
  /// The first key that the table lacks.
  private var next: Int

  /// - Parameter owner: where the mapping is.
  init(below owner: Int) { next = owner + 1 }

  /// The key with the same characters before the last one, which `key` is.
  mutating func position(of key: Int, in buffer: SyntaxBuffer) -> Int? {
    guard seen > 16 else { return buffer.key(like: key, from: next) }
    while next < key {
      let other = buffer[next]
      if other.kind != .dropped { positions[buffer.characters(other)] = next }
      next = buffer.following(next, other)
    }
    return positions[buffer.characters(buffer[key])]
  }
}
