package import Digests
internal import Glibc
package import SystemIO

/// A payload that is ready to be written: checked, ordered, with every size known, so that the archive's size is too.
package struct PayloadPlan: Sendable {
  /// In the order of the archive.
  package let entries: [PayloadEntry]
  private let contents: [PayloadItem.Content]
  /// Bytes of the archive.
  package let archiveSize: Int64

  /// - Parameter items: in any order; missing parent directories are added; one directory may be named repeatedly.
  /// - Throws: LB010 for what a payload cannot hold, LB011 for what is too large.
  package init(_ items: [PayloadItem]) throws(Failure) {
    var byPath: [String: PayloadItem.Content] = [:]
    for item in items {
      if let problem = PayloadPath.problem(item.path) { throw PayloadPlan.refused(problem) }
      if case .symbolicLink(let target) = item.content,
        let problem = PayloadPath.problem(linkAt: item.path, to: target)
      {
        throw PayloadPlan.refused(problem)
      }
      if let earlier = byPath.updateValue(item.content, forKey: item.path),
        earlier != .directory || item.content != .directory
      {
        throw PayloadPlan.refused("\(printable(item.path)) is named twice")
      }
      var parent = PayloadPath.parent(item.path)
      while !parent.isEmpty {
        let path = String(parent)
        if let there = byPath[path] {
          guard there == .directory else {
            throw PayloadPlan.refused("\(printable(path)) is not a directory, and \(printable(item.path)) lies in it")
          }
          break
        }
        byPath[path] = .directory
        parent = PayloadPath.parent(path)
      }
    }
    guard byPath.count <= BundleLimits.entries else {
      throw Failure("LB011", "the payload has \(byPath.count) entries; at most \(BundleLimits.entries) are possible")
    }
    let ordered = byPath.sorted { PayloadPath.precedes($0.key, $1.key) }
    var entries: [PayloadEntry] = []
    entries.reserveCapacity(ordered.count)
    var size: Int64 = 2 * Int64(TarHeader.blockSize)
    for (path, content) in ordered {
      let entry = PayloadEntry(path: path, kind: try PayloadPlan.kind(of: content))
      size += Int64(entry.header.blocks.count) + entry.contentSize + Int64(TarHeader.padding(after: entry.contentSize))
      guard size <= BundleLimits.payload else {
        throw Failure(
          "LB011", "the payload is larger than 8 GiB",
          help: "name weights under `models:`; they stay in the model store and are not copied into bundles")
      }
      entries.append(entry)
    }
    self.entries = entries
    contents = ordered.map(\.value)
    archiveSize = size
  }

  /// Writes the archive.
  ///
  /// - Throws: LB013 when a source file's size is no longer what it was.
  func write(to sink: OutputSink) throws(Failure) {
    for (entry, content) in zip(entries, contents) {
      try sink.put(entry.header.blocks)
      switch content {
      case .directory, .symbolicLink: break
      case .bytes(let bytes, _): try sink.put(bytes)
      case .file(let source, _):
        let descriptor = try FileDescriptor.open(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        try sink.copy(descriptor, size: entry.contentSize, path: source)
      }
      let padding = TarHeader.padding(after: entry.contentSize)
      if padding > 0 { try sink.put([UInt8](repeating: 0, count: padding)) }
    }
    try sink.put(TarHeader.zeroBlock + TarHeader.zeroBlock)
  }

  /// The digest that the archive has, without writing it anywhere.
  package func digest() throws(Failure) -> Digest {
    let sink = OutputSink()
    try write(to: sink)
    return try sink.finish()
  }

  private static func kind(of content: PayloadItem.Content) throws(Failure) -> PayloadEntry.Kind {
    switch content {
    case .directory: return .directory
    case .symbolicLink(let target): return .symbolicLink(target: target)
    case .bytes(let bytes, let executable): return .file(size: Int64(bytes.count), executable: executable)
    case .file(let source, let executable):
      guard case .file(let size, _) = try Directories.kind(of: source) else {
        throw Failure("LB010", "expected a regular file to put into the bundle", path: source)
      }
      return .file(size: size, executable: executable)
    }
  }

  private static func refused(_ problem: String) -> Failure {
    Failure("LB010", "this cannot be put into a bundle: \(problem)", help: "leave it out of `files:`, or change it")
  }
}
