internal import Glibc
package import ModelStore
package import SystemIO

/// Lock files in directories and in git, and their merge.
package enum LockHistory {
  /// - Parameter side: a lock file, a directory that holds one, or a revision of git.
  /// - Throws: LK001 and LK002 for a malformed file, LP002 to LP004 of git, LK012 when the revision has none.
  package static func lock(_ side: String) throws(Failure) -> LockFile {
    if Files.isDirectory(side) { return try LockFile(reading: "\(side)/\(LockFile.name)") }
    if Files.exists(side) { return try LockFile(reading: side) }
    if side.contains("/") && side.hasSuffix(".json") { throw .missing(side) }
    let repository = try GitRepository(containing: ".")
    let commit = try repository.commit(side)
    let outcome = try Program.run(["git", "--no-pager", "cat-file", "blob", "\(commit):./\(LockFile.name)"])
    guard outcome.status == 0 else {
      throw Failure(
        "LK012", "`\(side)` has no lock here", path: LockFile.name, help: "name the file, or another revision")
    }
    return try LockFile(parsing: outcome.output, path: "\(side):\(LockFile.name)")
  }

  /// Merges as git's merge drivers do: the result replaces `ours`.
  ///
  /// Models that only one side changed, or both in the same way, are merged whatever their lines are. What is in
  /// conflict gets git's marks, and only that.
  /// - Returns: ids of models that are in conflict.
  package static func merge(ancestor: String, ours: String, theirs: String) throws(Failure) -> [String] {
    let base = try Files.read(ancestor, limit: LockFile.sizeLimit)
    let merge = LockMerge(
      ancestor: base.isEmpty ? nil : try LockFile(parsing: base, path: ancestor), ours: try LockFile(reading: ours),
      theirs: try LockFile(reading: theirs))
    if merge.conflicts.isEmpty {
      try Files.replace(ours, with: merge.ours)
      return []
    }
    let directory = try Directories.createTemporary(in: Environment.temporaryDirectory)
    defer { try? Directories.removeTree(directory) }
    for (name, bytes) in [("ours", merge.ours), ("ancestor", merge.ancestor), ("theirs", merge.theirs)] {
      try Files.replace("\(directory)/\(name)", with: bytes)
    }
    let outcome = try Program.run([
      "git", "merge-file", "-p", "-L", "ours", "-L", "ancestor", "-L", "theirs", "\(directory)/ours",
      "\(directory)/ancestor", "\(directory)/theirs",
    ])
    // The number of conflicts, or 255 when it failed.
    guard (1..<128).contains(outcome.status) else {
      throw Failure("LP004", "git cannot merge: \(outcome.errors.split(separator: "\n").first ?? "")", path: ours)
    }
    try Files.replace(ours, with: outcome.output)
    return merge.conflicts
  }
}
