internal import Digests
internal import Glibc
package import ModelStore
package import PolicyIR
package import SystemIO

/// Writing a model as `huggingface_hub` keeps it, so that programs that use it find it without a network.
///
///     models--ORG--NAME/blobs/ID                    the bytes; ID is the hub's own: a git SHA-1 or an LFS SHA-256
///     models--ORG--NAME/snapshots/COMMIT/PATH       a relative link to the blob
///     models--ORG--NAME/refs/BRANCH                 the commit, without an end of line
package struct CacheExport {
  private let store: ModelStore
  private let root: String

  /// - Parameter root: what `HF_HUB_CACHE` names.
  package init(store: ModelStore, root: String) {
    self.store = store
    self.root = root
  }

  /// - Parameters:
  ///   - branch: that was locked; nil when the manifest names a commit.
  ///   - sourceIDs: by path.
  /// - Returns: a line a file.
  /// - Throws: LK025 for a model that is not of the hub, or not locked at a commit; LK003, LK005 of the store.
  package func write(_ model: ModelPin, branch: String?, sourceIDs: [String: String]) throws(Failure) -> [String] {
    guard case .hub(let repository, let commit) = SourceReference(model), isCommit(commit) else {
      throw Failure(
        "LK025", "the model `\(model.id)` is not locked at a commit of the hub, so its cache has no place for it",
        help: "only models of `hf:` sources can be exported; run `locara lock` with `--update \(model.id)`")
    }
    try Directories.create(root)
    let tag = "\(root)/CACHEDIR.TAG"
    if !Files.exists(tag) {
      try Files.replace(tag, with: Array("Signature: 8a477f597d28d172789f06886806bc55\n".utf8))
    }
    let place = "\(root)/\(LocalStores.directory(of: repository))"
    var lines: [String] = []
    for file in model.files {
      let bytes = try store.verified(file.digest, size: file.size, label: "\(model.id)/\(file.path)")
      let name = try blobName(file, stated: sourceIDs[file.path], at: bytes)
      let blob = "\(place)/blobs/\(name)"
      if (try? ModelStore.measure(blob)) != ModelStore.Item(digest: file.digest, size: file.size) {
        try Directories.create("\(place)/blobs")
        try store.export(file.digest, size: file.size, to: blob)
      }
      let link = "\(place)/snapshots/\(commit)/\(file.path)"
      try Directories.create(Files.parent(of: link))
      let depth = file.path.split(separator: "/").count + 1
      try relink(link, to: String(repeating: "../", count: depth) + "blobs/\(name)")
      lines.append("\(model.id)/\(file.path)  \(link)")
    }
    if let branch, !branch.split(separator: "/").contains("..") {
      let reference = "\(place)/refs/\(branch)"
      try Directories.create(Files.parent(of: reference))
      try Files.replace(reference, with: Array(commit.utf8))
    }
    return lines
  }

  /// The hub's name of the content. A lock that was made from a directory does not have it: then small files have
  /// git's name, as the hub gives it to files that are not in LFS.
  private func blobName(_ file: ModelPin.File, stated: String?, at path: String) throws(Failure) -> String {
    if let stated, [40, 64].contains(stated.utf8.count), isHexadecimal(stated) { return stated }
    guard file.size <= 10 << 20 else { return file.digest.hexadecimal }
    return GitBlob.name(of: try Files.read(path, limit: 10 << 20))
  }

  private func relink(_ path: String, to target: String) throws(Failure) {
    if case .symbolicLink(target: target)? = try? Directories.kind(of: path) { return }
    let temporary = Files.temporaryName(beside: path)
    guard unsafe symlink(target, temporary) == 0 else { throw .system("link", path: path, errno: errno) }
    do throws(Failure) { try Files.move(temporary, to: path) } catch let failure {
      _ = unsafe unlink(temporary)
      throw failure
    }
  }
}
