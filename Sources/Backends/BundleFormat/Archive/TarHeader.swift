internal import SystemIO

/// One entry's header in a tar archive: POSIX.1-2024 `pax`, "ustar Interchange Format".
///
/// There is exactly one encoding of a header. Time, owner and device numbers are zero and the mode follows from the
/// kind, so that the archive says nothing of the machine that it was made on. A reader decodes, encodes again and
/// compares; whatever differs is refused.
struct TarHeader: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case file(executable: Bool)
    case directory
    case symbolicLink(target: String)
    /// Records for the header that follows: a path or a link's target that does not fit in it.
    case extended
  }

  static let blockSize = 512
  static let zeroBlock = [UInt8](repeating: 0, count: blockSize)
  /// The name of every extended header; what it is for stands in its records.
  static let extendedName = "pax-header"
  /// What stands in a header's name or link field when an extended header holds the real one.
  static let placeholder = "see-pax-header"

  var path: String
  var kind: Kind
  /// Bytes of content: 0 unless this is a file or an extended header.
  var size: Int64

  /// The header's block, with the extended header and its block of records before it when the fields are too short.
  var blocks: [UInt8] {
    var records: [UInt8] = []
    var name = storedName
    var link = ""
    if case .symbolicLink(let target) = kind {
      link = target
      if target.utf8.count > 100 {
        records += TarHeader.record("linkpath", target)
        link = TarHeader.placeholder
      }
    }
    if TarHeader.split(name) == nil {
      records += TarHeader.record("path", name)
      name = TarHeader.placeholder
    }
    var blocks: [UInt8] = []
    if !records.isEmpty {
      blocks += TarHeader.block(TarHeader.extendedName, link: "", type: "x", mode: 0o644, size: Int64(records.count))
      blocks += records
      blocks += [UInt8](repeating: 0, count: TarHeader.padding(after: Int64(records.count)))
    }
    return blocks + TarHeader.block(name, link: link, type: type, mode: mode, size: size)
  }

  /// Bytes of zeros after content of `size` bytes.
  static func padding(after size: Int64) -> Int { Int((512 - size % 512) % 512) }

  /// A directory's name ends in a slash, as every tar writes it.
  var storedName: String { kind == .directory ? path + "/" : path }

  private var mode: Int64 {
    switch kind {
    case .file(let executable): executable ? 0o755 : 0o644
    case .directory: 0o755
    case .symbolicLink: 0o777
    case .extended: 0o644
    }
  }

  private var type: Character {
    switch kind {
    case .file: "0"
    case .directory: "5"
    case .symbolicLink: "2"
    case .extended: "x"
    }
  }

  /// The name and the prefix that `path` is stored as; nil when no slash divides it so that both fit.
  private static func split(_ path: String) -> (name: [UInt8], prefix: [UInt8])? {
    let bytes = Array(path.utf8)
    if bytes.count <= 100 { return (bytes, []) }
    // The last slash that leaves a prefix of at most 155 bytes; the slash itself is not stored.
    guard let slash = bytes.dropLast().prefix(156).lastIndex(of: UInt8(ascii: "/")),
      slash > 0, bytes.count - slash - 1 <= 100
    else { return nil }
    return (Array(bytes[(slash + 1)...]), Array(bytes[..<slash]))
  }

  /// A record of an extended header: its own length in decimal, a space, `key=value`, a newline.
  private static func record(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count + 1
    while String(length).utf8.count + rest.utf8.count != length { length += 1 }
    return Array("\(length)\(rest)".utf8)
  }

  private static func block(_ path: String, link: String, type: Character, mode: Int64, size: Int64) -> [UInt8] {
    var block = zeroBlock
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
      for (index, byte) in bytes.enumerated() { block[offset + index] = byte }
    }
    func number(_ value: Int64, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8)
    }
    let (name, prefix) = split(path) ?? (Array(placeholder.utf8), [])
    put(name, at: 0)
    put(number(mode, digits: 7), at: 100)
    put(number(0, digits: 7), at: 108)  // owner
    put(number(0, digits: 7), at: 116)  // group
    put(number(size, digits: 11), at: 124)
    put(number(0, digits: 11), at: 136)  // time
    put(repeatElement(UInt8(ascii: " "), count: 8), at: 148)
    put(String(type).utf8, at: 156)
    put(link.utf8, at: 157)
    put("ustar\u{0}00".utf8, at: 257)
    put(number(0, digits: 7), at: 329)  // device numbers
    put(number(0, digits: 7), at: 337)
    put(prefix, at: 345)
    let sum = block.reduce(0) { $0 + Int64($1) }
    put(number(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
    return block
  }
}
