/// Addresses that are not those of a host on the Internet, by the registries of IANA (RFC 6890 and its updates). A name
/// that resolves to one of them is how a stranger's name server would reach into the user's own network, so the broker
/// goes there only when the manifest names the address itself.
enum SpecialAddresses {
  /// What an address is, in a few words: "private"; nil for one on the Internet.
  static func kind(of address: Address) -> String? {
    if let inner = embedded(in: address) { return kind(of: inner) }
    if !address.isVersion6 { return first(of: version4, with: address) }
    // Outside 2000::/3 IANA has given nothing to hosts.
    return first(of: version6, with: address) ?? (address.high >> 61 == 1 ? nil : "reserved")
  }

  private static func first(of table: [(prefix: Address, length: Int, kind: String)], with address: Address) -> String?
  {
    table.first { address.isIn($0.prefix, $0.length) }?.kind
  }

  /// The version 4 address that a version 6 address stands for: mapped, translated (RFC 6052) or 6to4.
  private static func embedded(in address: Address) -> Address? {
    guard address.isVersion6 else { return nil }
    let last = Address(version4: UInt32(truncatingIfNeeded: address.low))
    if address.high == 0, address.low >> 32 == 0xFFFF { return last }
    if address.high == 0x0064_FF9B_0000_0000, address.low >> 32 == 0 { return last }
    if address.high >> 48 == 0x2002 { return Address(version4: UInt32(truncatingIfNeeded: address.high >> 16)) }
    return nil
  }

  private static func entry(_ text: String, _ length: Int, _ kind: String) -> (Address, Int, String)? {
    Address(text).map { ($0, length, kind) }
  }

  private static let version4: [(prefix: Address, length: Int, kind: String)] = [
    // The first is where clouds answer questions about the machine and its credentials.
    entry("169.254.169.254", 32, "the address of cloud metadata"),
    entry("100.100.100.200", 32, "the address of cloud metadata"),
    entry("0.0.0.0", 8, "of this very machine"), entry("127.0.0.0", 8, "loopback"),
    entry("10.0.0.0", 8, "private"), entry("172.16.0.0", 12, "private"), entry("192.168.0.0", 16, "private"),
    entry("100.64.0.0", 10, "of a provider's own network"), entry("169.254.0.0", 16, "link-local"),
    entry("192.0.0.0", 24, "reserved"), entry("192.0.2.0", 24, "for documentation"),
    entry("192.88.99.0", 24, "reserved"), entry("198.18.0.0", 15, "for benchmarks"),
    entry("198.51.100.0", 24, "for documentation"), entry("203.0.113.0", 24, "for documentation"),
    entry("224.0.0.0", 4, "multicast"), entry("255.255.255.255", 32, "broadcast"), entry("240.0.0.0", 4, "reserved"),
  ].compactMap(\.self)

  private static let version6: [(prefix: Address, length: Int, kind: String)] = [
    entry("::", 128, "of this very machine"), entry("::1", 128, "loopback"),
    entry("fd00:ec2::254", 128, "the address of cloud metadata"),
    entry("64:ff9b:1::", 48, "private"), entry("100::", 64, "reserved"),
    entry("2001::", 23, "reserved"), entry("2001:db8::", 32, "for documentation"),
    entry("3fff::", 20, "for documentation"),
    entry("fc00::", 7, "private"), entry("fe80::", 10, "link-local"), entry("fec0::", 10, "private"),
    entry("ff00::", 8, "multicast"),
  ].compactMap(\.self)
}
