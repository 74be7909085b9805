/// Writes tar headers as somebody hostile would: any field may hold anything. Shares nothing with the code under test.
package struct RawEntry {
  package var name: [UInt8]
  package var mode = "0000644\0"
  package var owner = "0000000\0"
  package var group = "0000000\0"
  package var size: [UInt8]?
  package var time = "00000000000\0"
  package var type: UInt8 = UInt8(ascii: "0")
  package var link: [UInt8] = []
  package var magic = "ustar\u{0}00"
  package var user = ""
  package var groupName = ""
  package var major = "0000000\0"
  package var minor = "0000000\0"
  package var prefix: [UInt8] = []
  package var tail: [UInt8] = []
  package var checksum: String?
  package var content: [UInt8] = []
  /// Fills the last block of the content.
  package var filler: UInt8 = 0

  package init(
    name: [UInt8], mode: String = "0000644\0", type: UInt8 = UInt8(ascii: "0"), link: [UInt8] = [],
    content: [UInt8] = []
  ) {
    self.name = name
    self.mode = mode
    self.type = type
    self.link = link
    self.content = content
  }

  package static func file(_ name: String, _ content: [UInt8] = []) -> RawEntry {
    RawEntry(name: Array(name.utf8), content: content)
  }

  package static func directory(_ name: String) -> RawEntry {
    RawEntry(name: Array("\(name)/".utf8), mode: "0000755\0", type: UInt8(ascii: "5"))
  }

  package static func link(_ name: String, to target: String) -> RawEntry {
    RawEntry(name: Array(name.utf8), mode: "0000777\0", type: UInt8(ascii: "2"), link: Array(target.utf8))
  }

  package static func of(type: Character, _ name: String = "x", link: String = "") -> RawEntry {
    RawEntry(name: Array(name.utf8), type: type.asciiValue ?? 0, link: Array(link.utf8))
  }

  /// A pax header with these bytes as its records.
  package static func pax(_ records: [UInt8], name: String = "pax-header") -> RawEntry {
    RawEntry(name: Array(name.utf8), type: UInt8(ascii: "x"), content: records)
  }

  package static func pax(_ pairs: [(String, String)]) -> RawEntry {
    pax(pairs.flatMap { RawEntry.record($0.0, Array($0.1.utf8)) })
  }

  package static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(key)=".utf8) + value + [0x0A]
    var length = rest.count + 1
    while String(length).utf8.count + rest.count != length { length += 1 }
    return Array(String(length).utf8) + rest
  }

  package func with(_ change: (inout RawEntry) -> Void) -> RawEntry {
    var copy = self
    change(&copy)
    return copy
  }

  package var bytes: [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ field: some Sequence<UInt8>, _ offset: Int, _ width: Int) {
      for (index, byte) in field.prefix(width).enumerated() { block[offset + index] = byte }
    }
    put(name, 0, 100)
    put(mode.utf8, 100, 8)
    put(owner.utf8, 108, 8)
    put(group.utf8, 116, 8)
    put(size ?? Array(octal(content.count, 11).utf8) + [0], 124, 12)
    put(time.utf8, 136, 12)
    put([UInt8](repeating: 0x20, count: 8), 148, 8)
    put([type], 156, 1)
    put(link, 157, 100)
    put(magic.utf8, 257, 8)
    put(user.utf8, 265, 32)
    put(groupName.utf8, 297, 32)
    put(major.utf8, 329, 8)
    put(minor.utf8, 337, 8)
    put(prefix, 345, 155)
    put(tail, 500, 12)
    let sum = block.reduce(0) { $0 + Int($1) }
    put((checksum ?? octal(sum, 6) + "\0 ").utf8, 148, 8)
    let padding = [UInt8](repeating: filler, count: (512 - content.count % 512) % 512)
    return block + content + padding
  }

  private func octal(_ value: Int, _ digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

package let endOfArchive = [UInt8](repeating: 0, count: 1024)

package func archive(_ entries: [RawEntry], end: [UInt8] = endOfArchive) -> [UInt8] { entries.flatMap(\.bytes) + end }
