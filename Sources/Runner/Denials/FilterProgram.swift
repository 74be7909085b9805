internal import SandboxPlan

/// A loaded filter as the runner needs it: made to ask for every denial, and asked again what the denial was.
///
/// The compiled filter answers a denied call with an errno. For an explanation each such answer becomes "ask the
/// supervisor", and nothing else changes: an allowed call is allowed by the same instructions and asks nobody. The
/// supervisor then runs the compiled filter on the call's number and arguments, and gives the errno that it says.
struct FilterProgram {
  /// `struct sock_filter`, linux/filter.h.
  private struct Instruction {
    var code: UInt16
    var jumpTrue: UInt8
    var jumpFalse: UInt8
    var operand: UInt32
  }

  private let instructions: [Instruction]

  /// - Parameter bytes: instructions of 8 bytes in the byte order of this machine.
  init(_ bytes: [UInt8]) {
    func word(_ offset: Int, _ size: Int) -> UInt32 {
      (0..<size).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    instructions = stride(from: 0, to: bytes.count / 8 * 8, by: 8).map { offset in
      Instruction(
        code: UInt16(word(offset, 2)), jumpTrue: bytes[offset + 2], jumpFalse: bytes[offset + 3],
        operand: word(offset + 4, 4))
    }
  }

  private static let returnConstant: UInt16 = 0x06
  private static let actionMask: UInt32 = 0xFFFF_0000
  private static let errnoAction: UInt32 = 0x0005_0000
  private static let notifyAction: UInt32 = 0x7FC0_0000
  private static let noSuchCall: UInt32 = 38

  /// The same program, asking where it denied. ENOSYS stays: it is the answer to calls that programs only try, and for
  /// which they have another way.
  var asking: [UInt8] { FilterProgram.bytes(of: denialsAsk) }

  /// The same, asking before these calls too, whatever it would say to them.
  func asking(before numbers: [UInt32], on architecture: Architecture) -> [UInt8] {
    var prologue = [
      Instruction(code: 0x20, jumpTrue: 0, jumpFalse: 0, operand: 4),  // load the architecture
      Instruction(code: 0x15, jumpTrue: 1, jumpFalse: 0, operand: architecture.auditToken),
      Instruction(code: 0x05, jumpTrue: 0, jumpFalse: 0, operand: UInt32(1 + 2 * numbers.count)),
      Instruction(code: 0x20, jumpTrue: 0, jumpFalse: 0, operand: 0),  // load the number
    ]
    for number in numbers {
      prologue.append(Instruction(code: 0x15, jumpTrue: 0, jumpFalse: 1, operand: number))
      prologue.append(
        Instruction(
          code: FilterProgram.returnConstant, jumpTrue: 0, jumpFalse: 0, operand: FilterProgram.notifyAction))
    }
    return FilterProgram.bytes(of: prologue + denialsAsk)
  }

  private var denialsAsk: [Instruction] {
    instructions.map { instruction in
      var instruction = instruction
      if instruction.code == FilterProgram.returnConstant,
        instruction.operand & FilterProgram.actionMask == FilterProgram.errnoAction,
        instruction.operand & 0xFFFF != FilterProgram.noSuchCall
      {
        instruction.operand = FilterProgram.notifyAction
      }
      return instruction
    }
  }

  private static func bytes(of instructions: [Instruction]) -> [UInt8] {
    instructions.flatMap { instruction in
      [
        UInt8(truncatingIfNeeded: instruction.code), UInt8(truncatingIfNeeded: instruction.code >> 8),
        instruction.jumpTrue, instruction.jumpFalse,
      ] + (0..<4).map { UInt8(truncatingIfNeeded: instruction.operand >> UInt32(8 * $0)) }
    }
  }

  /// One system call as a filter sees it, `struct seccomp_data`, linux/seccomp.h.
  struct Call: Hashable {
    var number: Int32
    var architecture: UInt32
    var instructionPointer: UInt64
    /// Six.
    var arguments: [UInt64]

    func word(at offset: UInt32) -> UInt32? {
      switch offset {
      case 0: UInt32(bitPattern: number)
      case 4: architecture
      case 8, 12: half(instructionPointer, offset)
      case 16..<64 where offset % 4 == 0: half(arguments[Int(offset - 16) / 8], offset)
      default: nil
      }
    }

    private func half(_ value: UInt64, _ offset: UInt32) -> UInt32 {
      UInt32(truncatingIfNeeded: offset % 8 == 0 ? value : value >> 32)
    }
  }

  /// Whether the program allows `call`.
  func allows(_ call: Call) -> Bool {
    let action = (evaluate(call) ?? 0) & FilterProgram.actionMask
    return action == 0x7FFF_0000 || action == 0x7FFC_0000  // or allows and logs
  }

  /// The errno with which the program denies `call`; EPERM when it denies in another way or is not a valid program.
  func denial(of call: Call) -> Int32 {
    let action = evaluate(call) ?? 0
    let number = Int32(action & 0xFFFF)
    return action & FilterProgram.actionMask == FilterProgram.errnoAction && number > 0 && number < 4096 ? number : 1
  }

  /// What the program returns; nil when it leaves its own bounds. Jumps go forward only, so it ends.
  private func evaluate(_ call: Call) -> UInt32? {
    var accumulator: UInt32 = 0
    var index: UInt32 = 0
    var memory = [UInt32](repeating: 0, count: 16)
    var position = 0
    while position < instructions.count {
      let instruction = instructions[position]
      let operand = instruction.operand
      position += 1
      switch instruction.code {
      case 0x20:
        guard let word = call.word(at: operand) else { return nil }
        accumulator = word
      case 0x06: return operand
      case 0x16: return accumulator
      case 0x05: position += Int(operand)
      case 0x15: position += Int(accumulator == operand ? instruction.jumpTrue : instruction.jumpFalse)
      case 0x25: position += Int(accumulator > operand ? instruction.jumpTrue : instruction.jumpFalse)
      case 0x35: position += Int(accumulator >= operand ? instruction.jumpTrue : instruction.jumpFalse)
      case 0x45: position += Int(accumulator & operand != 0 ? instruction.jumpTrue : instruction.jumpFalse)
      case 0x00: accumulator = operand
      case 0x01: index = operand
      case 0x07: index = accumulator
      case 0x87: accumulator = index
      case 0x54: accumulator &= operand
      case 0x44: accumulator |= operand
      case 0xA4: accumulator ^= operand
      case 0x04: accumulator &+= operand
      case 0x14: accumulator &-= operand
      case 0x64: accumulator = operand < 32 ? accumulator << operand : 0
      case 0x74: accumulator = operand < 32 ? accumulator >> operand : 0
      case 0x02 where operand < 16: memory[Int(operand)] = accumulator
      case 0x03 where operand < 16: memory[Int(operand)] = index
      case 0x60 where operand < 16: accumulator = memory[Int(operand)]
      case 0x61 where operand < 16: index = memory[Int(operand)]
      default: return nil
      }
    }
    return nil
  }
}
