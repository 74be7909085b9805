// INVARIANT: this module is the one table of the kernel's calls. It makes none.

package import SandboxPlan

/// One call of the Linux kernel: its numbers, since when it exists, and the types of its arguments as the kernel reads
/// them. The width of an argument is a fact of this table and never a choice of a policy's author.
package struct SystemCall: Hashable, Sendable {
  package let name: String
  /// The first kernel that had it on any architecture, "5.13".
  package let since: KernelVersion
  package let group: SystemCallGroup
  package let arguments: [ArgumentType]
  private let x86_64: Int16
  private let aarch64: Int16
  private let riscv64: Int16

  /// The number on `architecture`; nil where the call does not exist.
  package func number(on architecture: Architecture) -> UInt32? {
    let number =
      switch architecture {
      case .x86_64: x86_64
      case .aarch64: aarch64
      case .riscv64: riscv64
      }
    return number < 0 ? nil : UInt32(number)
  }

  /// How the kernel reads an argument: the C type in its definition of the call.
  package enum ArgumentType: Character, Hashable, Sendable {
    /// A file descriptor; 32 bits.
    case descriptor = "d"
    /// `int`, `pid_t`, `key_t` and the like; 32 bits with sign.
    case int32 = "i"
    /// `unsigned int`, `uid_t` and the like; 32 bits.
    case uint32 = "u"
    /// `umode_t`; 16 bits.
    case mode = "h"
    /// `long`, `loff_t`; 64 bits with sign.
    case int64 = "l"
    /// `unsigned long`, `size_t`; 64 bits.
    case uint64 = "q"
    /// An address. What it points at can change after the check, so no filter may look at it.
    case pointer = "p"

    /// The bits that the kernel looks at: 16, 32 or 64. It ignores the others, so a filter must, too.
    package var bits: Int {
      switch self {
      case .mode: 16
      case .descriptor, .int32, .uint32: 32
      case .int64, .uint64, .pointer: 64
      }
    }

    /// The mask of the bits that the kernel looks at.
    package var mask: UInt64 { bits == 64 ? .max : (1 << UInt64(bits)) - 1 }

    package var isSigned: Bool {
      switch self {
      case .descriptor, .int32, .int64: true
      case .uint32, .mode, .uint64, .pointer: false
      }
    }

    /// The type in C, for people.
    package var spelling: String {
      switch self {
      case .descriptor: "int (descriptor)"
      case .int32: "int"
      case .uint32: "unsigned int"
      case .mode: "umode_t"
      case .int64: "long"
      case .uint64: "unsigned long"
      case .pointer: "pointer"
      }
    }
  }
}

/// A kernel's version as the calls' ages and `minKernel` name it.
package struct KernelVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let major: Int
  package let minor: Int
  package let patch: Int

  package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads "5.13" or "2.6.28"; nil for anything else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard (2...3).contains(parts.count), parts.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
    self.init(parts[0] ?? 0, parts[1] ?? 0, parts.count == 3 ? parts[2] ?? 0 : 0)
  }

  package static func < (left: KernelVersion, right: KernelVersion) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }

  package var description: String { patch == 0 ? "\(major).\(minor)" : "\(major).\(minor).\(patch)" }
}

extension SystemCall {
  /// Every call that this program knows, in the order of the table.
  package static let all: [SystemCall] = rows.description.split(separator: "\n").compactMap { SystemCall(row: $0) }

  /// The call of this name; nil when none of our architectures has it.
  package static func named(_ name: String) -> SystemCall? { indexByName[name].map { all[$0] } }

  /// The call with this number on `architecture`; nil when none is assigned.
  package static func numbered(_ number: UInt32, on architecture: Architecture) -> SystemCall? {
    guard let table = indexByNumber[architecture], number < table.count, table[Int(number)] >= 0 else { return nil }
    return all[Int(table[Int(number)])]
  }

  private static let indexByName: [String: Int] = Dictionary(
    all.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })

  private static let indexByNumber: [Architecture: [Int16]] = {
    var result: [Architecture: [Int16]] = [:]
    for architecture in Architecture.allCases {
      var table: [Int16] = Array(repeating: -1, count: 512)
      for (index, call) in all.enumerated() {
        if let number = call.number(on: architecture), number < 512 { table[Int(number)] = Int16(index) }
      }
      result[architecture] = table
    }
    return result
  }()

  /// Reads one row of the table.
  private init?(row: Substring) {
    let fields = row.split(separator: " ")
    guard fields.count == 7, let since = KernelVersion(fields[4]),
      let group = SystemCallGroup(rawValue: String(fields[5]))
    else { return nil }
    name = String(fields[0])
    self.since = since
    self.group = group
    x86_64 = Int16(fields[1]) ?? -1
    aarch64 = Int16(fields[2]) ?? -1
    riscv64 = Int16(fields[3]) ?? -1
    arguments = fields[6] == "-" ? [] : fields[6].compactMap(ArgumentType.init)
  }
}
