/// One record of an extended header in an archive: `LENGTH KEY=VALUE` and a line feed, where the length in decimal digits
/// counts the whole record (POSIX.1-2017, pax, "pax Extended Header").
package struct PaxRecord: Sendable {
  package let key: String
  /// Any bytes.
  package let value: ArraySlice<UInt8>

  /// Takes the first record off the bytes that are left; nil when it is malformed.
  package init?(takenFrom rest: inout ArraySlice<UInt8>) {
    guard let space = rest.prefix(8).firstIndex(of: 0x20),
      let length = Int(String(decoding: rest[rest.startIndex..<space], as: UTF8.self)), length > 0,
      length <= rest.count, rest[rest.startIndex + length - 1] == 0x0A, space < rest.startIndex + length - 1,
      let equals = rest[space..<(rest.startIndex + length)].firstIndex(of: UInt8(ascii: "="))
    else { return nil }
    key = String(decoding: rest[(space + 1)..<equals], as: UTF8.self)
    value = rest[(equals + 1)..<(rest.startIndex + length - 1)]
    rest = rest.dropFirst(length)
  }
}
