internal import Text

/// A path below the manifest's directory, or in the bundle, which is the same: `app/main.py`.
package struct BundlePath: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    _ = try PathComponents.relative(text, globs: false)
    self.text = text
  }
}

/// Paths below the manifest's directory: literal components, `*` for exactly one, `**` last for everything below.
package struct BundleGlob: TextValue, Hashable {
  /// `*` for any one component.
  var components: [String]
  /// Ends in `**`.
  var isRecursive: Bool

  package init(parsing text: String) throws(TextProblem) {
    var parts = try PathComponents.relative(text, globs: true)
    isRecursive = parts.last == "**"
    if isRecursive { parts.removeLast() }
    components = parts
  }

  /// Whether the path of a file is one of those meant.
  package func matches(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    guard isRecursive ? parts.count > components.count : parts.count == components.count else { return false }
    return zip(components, parts).allSatisfy { $0 == "*" || $0 == $1 }
  }
}

/// A path of the user (`~/…`) or of the machine (`/…`) in a grant, as a pattern.
package struct GrantPath: TextValue, Hashable {
  package enum Root: Sendable, Hashable { case home, machine }

  package var root: Root
  package var components: [String]
  package var isRecursive: Bool

  package init(parsing text: String) throws(TextProblem) {
    if text.hasPrefix("~/") {
      root = .home
    } else if text.hasPrefix("/") {
      root = .machine
    } else {
      throw TextProblem(
        "expected a path that begins with `~/` or `/`",
        note: "files of the bundle can be read without a grant; the app's own data is `app-data`",
        replacement: text.isEmpty || text.hasPrefix("~") || text.hasPrefix(".") ? nil : "~/" + text)
    }
    let offset = root == .home ? 2 : 1
    var parts = try PathComponents.split(Substring(text.utf8.dropFirst(offset)), offset: offset, globs: true)
    isRecursive = parts.last == "**"
    if isRecursive { parts.removeLast() }
    guard parts.contains(where: { $0 != "*" }) else {
      throw TextProblem(
        root == .home ? "this is everything that the user has" : "this is the whole machine",
        note: "there is no grant for everything: name the directories that the app needs")
    }
    components = parts
  }
}

/// A program that may be started: a path in the bundle, or the name of a program of the runtime.
struct ProgramName: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    if text.hasPrefix("/") {
      throw TextProblem(
        "programs of the runtime are named without a directory", note: "where they are differs between machines",
        replacement: text.split(separator: "/").last.map(String.init))
    }
    _ = try PathComponents.relative(text, globs: false)
    self.text = text
  }
}

/// The name of one file, without a directory.
struct FileName: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    guard !text.contains("/") else { throw TextProblem("a file name without a directory; it lies in `app-data`") }
    _ = try PathComponents.relative(text, globs: false)
    self.text = text
  }
}

enum PathComponents {
  /// A path without wildcards as a part of a text.
  static func check(_ path: some StringProtocol, at offset: Int, of whole: String) throws(TextProblem) {
    do throws(TextProblem) { _ = try relative(String(path), globs: false) } catch {
      throw error.moved(from: path, at: offset, of: whole)
    }
  }

  static func relative(_ text: String, globs: Bool) throws(TextProblem) -> [String] {
    guard !text.isEmpty else { throw TextProblem("it is empty") }
    guard !text.hasPrefix("/"), !text.hasPrefix("~") else {
      throw TextProblem("expected a path relative to the manifest", at: 0..<1)
    }
    let skipped = text.utf8.starts(with: "./".utf8) ? 2 : 0
    return try split(Substring(text.utf8.dropFirst(skipped)), offset: skipped, globs: globs)
  }

  /// - Parameter offset: where `text` begins in what the author wrote.
  static func split(_ text: Substring, offset: Int, globs: Bool) throws(TextProblem) -> [String] {
    guard text.utf8.count <= 4096 else { throw TextProblem("a path has at most 4096 bytes") }
    var parts = text.words(at: "/")
    if parts.count > 1, parts[parts.count - 1].isEmpty { parts.removeLast() }
    var position = offset
    for index in parts.indices {
      let length = parts[index].utf8.count
      try check(
        parts[index], isLast: index == parts.count - 1, at: position..<position + max(length, 1), globs: globs)
      position += length + 1
    }
    return parts
  }

  private static func check(_ part: String, isLast: Bool, at range: Range<Int>, globs: Bool) throws(TextProblem) {
    guard !part.isEmpty else { throw TextProblem("a component is empty", at: range) }
    guard part != ".." else {
      throw TextProblem(
        "`..` is not allowed", at: range, note: "what a path covers must be seen without looking at a disk")
    }
    guard part != "." else { throw TextProblem("`.` is not allowed", at: range) }
    guard part.utf8.count <= 255 else { throw TextProblem("a component has at most 255 bytes", at: range) }
    var hasWildcard = false
    var offset = 0
    for byte in part.utf8 {
      if byte < 0x20 || byte == 0x7F {
        throw TextProblem("control characters are not allowed", at: range.lowerBound + offset..<range.upperBound)
      }
      if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[") { hasWildcard = true }
      offset += 1
    }
    guard hasWildcard else { return }
    guard globs else {
      throw TextProblem("this names one file, so wildcards are not allowed", at: range)
    }
    if part == "**" {
      guard isLast else {
        throw TextProblem(
          "`**` is allowed only as the last component", at: range, note: "`*` stands for exactly one component")
      }
      return
    }
    guard part == "*" else {
      throw TextProblem(
        "a wildcard is a whole component: `*` or a last `**`", at: range,
        note: "neither Landlock nor a mount can grant files by a part of their name")
    }
  }
}
