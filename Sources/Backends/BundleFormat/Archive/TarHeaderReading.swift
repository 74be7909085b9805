internal import OCI

/// Why a block is not a header that this program accepts; one clause, no full stop.
struct TarProblem: Error, Hashable, Sendable {
  var text: String
  init(_ text: String) { self.text = text }
}

/// The fields of one header block as they stand there, before anything is believed.
struct RawTarHeader: Hashable, Sendable {
  let name: [UInt8]
  let size: Int64
  let type: UInt8
  let mode: Int64
  let link: [UInt8]

  /// Decodes a block of 512 bytes.
  ///
  /// What is checked here is what must hold before the size can be used; the rest is found by encoding again.
  init(_ block: [UInt8]) throws(TarProblem) {
    guard block.count == TarHeader.blockSize else { throw TarProblem("the archive ends inside a header") }
    let magic = Array(block[257..<265])
    if magic == Array("ustar  \u{0}".utf8) { throw TarProblem("it is in the GNU format, not in ustar") }
    guard magic == Array("ustar\u{0}00".utf8) else { throw TarProblem("there is no ustar header") }
    var sum: Int64 = 0
    for (index, byte) in block.enumerated() { sum += (148..<156).contains(index) ? 32 : Int64(byte) }
    guard RawTarHeader.octal(block[148..<154]) == sum else { throw TarProblem("a header's checksum is wrong") }
    guard let size = RawTarHeader.octal(block[124..<135]), block[135] == 0 else {
      throw TarProblem("a header's size is not eleven octal digits")
    }
    guard let mode = RawTarHeader.octal(block[100..<107]) else {
      throw TarProblem("a header's mode is not seven octal digits")
    }
    self.size = size
    self.mode = mode
    type = block[156]
    link = RawTarHeader.text(block[157..<257])
    let prefix = RawTarHeader.text(block[345..<500])
    name = prefix.isEmpty ? RawTarHeader.text(block[0..<100]) : prefix + [0x2F] + RawTarHeader.text(block[0..<100])
  }

  /// What an entry type is called, for those that are refused.
  static func describe(type: UInt8) -> String {
    switch type {
    case UInt8(ascii: "1"): "a hard link"
    case UInt8(ascii: "3"): "a character device"
    case UInt8(ascii: "4"): "a block device"
    case UInt8(ascii: "6"): "a named pipe"
    case UInt8(ascii: "7"): "a contiguous file"
    case UInt8(ascii: "g"): "a global extended header"
    case UInt8(ascii: "x"): "an extended header"
    case UInt8(ascii: "L"), UInt8(ascii: "K"): "a GNU long name"
    case UInt8(ascii: "S"): "a GNU sparse file"
    case UInt8(ascii: "M"), UInt8(ascii: "V"), UInt8(ascii: "D"), UInt8(ascii: "N"): "a GNU extension"
    default: "an entry of unknown type \(type)"
    }
  }

  private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

  private static func octal(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
      value = value << 3 | Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }
}

/// The records of a pax extended header, of which only `path` and `linkpath` are accepted.
struct PaxRecords: Hashable, Sendable {
  private(set) var path: String?
  private(set) var linkPath: String?

  init(_ bytes: [UInt8]) throws(TarProblem) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let record = PaxRecord(takenFrom: &rest) else {
        throw TarProblem("an extended header has a malformed record")
      }
      guard let value = String(validating: record.value, as: UTF8.self) else {
        throw TarProblem("an extended header has a value that is not UTF-8")
      }
      switch record.key {
      case "path" where path == nil: path = value
      case "linkpath" where linkPath == nil: linkPath = value
      case "path", "linkpath": throw TarProblem("an extended header repeats \(record.key)")
      default: throw TarProblem("an extended header sets \(printable(record.key)), which only path and linkpath may")
      }
    }
    if path == nil, linkPath == nil { throw TarProblem("an extended header is empty") }
  }
}
