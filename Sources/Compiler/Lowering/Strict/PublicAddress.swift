internal import Manifest

/// A web address that people outside the author's network can open.
enum PublicAddress {
  /// What is wrong with an address whose form is right; nil when it can be public.
  static func problem(in text: String) -> TextProblem? {
    let bytes = Array(text.utf8)
    for offset in bytes.indices where bytes[offset] == UInt8(ascii: "%") {
      let digits = bytes.dropFirst(offset + 1).prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
        return TextProblem(
          "expected two hexadecimal digits after `%`", at: offset..<min(offset + 3, bytes.count),
          note: "a `%` itself is written `%25`")
      }
    }
    guard let scheme = text.firstRange(of: "://") else { return nil }
    let start = text[..<scheme.upperBound].utf8.count
    let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.prefix { $0 != ":" }.lowercased()
    let range = start..<start + host.utf8.count
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard let last = labels.last, !authority.hasPrefix("["), !last.allSatisfy(\.isNumber) else {
      return TextProblem(
        "an address by number has no owner that can be checked", at: start..<start + authority.utf8.count,
        note: "name the host")
    }
    guard labels.count > 1, !privateDomains.contains(String(last)) else {
      return TextProblem("this host exists in one network only", at: range)
    }
    guard !reservedDomains.contains(String(last)),
      !reservedNames.contains(where: { host == $0 || host.hasSuffix(".\($0)") })
    else {
      return TextProblem("this name is reserved for examples", at: range, note: "RFC 2606: nothing is ever there")
    }
    return nil
  }

  /// RFC 6761, RFC 6762, RFC 8375 and what ICANN reserved for private use in 2024.
  private static let privateDomains: Set<String> = ["local", "localhost", "internal", "lan", "home", "arpa"]
  /// RFC 2606, section 2.
  private static let reservedDomains: Set<String> = ["test", "example", "invalid"]
  /// RFC 2606, section 3.
  private static let reservedNames = ["example.com", "example.net", "example.org"]
}
