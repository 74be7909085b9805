// Patterns as text: paths from the left with `/`, host names from the right with `.`.

package import Structures

/// A set of places in the policy's file tree as text: `app-data/notes.db` is one place, `app-data/**` a place with
/// everything below it, `app-data/*/**` everything below without the place itself, `*` exactly one component.
enum PathText {
  static func write(_ components: [PatternComponent], _ extent: PatternExtent) -> String {
    var parts = components.map { component in
      switch component {
      case .literal(let text): label(text)
      case .anyLabel: "*"
      }
    }
    switch extent {
    case .exactly: return parts.isEmpty ? "/" : parts.joined(separator: "/")
    case .atAndBelow: parts.append("**")
    case .below: parts += ["*", "**"]
    }
    return parts.joined(separator: "/")
  }

  /// A path without wildcards.
  static func write(_ path: PolicyPath) -> String { write(path.components.map { .literal($0) }, .exactly) }

  private static func label(_ text: String) -> String {
    Quoting.write(text, special: "/", isReserved: text == "*" || text == "**" || text == "." || text == "..")
  }

  static func read(_ text: Substring) -> ([PatternComponent], PatternExtent)? {
    if text == "/" { return ([], .exactly) }
    guard var pieces = Quoting.split(text, at: "/") else { return nil }
    var extent = PatternExtent.exactly
    if pieces.last == Quoting.Piece(text: "**", isBare: true) {
      pieces.removeLast()
      extent = .atAndBelow
      if pieces.last == Quoting.Piece(text: "*", isBare: true) {
        pieces.removeLast()
        extent = .below
      }
    }
    var components: [PatternComponent] = []
    for piece in pieces {
      switch (piece.text, piece.isBare) {
      case ("*", true): components.append(.anyLabel)
      case ("**", true), ("", true), (".", true), ("..", true): return nil
      default: components.append(.literal(piece.text))
      }
    }
    return (components, extent)
  }
}

/// A set of host names as text: `api.example.com` is one name, `*.example.com` every name below, `*` every name, `?`
/// exactly one label, `.` the root of the name space.
enum HostText {
  /// - Parameter extent: `.exactly` or `.below`.
  static func write(_ components: [PatternComponent], _ extent: PatternExtent) -> String {
    let name = components.reversed().map { component in
      switch component {
      case .literal(let text): isPlain(text) ? text : Quoting.quoted(text)
      case .anyLabel: "?"
      }
    }.joined(separator: ".")
    if extent == .exactly { return name.isEmpty ? "." : name }
    return name.isEmpty ? "*" : "*.\(name)"
  }

  private static func isPlain(_ label: String) -> Bool {
    !label.isEmpty
      && label.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  static func read(_ text: Substring) -> ([PatternComponent], PatternExtent)? {
    if text == "." { return ([], .exactly) }
    guard var pieces = Quoting.split(text, at: ".") else { return nil }
    var extent = PatternExtent.exactly
    if pieces.first == Quoting.Piece(text: "*", isBare: true) {
      pieces.removeFirst()
      extent = .below
    }
    var components: [PatternComponent] = []
    for piece in pieces.reversed() {
      if piece == Quoting.Piece(text: "?", isBare: true) {
        components.append(.anyLabel)
      } else {
        guard !piece.isBare || isPlain(piece.text) else { return nil }
        components.append(.literal(piece.text))
      }
    }
    return (components, extent)
  }
}

extension ReducedTree {
  /// The lines with each that reaches from a place downward taken apart, for host names, which have no word for it.
  package var linesBelowOrExact: [Line] {
    lines.flatMap { line in
      line.extent == .atAndBelow
        ? [Line(line.components, .exactly, line.value), Line(line.components, .below, line.value)] : [line]
    }
  }
}
