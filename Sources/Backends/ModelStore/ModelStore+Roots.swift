internal import Digests
internal import Glibc
package import SystemIO

// What is kept: the models of the lock files that were fetched for.

extension ModelStore {
  /// Keeps the models of a lock file for as long as the file is there.
  ///
  /// - Parameter path: absolute.
  package func addRoot(_ path: String) throws(Failure) {
    let name = "\(root)/roots/\(Digest.of(Array(path.utf8)).hexadecimal)"
    if Files.exists(name) { return }
    try Directories.create("\(root)/roots")
    try Files.replace(name, with: Array(path.utf8))
  }

  /// The lock files whose models are kept, sorted. Those that are gone are forgotten.
  package func roots() throws(Failure) -> [String] {
    guard Files.exists("\(root)/roots") else { return [] }
    var paths: [String] = []
    for name in try Directories.names(in: "\(root)/roots") where Digest(hexadecimal: name) != nil {
      let path = String(decoding: try Files.read("\(root)/roots/\(name)", limit: 1 << 16), as: UTF8.self)
      if Files.exists(path) { paths.append(path) } else { try Files.remove("\(root)/roots/\(name)") }
    }
    return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes what crashed and broken downloads left more than a day ago.
  func removeLeftovers() throws(Failure) {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    // No copy takes a day, so nobody is writing it.
    func isOld(_ path: String) -> Bool {
      guard let identity = try? FileIdentity(of: path) else { return false }
      return Int64(now.tv_sec) - identity.changed / 1_000_000_000 > 86_400
    }
    if Files.exists("\(root)/sha256") {
      for prefix in try Directories.names(in: "\(root)/sha256") {
        for name in try Directories.names(in: "\(root)/sha256/\(prefix)") where name.hasPrefix(".locara-") {
          let path = "\(root)/sha256/\(prefix)/\(name)"
          if isOld(path) { try Files.remove(path) }
        }
      }
    }
    guard Files.exists("\(root)/partial") else { return }
    for name in try Directories.names(in: "\(root)/partial") where isOld("\(root)/partial/\(name)") {
      let path = "\(root)/partial/\(name)"
      let key = name.prefix { $0 != "." }
      // One that is being gone on with is locked.
      guard try FileLock.ifFree("\(root)/partial/\(key).lock") != nil else { continue }
      try Files.remove(path)
    }
  }
}
