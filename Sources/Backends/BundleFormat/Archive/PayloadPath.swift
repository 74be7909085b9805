/// What a path in a payload may be, and where a link in it may point.
enum PayloadPath {
  /// Why `path` is not accepted: relative, normalized, UTF-8 without control characters, within the bounds. Nil when
  /// it is.
  static func problem(_ path: String) -> String? {
    if path.isEmpty { return "a path is empty" }
    if path.hasPrefix("/") { return "the path \(printable(path)) is absolute" }
    if path.utf8.count > BundleLimits.path { return "a path is longer than \(BundleLimits.path) bytes" }
    if path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      return "the path \(printable(path)) has a control character"
    }
    let components = path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
    if components.count > BundleLimits.depth {
      return "the path \(printable(path)) is deeper than \(BundleLimits.depth) components"
    }
    for component in components {
      if component.isEmpty { return "the path \(printable(path)) has an empty component" }
      if component.elementsEqual(".".utf8) || component.elementsEqual("..".utf8) {
        return "the path \(printable(path)) has a component `.` or `..`"
      }
      if component.count > BundleLimits.component {
        return "the path \(printable(path)) has a component longer than \(BundleLimits.component) bytes"
      }
    }
    return nil
  }

  /// Why a link at `path` may not point to `target`; nil when it may.
  ///
  /// A target is `..` some times, then names. It is followed from a directory that is itself no link, so it can climb
  /// no higher than the payload; and names only descend, through other links too, since those keep the same rule.
  static func problem(linkAt path: String, to target: String) -> String? {
    let shown = "the link \(printable(path)) to \(printable(target))"
    if target.isEmpty { return "the link \(printable(path)) has no target" }
    if target.hasPrefix("/") { return "\(shown) is absolute" }
    if target.utf8.count > BundleLimits.path { return "\(shown) is longer than \(BundleLimits.path) bytes" }
    if target.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "\(shown) has a control character" }
    if target == "." { return nil }
    let components = target.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
    let climbs = components.prefix { $0.elementsEqual("..".utf8) }.count
    if climbs > path.utf8.count(where: { $0 == 0x2F }) { return "\(shown) leads out of the payload" }
    for component in components.dropFirst(climbs) {
      if component.elementsEqual("..".utf8) { return "\(shown) has `..` after a name" }
      if component.isEmpty || component.elementsEqual(".".utf8) { return "\(shown) is not normalized" }
      if component.count > BundleLimits.component { return "\(shown) has a component that is too long" }
    }
    return nil
  }

  /// The order of a payload: a directory right before what is in it, siblings in byte order.
  static func precedes(_ left: String, _ right: String) -> Bool {
    // A slash sorts before every byte that a name can have.
    left.utf8.lazy.map { $0 == 0x2F ? 0 : $0 }.lexicographicallyPrecedes(right.utf8.lazy.map { $0 == 0x2F ? 0 : $0 })
  }

  /// The directory that holds `path`; empty for the payload itself.
  static func parent(_ path: String) -> Substring {
    path.utf8.lastIndex(of: 0x2F).map { path[..<$0] } ?? ""
  }
}
