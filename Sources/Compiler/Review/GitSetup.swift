internal import Glibc
package import SystemIO

/// Makes `git diff` and `git log -p` show the policy under a manifest, and merges lock files model by model. Only the clone's own settings are changed, never
/// a file of the work tree.
package enum GitSetup {
  private static let attributes = ["locara.yaml diff=locara", "locara.lock.json merge=locara-lock"]

  /// - Parameter program: how git is to start this program.
  /// - Returns: what was set, one line each.
  package static func install(in directory: String, program: String) throws(Failure) -> [String] {
    let repository = try GitRepository(containing: directory)
    let settings = [
      ("diff.locara.textconv", "\(quoted(program)) git textconv"),
      // The heading of a hunk: the section of the text form or the key of the manifest that it is in.
      ("diff.locara.xfuncname", "^(policy .*|[a-z-]+:.*)$"),
      ("merge.locara-lock.name", "locara.lock.json, model by model"),
      ("merge.locara-lock.driver", "\(quoted(program)) git merge-lock %O %A %B"),
    ]
    for (name, value) in settings {
      let outcome = try repository.git("config", "--local", name, value)
      guard outcome.status == 0 else { throw repository.failure("set \(name)", outcome) }
    }
    let outcome = try repository.git("rev-parse", "--path-format=absolute", "--git-path", "info/attributes")
    guard outcome.status == 0 else { throw repository.failure("find its attributes", outcome) }
    let path = String(decoding: outcome.output.filter { $0 != 0x0A }, as: UTF8.self)
    var text = Files.exists(path) ? String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self) : ""
    let missing = attributes.filter { !text.split(separator: "\n").contains(Substring($0)) }
    if !missing.isEmpty {
      if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
      try Directories.create(Files.parent(of: path))
      try Files.replace(path, with: Array((text + missing.map { $0 + "\n" }.joined()).utf8))
    }
    return settings.map { "\($0.0) = \($0.1)" } + attributes.map { "\(path): \($0)" }
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
