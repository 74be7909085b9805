// INVARIANT: this module is the egress broker: the one process through which an app reaches other machines. It decides by
// the plan alone, trusts neither the app nor a name server, and bounds everything that either makes it keep. Single
// thread, no blocking call but the one wait; no Foundation.

internal import CEgress

/// An Internet address of either version, as numbers.
struct Address: Hashable, Sendable {
  let isVersion6: Bool
  /// The upper 64 bits of version 6, else 0.
  let high: UInt64
  /// The lower 64 bits of version 6, or the 32 of version 4.
  let low: UInt64

  init(version4 value: UInt32) {
    isVersion6 = false
    high = 0
    low = UInt64(value)
  }

  init(version6 high: UInt64, _ low: UInt64) {
    isVersion6 = true
    self.high = high
    self.low = low
  }

  /// - Parameter bytes: 4 or 16 in network order; nil for any other number of them.
  init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    func number(_ part: some Sequence<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    if bytes.count == 4 {
      self.init(version4: UInt32(number(bytes)))
    } else {
      self.init(version6: number(bytes.prefix(8)), number(bytes.dropFirst(8)))
    }
  }

  /// In network order.
  var bytes: [UInt8] {
    func bytes(_ number: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }
    return isVersion6 ? bytes(high, 8) + bytes(low, 8) : bytes(low, 4)
  }

  /// Whether the first `length` bits are those of `prefix`, an address of the same version.
  func isIn(_ prefix: Address, _ length: Int) -> Bool {
    guard isVersion6 == prefix.isVersion6 else { return false }
    func agree(_ left: UInt64, _ right: UInt64, _ bits: Int) -> Bool { bits <= 0 || (left ^ right) >> (64 - bits) == 0 }
    guard isVersion6 else { return agree(low << 32, prefix.low << 32, length) }
    return agree(high, prefix.high, min(length, 64)) && agree(low, prefix.low, length - 64)
  }
}

extension Address: CustomStringConvertible {
  /// Dotted for version 4, the form of RFC 5952 for version 6.
  var description: String {
    let bytes = self.bytes
    guard isVersion6 else { return bytes.map { "\($0)" }.joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
    // The longest run of two or more zero groups, the first of equals, becomes `::`.
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = max(end, start + 1)
    }
    func text(_ part: ArraySlice<Int>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
    return best.isEmpty
      ? text(groups[...]) : "\(text(groups[..<best.lowerBound]))::\(text(groups[best.upperBound...]))"
  }

  /// Reads what `description` writes, and every other form of RFC 4291 without a dotted end.
  init?(_ text: some StringProtocol) {
    if text.utf8.contains(UInt8(ascii: ":")) {
      let halves = text.firstRange(of: "::").map { [text[..<$0.lowerBound], text[$0.upperBound...]] }
      func groups(_ part: some StringProtocol) -> [UInt8]? {
        if part.isEmpty { return [] }
        var bytes: [UInt8] = []
        for group in part.split(separator: ":", omittingEmptySubsequences: false) {
          guard (1...4).contains(group.utf8.count), let number = UInt16(group, radix: 16) else { return nil }
          bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
        }
        return bytes
      }
      if let halves {
        guard let left = groups(halves[0]), let right = groups(halves[1]), left.count + right.count <= 14 else {
          return nil
        }
        self.init(left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right)
      } else {
        guard let all = groups(text), all.count == 16 else { return nil }
        self.init(all)
      }
    } else {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      let bytes = parts.compactMap { (1...3).contains($0.utf8.count) ? UInt8($0) : nil }
      guard parts.count == 4, bytes.count == 4 else { return nil }
      self.init(bytes)
    }
  }
}

/// An address and a port.
struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  var address: Address
  var port: UInt16

  var description: String { address.isVersion6 ? "[\(address)]:\(port)" : "\(address):\(port)" }

  init(_ address: Address, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  init?(_ kernel: egress_address) {
    let bytes = unsafe withUnsafeBytes(of: kernel.bytes) { unsafe Array($0) }
    guard let address = Address(kernel.family == 4 ? bytes[..<4] : bytes[...]) else { return nil }
    self.init(address, kernel.port)
  }

  /// As the C calls take it.
  var kernel: egress_address {
    var kernel = egress_address()
    kernel.family = address.isVersion6 ? 6 : 4
    kernel.port = port
    let bytes = address.bytes
    unsafe withUnsafeMutableBytes(of: &kernel.bytes) { unsafe $0.copyBytes(from: bytes) }
    return kernel
  }
}
