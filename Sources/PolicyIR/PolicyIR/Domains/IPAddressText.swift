internal import Glibc

extension IPAddress {
  /// Reads `192.0.2.1` or `2001:db8::1` (inet_pton(3)); nil for anything else.
  package init?(_ text: String) {
    // Names are asked about as well, and most are neither of digits and dots nor have a colon.
    let mayBe = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || $0 &- UInt8(ascii: "0") < 10 }
    guard mayBe || text.utf8.contains(UInt8(ascii: ":")) else { return nil }
    var four = in_addr()
    var six = in6_addr()
    if unsafe inet_pton(AF_INET, text, &four) == 1 {
      self = .v4(unsafe withUnsafeBytes(of: &four) { unsafe Array($0) })
    } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
      self = .v6(unsafe withUnsafeBytes(of: &six) { unsafe Array($0) })
    } else {
      return nil
    }
  }
}

extension IPAddress: CustomStringConvertible {
  /// The form of RFC 5952 for version 6, dotted for version 4.
  package var description: String {
    let family = if case .v4 = self { AF_INET } else { AF_INET6 }
    var text = [UInt8](repeating: 0, count: 64)
    let bytes = self.bytes
    _ = unsafe text.withUnsafeMutableBytes { buffer in
      unsafe bytes.withUnsafeBytes { address in
        unsafe inet_ntop(
          family, address.baseAddress, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), socklen_t(buffer.count))
      }
    }
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }
}
