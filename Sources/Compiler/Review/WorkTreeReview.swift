internal import Glibc
internal import PolicyIR
package import Reports
internal import Structures
package import SystemIO

/// Compares the work tree with a revision.
package enum WorkTreeReview {
  /// - Parameters:
  ///   - base: the revision.
  ///   - path: a manifest or a directory that the review is limited to; nil for the whole repository.
  package static func entries(base: String, path: String?) throws(Failure) -> [ChangeReport.Entry] {
    let repository = try GitRepository(containing: path.map(directory) ?? ".")
    let limit = try path.map { path throws(Failure) in try relative(path, repository) } ?? ""
    return try Reviewer.review(
      .tree(try repository.tree(base)), .tree(try repository.workTree()),
      counting: { limit.isEmpty || Label($0) == Label(limit) || ManifestFiles.isBelow($0, limit) })
  }

  private static func directory(_ path: String) -> String { Files.isDirectory(path) ? path : Files.parent(of: path) }

  /// A path relative to the repository's root. The path itself may be gone; its directory is there.
  private static func relative(_ path: String, _ repository: GitRepository) throws(Failure) -> String {
    let isDirectory = Files.isDirectory(path)
    let full = try real(directory(path)) + (isDirectory ? "" : "/" + Files.name(of: path))
    let root = try real(repository.root)
    if full == root { return "" }
    guard full.utf8.starts(with: (root + "/").utf8) else {
      throw Failure("LP005", "it is not in the repository \(root)", path: path)
    }
    return String(decoding: full.utf8.dropFirst(root.utf8.count + 1), as: UTF8.self)
  }

  private static func real(_ path: String) throws(Failure) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw .system("resolve", path: path, errno: errno) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
