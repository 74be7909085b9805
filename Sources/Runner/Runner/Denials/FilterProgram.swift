internal import SandboxPlan

/// A loaded filter as the runner needs it: made to ask for every denial, and asked again what the denial was.
///
/// The compiled filter answers a denied call with an errno. For an explanation each such answer becomes "ask the
/// supervisor", and nothing else changes: an allowed call is allowed by the same instructions and asks nobody. The
/// supervisor then runs the compiled filter on the call's number and arguments, and gives the errno that it says.
struct FilterProgram {
  /// `struct sock_filter`, linux/filter.h, as one word: on the machines that there are filters for the bytes of a word
  /// come lowest first.
  private struct Instruction {
    var word: UInt64

    init(word: UInt64) { self.word = word }

    init(code: UInt16, jumpTrue: UInt8, jumpFalse: UInt8, operand: UInt32) {
      word = UInt64(code) | UInt64(jumpTrue) << 16 | UInt64(jumpFalse) << 24 | UInt64(operand) << 32
    }

    var code: UInt16 { UInt16(truncatingIfNeeded: word) }
    var jumpTrue: UInt8 { UInt8(truncatingIfNeeded: word >> 16) }
    var jumpFalse: UInt8 { UInt8(truncatingIfNeeded: word >> 24) }
    var operand: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
  }

  private let instructions: [Instruction]

  /// - Parameter bytes: instructions of 8 bytes in the byte order of this machine.
  init(_ bytes: [UInt8]) {
    let count = bytes.count / 8
    instructions = unsafe [Instruction](unsafeUninitializedCapacity: count) { buffer, filled in
      unsafe bytes.withUnsafeBytes { bytes in
        for index in 0..<count {
          let word = unsafe bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
          unsafe buffer.initializeElement(at: index, to: Instruction(word: UInt64(littleEndian: word)))
        }
      }
      filled = count
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
    let ask = Instruction(
      code: FilterProgram.returnConstant, jumpTrue: 0, jumpFalse: 0, operand: FilterProgram.notifyAction)
    return instructions.map { instruction in
      instruction.code == FilterProgram.returnConstant
        && instruction.operand & FilterProgram.actionMask == FilterProgram.errnoAction
        && instruction.operand & 0xFFFF != FilterProgram.noSuchCall ? ask : instruction
    }
  }

  private static func bytes(of instructions: [Instruction]) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 8 * instructions.count) { buffer, filled in
      for (index, instruction) in instructions.enumerated() {
        unsafe UnsafeMutableRawBufferPointer(buffer)
          .storeBytes(of: instruction.word.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
      }
      filled = 8 * instructions.count
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
