internal import Glibc
package import SystemIO

/// Makes `git diff` and `git log -p` show the policy under a manifest. Only the clone's own settings are changed, never
/// a file of the work tree.
package enum GitSetup {
  private static let attribute = "locara.yaml diff=locara"

  /// - Parameter program: how git is to start this program.
  /// - Returns: what was set, one line each.
  package static func install(in directory: String, program: String) throws(Failure) -> [String] {
    let repository = try GitRepository(containing: directory)
    let settings = [
      ("diff.locara.textconv", "\(quoted(program)) git textconv"),
      // The heading of a hunk: the section of the text form or the key of the manifest that it is in.
      ("diff.locara.xfuncname", "^(policy .*|[a-z-]+:.*)$"),
    ]
    for (name, value) in settings {
      let outcome = try repository.git("config", "--local", name, value)
      guard outcome.status == 0 else { throw repository.failure("set \(name)", outcome) }
    }
    let outcome = try repository.git("rev-parse", "--path-format=absolute", "--git-path", "info/attributes")
    guard outcome.status == 0 else { throw repository.failure("find its attributes", outcome) }
    let path = String(decoding: outcome.output.filter { $0 != 0x0A }, as: UTF8.self)
    var text = Files.exists(path) ? String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self) : ""
    if !text.split(separator: "\n").contains(Substring(attribute)) {
      if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
      try Directories.create(Files.parent(of: path))
      try Files.replace(path, with: Array((text + attribute + "\n").utf8))
    }
    return settings.map { "\($0.0) = \($0.1)" } + ["\(path): \(attribute)"]
  }

  /// A word for the shell that git gives the command to.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/._-+".utf8.contains(byte)
      }
    }
    return isPlain
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
