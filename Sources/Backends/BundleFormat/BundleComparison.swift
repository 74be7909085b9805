package import CanonicalJSON
internal import Digests
internal import Glibc
package import SystemIO

/// Where two bundles part first.
package struct BundleDifference: Hashable, Sendable, CustomStringConvertible {
  /// The layer's title, or the path of a file of the payload or of the sources.
  package let place: String
  /// The first byte that differs, from 0; nil when one of the two lacks the file, or it is of another kind.
  package let offset: Int64?
  /// What is different, one clause.
  package let explanation: String

  package var description: String { "\(place): \(explanation)" }
}

extension Bundle {
  /// The first difference, in the order of the layers; nil when the bundles are the same.
  package func firstDifference(from other: Bundle) throws(Failure) -> BundleDifference? {
    if digest == other.digest { return nil }
    if configuration != other.configuration, let difference = try configurationDifference(from: other) {
      return difference
    }
    for kind in LayerKind.all.dropLast() where facts(of: kind)?.digest != other.facts(of: kind)?.digest {
      guard let mine = contents(of: kind), let theirs = other.contents(of: kind) else {
        return BundleDifference(place: kind.title, offset: nil, explanation: "only one of the bundles has it")
      }
      if kind == .sources {
        return try Archive(.sources, of: self).firstDifference(from: Archive(.sources, of: other), prefix: "sources/")
      }
      return Bundle.difference(kind.title, mine, theirs)
    }
    return try Archive(.payload, of: self).firstDifference(from: Archive(.payload, of: other), prefix: "")
  }

  private func configurationDifference(from other: Bundle) throws(Failure) -> BundleDifference? {
    let (mine, theirs) = (configuration, other.configuration)
    let fields = [
      ("publisher", mine.publisher, theirs.publisher), ("name", mine.name, theirs.name),
      ("version", mine.version, theirs.version), ("displayName", mine.displayName, theirs.displayName),
      ("compiler", mine.compiler, theirs.compiler),
    ]
    for (name, left, right) in fields where left != right {
      return BundleDifference(
        place: "config", offset: nil,
        explanation: "`\(name)` is \(printable(left)) in one and \(printable(right)) in the other")
    }
    // The rest follows from the layers.
    return nil
  }

  static func difference(_ place: String, _ left: [UInt8], _ right: [UInt8]) -> BundleDifference {
    let common = zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let offset = common ?? min(left.count, right.count)
    return BundleDifference(
      place: place, offset: Int64(offset),
      explanation: explain(offset, left.dropFirst(offset).prefix(16), right.dropFirst(offset).prefix(16)))
  }

  static func explain(_ offset: Int, _ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> String {
    "byte \(offset) differs: \(Bundle.shown(left)) in one, \(Bundle.shown(right)) in the other"
  }

  private static func shown(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    if bytes.isEmpty { return "the end" }
    if bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) { return "\"\(String(decoding: bytes, as: UTF8.self))\"" }
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}

/// The entries of an archive of a bundle, each with the place of its content.
private struct Archive {
  private let bundle: Bundle
  private let layer: LayerKind
  private let entries: [Item]

  struct Item {
    var entry: PayloadEntry
    /// From the start of the archive.
    var offset: Int64
  }

  init(_ layer: LayerKind, of bundle: Bundle) throws(Failure) {
    self.bundle = bundle
    self.layer = layer
    var list = ItemList()
    try bundle.read(layer, &list)
    entries = list.items
  }

  func firstDifference(from other: Archive, prefix: String) throws(Failure) -> BundleDifference? {
    let theirs = Dictionary(uniqueKeysWithValues: other.entries.map { ($0.entry.path, $0) })
    for mine in entries {
      let place = prefix + mine.entry.path
      guard let counterpart = theirs[mine.entry.path] else {
        return BundleDifference(place: place, offset: nil, explanation: "only one of the bundles has it")
      }
      switch (mine.entry.kind, counterpart.entry.kind) {
      case (.file(let size, let executable), .file(let otherSize, let otherExecutable)):
        if let difference = try content(mine, size, of: other, counterpart, otherSize, place) { return difference }
        if executable != otherExecutable {
          return BundleDifference(place: place, offset: nil, explanation: "it is executable in only one of the bundles")
        }
      case (let left, let right) where left != right:
        return BundleDifference(place: place, offset: nil, explanation: "it is of another kind, or links elsewhere")
      default: break
      }
    }
    let known = Set(entries.map(\.entry.path))
    return other.entries.first { !known.contains($0.entry.path) }.map {
      BundleDifference(place: prefix + $0.entry.path, offset: nil, explanation: "only one of the bundles has it")
    }
  }

  private func content(
    _ mine: Item, _ size: Int64, of other: Archive, _ theirs: Item, _ otherSize: Int64, _ place: String
  ) throws(Failure) -> BundleDifference? {
    let left = try bundle.window(layer, from: mine.offset, length: size)
    let right = try other.bundle.window(other.layer, from: theirs.offset, length: otherSize)
    var position: Int64 = 0
    while true {
      let a = try left(Int(min(1 << 16, size - position)))
      let b = try right(Int(min(1 << 16, otherSize - position)))
      if a != b || a.isEmpty {
        guard a != b else { return nil }
        let at = zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
        return BundleDifference(
          place: place, offset: position + Int64(at),
          explanation: Bundle.explain(Int(position) + at, a.dropFirst(at).prefix(16), b.dropFirst(at).prefix(16)))
      }
      position += Int64(a.count)
    }
  }
}

private struct ItemList: PayloadVisitor {
  var items: [Archive.Item] = []
  /// Where the next content would be, were there no padding: headers and content are counted as they come.
  private var position: Int64 = 0

  mutating func begin(_ entry: PayloadEntry) throws(Failure) {
    position += Int64(entry.header.blocks.count)
    items.append(Archive.Item(entry: entry, offset: position))
    position += entry.contentSize + Int64(TarHeader.padding(after: entry.contentSize))
  }

  mutating func content(_ piece: UnsafeRawBufferPointer) throws(Failure) {}
  mutating func endFile() throws(Failure) {}
}

extension Bundle {
  /// Pieces of an archive's content, one after the other.
  fileprivate func window(
    _ layer: LayerKind, from offset: Int64, length: Int64
  ) throws(Failure) -> (Int) throws(Failure) -> [UInt8] {
    if layer == .payload {
      let window = InputWindow(file, from: head.payloadOffset + offset, length: length, hashing: false)
      return { (count) throws(Failure) in try window.read(count) }
    }
    var rest = (contents(of: layer) ?? [])[...].dropFirst(Int(offset)).prefix(Int(length))
    return { (count) throws(Failure) in
      let piece = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      return piece
    }
  }

  /// Reads an archive of the bundle.
  fileprivate func read(_ layer: LayerKind, _ visitor: inout some PayloadVisitor) throws(Failure) {
    guard layer != .payload else { return try readPayload(&visitor) }
    try withArchiveFile(layer) { (file) throws(Failure) in
      var reader = PayloadReader(InputWindow(file, from: 0, length: file.size, hashing: false))
      try reader.read(&visitor)
    }
  }
}

extension Bundle {
  /// Writes the sources to a new directory at `directory`, read-only, as `extractPayload` does.
  ///
  /// - Throws: LB009 when the archive is refused, LB014 when the bundle has none.
  package func extractSources(to directory: String) throws(Failure) {
    var extractor = try PayloadExtractor(root: directory)
    do throws(Failure) {
      try withArchiveFile(.sources) { (file) throws(Failure) in
        var reader = PayloadReader(InputWindow(file, from: 0, length: file.size, hashing: false))
        try reader.read(&extractor)
      }
      try extractor.finish()
    } catch let failure {
      try? Directories.removeTree(directory)
      throw failure
    }
  }

  /// A layer that is held in memory as a file without a name, for what reads files.
  fileprivate func withArchiveFile(
    _ kind: LayerKind, _ body: (OpenFile) throws(Failure) -> Void
  ) throws(Failure) {
    let path = Files.temporaryName(beside: "\(Environment.temporaryDirectory)/x")
    try Files.replace(path, with: try layer(kind), mode: 0o600)
    let file: OpenFile
    do throws(Failure) { file = try OpenFile(path) } catch let failure {
      try? Files.remove(path)
      throw failure
    }
    try Files.remove(path)
    try body(file)
  }
}

extension BundleDifference {
  /// For scripts.
  package var json: JSON {
    ["place": .string(place), "offset": offset.map { .integer($0) } ?? .null, "explanation": .string(explanation)]
  }
}
