package import Digests
internal import SystemIO

/// Files of other tools on this machine that may be the wanted ones: looked up by name, to be hashed before use.
package struct LocalStores: Sendable {
  private let settings: SourceSettings

  package init(_ settings: SourceSettings) { self.settings = settings }

  /// Paths of files that claim to be this one, the likeliest first.
  ///
  /// - Parameter sourceID: a git blob's SHA-1 or an LFS file's SHA-256, under which the hub's cache has it.
  package func candidates(
    for digest: Digest, size: Int64, path: String, source: SourceReference, sourceID: String?
  ) -> [String] {
    var paths = settings.ollamaStores.map { "\($0)/blobs/sha256-\(digest.hexadecimal)" }
    if case .hub(let repository, let revision) = source {
      for cache in settings.hubCaches {
        let place = "\(cache)/\(LocalStores.directory(of: repository))"
        paths.append("\(place)/blobs/\(digest.hexadecimal)")
        if let sourceID, isHexadecimal(sourceID) { paths.append("\(place)/blobs/\(sourceID)") }
        if isCommit(revision), let blob = LocalStores.blob("\(place)/snapshots/\(revision)/\(path)") {
          paths.append(blob)
        }
      }
    }
    return paths.filter { path in
      if case .file(size: size, executable: _)? = try? Directories.kind(of: path) { return true }
      return false
    }
  }

  /// The commit that a branch had when the hub's cache last saw it, and the files of that commit that are there.
  package func snapshot(_ repository: String, revision: String) -> (commit: String, directory: String)? {
    for cache in settings.hubCaches {
      let place = "\(cache)/\(LocalStores.directory(of: repository))"
      var commit = revision
      if !isCommit(revision) {
        guard !revision.split(separator: "/").contains(".."),
          let bytes = try? Files.read("\(place)/refs/\(revision)", limit: 128)
        else { continue }
        commit = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
      }
      if isCommit(commit), Files.isDirectory("\(place)/snapshots/\(commit)") {
        return (commit, "\(place)/snapshots/\(commit)")
      }
    }
    return nil
  }

  /// `models--ORG--NAME`.
  package static func directory(of repository: String) -> String {
    "models--" + repository.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "--")
  }

  /// The file that a snapshot's link leads to, inside the `blobs` of the same repository; nil for any other link.
  private static func blob(_ link: String) -> String? {
    switch try? Directories.kind(of: link) {
    case .file?: return link
    case .symbolicLink(let target)?:
      let name = Files.name(of: target)
      guard target.hasPrefix("../"), isHexadecimal(name), let snapshots = link.firstRange(of: "/snapshots/") else {
        return nil
      }
      return "\(link[..<snapshots.lowerBound])/blobs/\(name)"
    default: return nil
    }
  }
}
