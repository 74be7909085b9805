import SystemCalls
import Testing

@testable import Runner

@Suite struct ArgumentFormTests {
  typealias ArgumentType = SystemCall.ArgumentType

  /// A special case for a call that the table does not have, or for more arguments than it has, would never be seen.
  @Test(arguments: ArgumentForm.specialCases.keys.sorted())
  func specialCasesFitTheTable(name: String) throws {
    let call = try #require(SystemCall.named(name))
    let letters = try #require(ArgumentForm.specialCases[name])
    let forms = ArgumentForm.forms(of: call)
    #expect(forms.count == letters.count, "\(letters) has letters that mean nothing")
    #expect(forms.count <= call.arguments.count)
    for (index, form) in forms.enumerated() where index < call.arguments.count {
      let type = call.arguments[index]
      let types: [ArgumentType] =
        switch form {
        case .byType: [.descriptor, .int32, .uint32, .mode, .int64, .uint64, .pointer]
        case .hexadecimal: [.int32, .uint32, .uint64]
        case .text: [.pointer]
        case .socketAddress: index + 1 < call.arguments.count && call.arguments[index + 1] == .int32 ? [.pointer] : []
        case .socketFamily, .socketType, .openFlags: [.int32]
        case .cloneFlags: [.int32, .uint32, .uint64]
        }
      #expect(types.contains(type), "argument \(index + 1) of \(name)")
    }
    // A special case that says what the types say anyway is not one.
    #expect(forms.count < call.arguments.count || forms.contains { $0 != .byType })
  }

  @Test func othersAreShownByTheirTypes() throws {
    let decoder = CallDecoder(process: 0)
    func shown(_ name: String, _ values: [UInt64]) throws -> [String] {
      decoder.arguments(values, of: try #require(SystemCall.named(name)))
    }
    let all = UInt64.max
    // The upper half of a register is not part of a 32-bit argument.
    #expect(try shown("fchmod", [0xFFFF_FF9C, 0xF_4ED, 0, 0, 0, 0]) == ["AT_FDCWD", "0172355"])
    #expect(try shown("setreuid", [all, 0x1_0000_0005, 0, 0, 0, 0]) == ["4294967295", "5"])
    #expect(try shown("shmget", [all, 4096, all - 1, 0, 0, 0]) == ["-1", "0x1000", "-2"])
    #expect(try shown("ptrace", [all, 7, all, 1, 0, 0]) == ["-1", "7", "0xffffffffffffffff", "0x1"])
    #expect(try shown("socket", [2, 0o2000002, 17, 0, 0, 0]) == ["AF_INET", "SOCK_DGRAM|SOCK_CLOEXEC", "17"])
    #expect(try shown("personality", [0x1_0040_0000, 0, 0, 0, 0, 0]) == ["0x400000"])
    #expect(try shown("umount2", [0, 2, 0, 0, 0, 0]) == ["NULL", "0x2"])
    #expect(try shown("fork", [1, 2, 3, 4, 5, 6]) == [])
  }
}
