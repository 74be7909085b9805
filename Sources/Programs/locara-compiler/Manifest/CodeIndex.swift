/// Every code that this program can say, from the tables of `spec/diagnostics.md`.
enum CodeIndex {
  struct Entry: Sendable {
    var code: String
    /// The module that reports it.
    var module: String
    var meaning: String
    /// The exit status, as the table has it.
    var exit: String
  }

  static let all: [Entry] = {
    String(decoding: PackageResources.diagnostics_md, as: UTF8.self).split(separator: "\n").compactMap { line in
      // A `|` in a cell is written `\|`.
      let cells = line.split(separator: "|").map { $0.trimming(" ") }
      guard cells.count == 4, isCode(cells[0]) else { return nil }
      return Entry(code: cells[0], module: cells[1].filter { $0 != "`" }, meaning: cells[2], exit: cells[3])
    }
  }()

  /// The page of a code that has none of its own.
  static func page(of code: String) -> String? {
    guard let entry = all.first(where: { $0.code == code.uppercased() }) else { return nil }
    let family = families[String(entry.code.prefix(2))] ?? ""
    let status =
      entry.exit == "0"
      ? "It is a warning: the exit status is 0."
      : entry.code.hasPrefix("LR")
        ? "`locara run` ends with 125 because of it, any other command with 1."
        : "The exit status is \(entry.exit), and 125 when `locara run` meets it."
    return """
      \(entry.code): \(entry.meaning)

      \(family)
      \(status)

      """
  }

  private static func isCode(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 5 && bytes[0] == UInt8(ascii: "L") && bytes.dropFirst(2).allSatisfy { (48...57).contains($0) }
  }

  /// What is to be known of all codes that begin so.
  private static let families = [
    "LB": """
    It is about a bundle (`.locapp`), its signature or the store of unpacked bundles. The message names the file and \
    the entry in it. A bundle is refused as a whole: nothing of it was unpacked or run. Build it again, or get it again \
    from where it came from; `locara inspect BUNDLE` shows what can still be read.
    """,
    "LC": """
    It is about a system-call filter or a profile of one. The message names the place in the profile, or the call. \
    Filters are proven before they are used, and one that cannot be proven is never installed; \
    `locara seccomp --help` lists what can be read and written.
    """,
    "LE": """
    It is about the app's connections to other machines, which go through a process of locara that holds the policy. \
    What that process cannot do is denied. `locara explain capabilities.net` says what a manifest can grant.
    """,
    "LK": """
    It is about `locara.lock.json` or the files of a model. The message names the model and the file. \
    `locara lock` writes the lock anew from the files that are there, and never fetches any by itself; \
    `locara model import` puts files into the model store by their hashes.
    """,
    "LM": "It is about the manifest; the message underlines the place.",
    "LP": """
    It is about policies: their comparison, a review in git, or a consent. The message names the side that it is about. \
    `locara diff --help` says what can be compared.
    """,
    "LR": """
    It is about running an app. The runner prepares everything before the app's first instruction, and what it cannot \
    prepare it refuses: nothing of the app has run. The message names the step and what the kernel said; `locara doctor` says \
    which of the kernel's features are missing here.
    """,
    "LS": """
    It is about a schema or a database. Codes below LS100 are about the SQL of a schema and underline the place; the others \
    are about a database, which is as it was before the command: a change is made whole or not at all. \
    `locara db --help` lists what can be done with one.
    """,
    "LX": """
    It is about a file or a system call. The message names the step, the path and the system's reason; nothing was left \
    half-written. Mend the reason and run the same command again.
    """,
    "LY": "It is about the YAML of a file, whatever it says; the message underlines the place.",
  ]
}

extension Substring {
  fileprivate func trimming(_ character: Character) -> String {
    var text = self
    while text.first == character { text.removeFirst() }
    while text.last == character { text.removeLast() }
    return String(text)
  }
}
