internal import SandboxPlan
package import SystemIO

/// The program as a C array, for programs that load it themselves.
package enum CArrayExport {
  /// - Parameter name: an identifier.
  package static func write(_ filter: SystemCallFilter, name: String) throws(Failure) -> String {
    let isIdentifier =
      !name.isEmpty && name.utf8.count <= 63 && name.first?.isNumber == false
      && name.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xDF)
      }
    guard isIdentifier else {
      throw Failure("LC041", "`\(name)` cannot be the name of a C array", help: "use letters, digits and `_`")
    }
    let rows = filter.program.map { instruction in
      "  { 0x\(String(instruction.code, radix: 16)), \(instruction.jumpTrue), \(instruction.jumpFalse), 0x\(String(instruction.operand, radix: 16)) },"
    }
    return """
      /* \(filter.architecture.rawValue), \(filter.program.count) instructions */
      #include <linux/filter.h>

      static const struct sock_filter \(name)[\(filter.program.count)] = {
      \(rows.joined(separator: "\n"))
      };

      """
  }
}
