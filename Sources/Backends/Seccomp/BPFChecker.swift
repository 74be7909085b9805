package import SystemIO

/// What the kernel requires of a seccomp filter before it accepts it: `bpf_check_classic` and `seccomp_check_filter`,
/// net/core/filter.c and kernel/seccomp.c. What the kernel would refuse, we refuse, with the reason.
package enum BPFChecker {
  /// `BPF_MAXINSNS`, linux/bpf_common.h.
  package static let maximumLength = 4096
  /// `BPF_MEMWORDS`.
  static let memoryWords = 16
  /// `sizeof(struct seccomp_data)`.
  static let dataLength: UInt32 = 64

  /// Reads a program from the bytes of an array of `struct sock_filter`, and checks it.
  package static func program(reading bytes: [UInt8]) throws(Failure) -> [BPFInstruction] {
    guard bytes.count % 8 == 0 else {
      throw Failure(
        "LC020", "a BPF program is a whole number of 8-byte instructions, found \(bytes.count) bytes",
        help: "check that the file is a raw filter (`struct sock_filter`) and was copied whole")
    }
    guard bytes.count <= maximumLength * 8 else { throw tooLong(bytes.count / 8) }
    let program = stride(from: 0, to: bytes.count, by: 8).map { BPFInstruction(bytes, at: $0) }
    try check(program)
    return program
  }

  package static func check(_ program: [BPFInstruction]) throws(Failure) {
    guard !program.isEmpty else {
      throw Failure("LC020", "the BPF program has no instructions", help: "a filter has 1 to 4096 instructions")
    }
    guard program.count <= maximumLength else { throw tooLong(program.count) }
    for (index, instruction) in program.enumerated() { try check(instruction, at: index, of: program.count) }
    let last = program[program.count - 1].code
    guard last == BPFCode.returnConstant || last == BPFCode.returnAccumulator else {
      throw refused("the last instruction is not a return", at: program.count - 1)
    }
    try checkMemory(program)
  }

  private static func tooLong(_ count: Int) -> Failure {
    Failure(
      "LC009", "the filter has \(count) instructions, and the kernel takes at most 4096",
      help: "allow whole calls instead of single argument values, or split the rules over two filters")
  }

  private static func refused(_ problem: String, at index: Int) -> Failure {
    Failure("LC020", "the kernel would refuse the filter: \(problem), at instruction \(index)")
  }

  private static func check(_ instruction: BPFInstruction, at index: Int, of count: Int) throws(Failure) {
    let operand = instruction.operand
    switch instruction.code {
    case BPFCode.loadWord:
      guard operand < dataLength, operand % 4 == 0 else {
        throw refused("a load from offset \(operand), not a multiple of 4 below 64", at: index)
      }
    case BPFCode.loadMemory, BPFCode.loadIndexMemory, BPFCode.store, BPFCode.storeIndex:
      guard operand < UInt32(memoryWords) else { throw refused("scratch word \(operand) of 16", at: index) }
    case 0x34:
      guard operand != 0 else { throw refused("a division by zero", at: index) }
    case 0x64, 0x74:
      guard operand < 32 else { throw refused("a shift by \(operand)", at: index) }
    case BPFCode.jump:
      // The kernel's own bound, without overflow: the target is inside the program.
      guard UInt64(operand) + UInt64(index) + 1 < UInt64(count) else {
        throw refused("a jump by \(operand), out of the program", at: index)
      }
    case 0x15, 0x25, 0x35, 0x45, 0x1D, 0x2D, 0x3D, 0x4D:
      guard index + 1 + Int(max(instruction.jumpTrue, instruction.jumpFalse)) < count else {
        throw refused("a jump out of the program", at: index)
      }
    case BPFCode.loadLength, BPFCode.loadImmediate, BPFCode.loadIndexLength, BPFCode.loadIndexImmediate,
      BPFCode.returnConstant, BPFCode.returnAccumulator, BPFCode.copyToIndex, BPFCode.copyFromIndex, BPFCode.negate,
      0x04, 0x14, 0x24, 0x44, 0x54, 0xA4, 0x0C, 0x1C, 0x2C, 0x3C, 0x4C, 0x5C, 0xAC, 0x6C, 0x7C:
      break
    default:
      throw refused("operation 0x\(String(instruction.code, radix: 16)), which no seccomp filter has", at: index)
    }
  }

  /// Every scratch word is stored on every path before it is loaded: `check_load_and_stores`.
  private static func checkMemory(_ program: [BPFInstruction]) throws(Failure) {
    // `known[i]`: the words stored on all paths to instruction i, from jumps that come before it.
    var known = [UInt16](repeating: .max, count: program.count)
    var stored: UInt16 = 0
    for (index, instruction) in program.enumerated() {
      stored &= known[index]
      switch instruction.code {
      case BPFCode.store, BPFCode.storeIndex: stored |= 1 << instruction.operand
      case BPFCode.loadMemory, BPFCode.loadIndexMemory:
        guard stored & 1 << instruction.operand != 0 else {
          throw refused("scratch word \(instruction.operand) is read before it is written", at: index)
        }
      case BPFCode.jump:
        known[index + 1 + Int(instruction.operand)] &= stored
        stored = .max
      case 0x15, 0x25, 0x35, 0x45, 0x1D, 0x2D, 0x3D, 0x4D:
        known[index + 1 + Int(instruction.jumpTrue)] &= stored
        known[index + 1 + Int(instruction.jumpFalse)] &= stored
        stored = .max
      default: break
      }
    }
  }
}
