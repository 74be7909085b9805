internal import Digests
internal import OCI
internal import SystemIO

/// One entry of an archive that any tool wrote.
struct TarEntry: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case file(size: Int64)
    case directory
    case symbolicLink(target: String)
    case hardLink(target: String)
    /// A device or a pipe, which no root file system of ours has.
    case special
  }

  /// Relative, normalized; empty for the root itself.
  var path: String
  var kind: Kind
  var mode: Int64
}

/// Reads archives as tools write them: ustar, pax and GNU, of which nothing is believed. `BundleFormat` reads our own
/// form, which has no choices; images are made by others.
struct TarStream {
  /// Components of a path.
  private static let depth = 128
  /// Bytes of a path or a link's target.
  private static let longest = 4096

  private let stream: LayerStream
  private var entries = 0
  private let limit: Int

  /// - Parameter limit: entries that are accepted.
  init(_ stream: LayerStream, limit: Int) {
    self.stream = stream
    self.limit = limit
  }

  /// The next entry, whose content must then be read whole with `content`; nil at the end.
  ///
  /// - Throws: LB066 for an archive that is not accepted.
  mutating func next() throws(Failure) -> TarEntry? {
    var longName: [UInt8]?
    var longLink: [UInt8]?
    var records: [String: [UInt8]] = [:]
    while true {
      let block = try stream.read(512)
      // Some tools leave the end out.
      if block.isEmpty || block.allSatisfy({ $0 == 0 }) { return nil }
      guard block.count == 512 else { throw refused("it ends inside a header") }
      try checksum(block)
      let size = try number(block[124..<136], "size")
      switch block[156] {
      case UInt8(ascii: "L"): longName = try text(size)
      case UInt8(ascii: "K"): longLink = try text(size)
      case UInt8(ascii: "x"): records = try self.records(size)
      case UInt8(ascii: "g"):
        let global = try self.records(size)
        guard global.keys.allSatisfy({ $0 != "path" && $0 != "linkpath" && $0 != "size" }) else {
          throw refused("a global header names a path or a size")
        }
      default:
        entries += 1
        guard entries <= limit else { throw refused("it has more than \(limit) entries") }
        return try entry(block, size: size, name: longName, link: longLink, records)
      }
    }
  }

  /// Gives the content of the entry that was read last to `body`, piece by piece.
  func content(_ size: Int64, _ body: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
    var left = size
    while left > 0 {
      let piece = try stream.read(Int(min(left, 256 << 10)))
      guard !piece.isEmpty else { throw refused("it ends inside a file") }
      left -= Int64(piece.count)
      try body(piece)
    }
    let padding = Int((512 - size % 512) % 512)
    guard try stream.read(padding).count == padding else { throw refused("it ends inside a file") }
  }

  // MARK: Headers

  private func entry(
    _ block: [UInt8], size: Int64, name: [UInt8]?, link: [UInt8]?, _ records: [String: [UInt8]]
  ) throws(Failure) -> TarEntry {
    guard !records.keys.contains(where: { $0.hasPrefix("GNU.sparse") }) else { throw refused("a sparse file") }
    var raw = records["path"] ?? name ?? field(block[0..<100])
    if records["path"] == nil, name == nil, block[257..<263].elementsEqual("ustar\0".utf8), block[345] != 0 {
      raw = field(block[345..<500]) + [0x2F] + raw
    }
    let target = records["linkpath"] ?? link ?? field(block[157..<257])
    var size = size
    if let given = records["size"] {
      guard let value = Int64(String(decoding: given, as: UTF8.self)), value >= 0 else {
        throw refused("a size is no number")
      }
      size = value
    }
    let path = try TarStream.normalize(raw, in: self)
    let mode = try number(block[100..<108], "mode")
    let kind: TarEntry.Kind
    switch block[156] {
    case 0 where raw.last == 0x2F: kind = .directory
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = .file(size: size)
    case UInt8(ascii: "1"): kind = .hardLink(target: try TarStream.normalize(target, in: self))
    case UInt8(ascii: "2"):
      guard !target.isEmpty, target.count <= TarStream.longest, !target.contains(0),
        let text = String(validating: target, as: UTF8.self)
      else { throw refused("a link's target is empty, too long or no UTF-8") }
      kind = .symbolicLink(target: text)
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): kind = .special
    case UInt8(ascii: "5"): kind = .directory
    default: throw refused("an entry is of the unknown type \(block[156])")
    }
    if case .file = kind {
    } else if size > 0 {
      // A directory or a link with content: some tools write a size that means nothing, none writes content.
      guard block[156] != UInt8(ascii: "5") || size == 0 else { throw refused("a directory has content") }
    }
    if case .file = kind { guard !path.isEmpty else { throw refused("a file has no name") } }
    return TarEntry(path: path, kind: kind, mode: mode)
  }

  private static func normalize(_ bytes: [UInt8], in archive: TarStream) throws(Failure) -> String {
    guard bytes.count <= longest, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw archive.refused("a path is too long, or no UTF-8")
    }
    let components = text.utf8.split(separator: 0x2F).map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "." }
    guard components.count <= depth, !components.contains(".."), components.allSatisfy({ $0.utf8.count <= 255 }) else {
      throw archive.refused("a path leads out, or is too deep")
    }
    return components.joined(separator: "/")
  }

  private func checksum(_ block: [UInt8]) throws(Failure) {
    var sum: Int64 = 0
    for (index, byte) in block.enumerated() { sum += (148..<156).contains(index) ? 32 : Int64(byte) }
    guard try number(block[148..<156], "checksum") == sum else { throw refused("a header's checksum is wrong") }
  }

  /// Octal digits between spaces and NULs, or GNU's base 256.
  private func number(_ field: ArraySlice<UInt8>, _ what: String) throws(Failure) -> Int64 {
    var value: Int64 = 0
    if let first = field.first, first & 0x80 != 0 {
      guard first == 0x80, field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else {
        throw refused("a header's \(what) is negative or too large")
      }
      for byte in field.suffix(7) { value = value << 8 | Int64(byte) }
      return value
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard digits.count <= 12 else { throw refused("a header's \(what) is too long") }
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else {
        throw refused("a header's \(what) is not octal")
      }
      value = value << 3 | Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private func field(_ bytes: ArraySlice<UInt8>) -> [UInt8] { Array(bytes.prefix { $0 != 0 }) }

  private func text(_ size: Int64) throws(Failure) -> [UInt8] {
    guard size <= Int64(TarStream.longest) + 1 else { throw refused("a long name has \(size) bytes") }
    var bytes: [UInt8] = []
    try content(size) { bytes += $0 }
    return Array(bytes.prefix { $0 != 0 })
  }

  private func records(_ size: Int64) throws(Failure) -> [String: [UInt8]] {
    guard size <= 1 << 20 else { throw refused("an extended header has \(size) bytes") }
    var bytes: [UInt8] = []
    try content(size) { bytes += $0 }
    var records: [String: [UInt8]] = [:]
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let record = PaxRecord(takenFrom: &rest) else {
        throw refused("an extended header has a malformed record")
      }
      records[record.key] = Array(record.value)
    }
    return records
  }

  func refused(_ problem: String) -> Failure {
    Failure("LB066", "the archive is refused: \(problem)", path: stream.path, help: "get the image again")
  }
}
