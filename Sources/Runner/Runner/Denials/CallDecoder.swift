internal import CSandbox
internal import Glibc
internal import SystemCalls
internal import SystemIO

/// Shows the arguments of a denied call. What it reads of the app's memory is for people only: the answer to the call
/// never depends on it, so it does not matter that the app may change it meanwhile.
struct CallDecoder {
  let process: Int32

  /// The arguments of `call` that a denial shows, as people write them.
  func arguments(_ values: [UInt64], of call: SystemCall) -> [String] {
    zip(zip(ArgumentForm.forms(of: call), call.arguments), values.indices).map { argument, index in
      let (form, type) = argument
      let value = values[index]
      let int = Int32(truncatingIfNeeded: value)
      return switch form {
      case .byType: plain(value, type)
      case .hexadecimal: address(value & type.mask)
      case .text:
        value == 0 ? "NULL" : text(at: value).map { "\"\(CallDecoder.printable($0))\"" } ?? address(value)
      case .socketAddress: socketAddress(at: value, length: index + 1 < values.count ? values[index + 1] : 0)
      case .socketFamily: CallDecoder.families[int] ?? "\(int)"
      case .socketType: socketType(int)
      case .cloneFlags: names(value & ~0xFF, CallDecoder.cloneFlags)
      case .openFlags: names(value, CallDecoder.openFlags)
      }
    }
  }

  /// An argument of which nothing but the type is known.
  private func plain(_ value: UInt64, _ type: SystemCall.ArgumentType) -> String {
    let int = Int32(truncatingIfNeeded: value)
    return switch type {
    case .descriptor: int == AT_FDCWD ? "AT_FDCWD" : "\(int)"
    case .int32: "\(int)"
    case .uint32: "\(UInt32(truncatingIfNeeded: value))"
    case .mode: "0" + String(value & type.mask, radix: 8)
    case .int64: "\(Int64(bitPattern: value))"
    case .uint64, .pointer: address(value)
    }
  }

  private func address(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  /// Up to `count` bytes of the app's memory; fewer where its memory ends.
  private func memory(at address: UInt64, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = unsafe bytes.withUnsafeMutableBytes {
      unsafe locara_read_memory(process, address, $0.baseAddress, $0.count)
    }
    return got > 0 ? Array(bytes[..<got]) : []
  }

  /// The text that a call's path argument points to; nil when it cannot be read.
  func path(at address: UInt64) -> String? { address == 0 ? nil : text(at: address) }

  private func text(at address: UInt64) -> String? {
    var bytes: [UInt8] = []
    // To the end of the page and then one more: the next page may not be there.
    let first = memory(at: address, 4096 - Int(address % 4096))
    bytes = first.contains(0) ? first : first + memory(at: address &+ UInt64(first.count), 4096)
    guard let end = bytes.firstIndex(of: 0) else { return nil }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  /// What stands between quotes: without control characters, which could move the cursor or rename the terminal.
  static func printable(_ text: String) -> String {
    text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined().visible
  }

  private func socketAddress(at address: UInt64, length: UInt64) -> String {
    let bytes = memory(at: address, Int(min(length, 128)))
    guard bytes.count >= 2 else { return self.address(address) }
    let family = Int32(bytes[0]) | Int32(bytes[1]) << 8
    switch family {
    case AF_INET where bytes.count >= 8:
      let port = Int(bytes[2]) << 8 | Int(bytes[3])
      return "\"" + bytes[4..<8].map { "\($0)" }.joined(separator: ".") + ":\(port)\""
    case AF_INET6 where bytes.count >= 24:
      let port = Int(bytes[2]) << 8 | Int(bytes[3])
      let groups = stride(from: 8, to: 24, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
      return "\"[" + groups.joined(separator: ":") + "]:\(port)\""
    case AF_UNIX where bytes.count > 2:
      let isAbstract = bytes[2] == 0
      let name = bytes[(isAbstract ? 3 : 2)...].prefix { isAbstract || $0 != 0 }
      return "\"" + (isAbstract ? "@" : "") + CallDecoder.printable(String(decoding: name, as: UTF8.self)) + "\""
    default: return CallDecoder.families[family] ?? "family \(family)"
    }
  }

  private func socketType(_ value: Int32) -> String {
    let types: [Int32: String] = [
      1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 4: "SOCK_RDM", 5: "SOCK_SEQPACKET", 10: "SOCK_PACKET",
    ]
    var text = types[value & 0xF] ?? "\(value & 0xF)"
    if value & 0o2000000 != 0 { text += "|SOCK_CLOEXEC" }
    if value & 0o4000 != 0 { text += "|SOCK_NONBLOCK" }
    return text
  }

  private func names(_ value: UInt64, _ table: [(UInt64, String)]) -> String {
    var rest = value
    var names: [String] = []
    for (bit, name) in table where rest & bit == bit {
      names.append(name)
      rest &= ~bit
    }
    if rest != 0 || names.isEmpty { names.append(rest == 0 ? "0" : address(rest)) }
    return names.joined(separator: "|")
  }

  /// linux/socket.h.
  private static let families: [Int32: String] = [
    1: "AF_UNIX", 2: "AF_INET", 3: "AF_AX25", 4: "AF_IPX", 9: "AF_X25", 10: "AF_INET6", 15: "AF_KEY",
    16: "AF_NETLINK", 17: "AF_PACKET", 21: "AF_RDS", 29: "AF_CAN", 30: "AF_TIPC", 31: "AF_BLUETOOTH", 38: "AF_ALG",
    39: "AF_NFC", 40: "AF_VSOCK", 41: "AF_KCM", 42: "AF_QIPCRTR", 43: "AF_SMC", 44: "AF_XDP", 45: "AF_MCTP",
  ]

  /// linux/sched.h.
  private static let cloneFlags: [(UInt64, String)] = [
    (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"), (0x800, "CLONE_SIGHAND"),
    (0x1000, "CLONE_PIDFD"), (0x4000, "CLONE_VFORK"), (0x8000, "CLONE_PARENT"), (0x10000, "CLONE_THREAD"),
    (0x20000, "CLONE_NEWNS"), (0x40000, "CLONE_SYSVSEM"), (0x80000, "CLONE_SETTLS"), (0x100000, "CLONE_PARENT_SETTID"),
    (0x200000, "CLONE_CHILD_CLEARTID"), (0x1000000, "CLONE_CHILD_SETTID"), (0x2000000, "CLONE_NEWCGROUP"),
    (0x4000000, "CLONE_NEWUTS"), (0x8000000, "CLONE_NEWIPC"), (0x10000000, "CLONE_NEWUSER"),
    (0x20000000, "CLONE_NEWPID"), (0x40000000, "CLONE_NEWNET"),
  ]

  /// asm-generic/fcntl.h.
  private static let openFlags: [(UInt64, String)] = [
    (0o2, "O_RDWR"), (0o1, "O_WRONLY"), (0o100, "O_CREAT"), (0o200, "O_EXCL"), (0o1000, "O_TRUNC"),
    (0o2000, "O_APPEND"),
    (0o4000, "O_NONBLOCK"), (0o2000000, "O_CLOEXEC"),
  ]
}
