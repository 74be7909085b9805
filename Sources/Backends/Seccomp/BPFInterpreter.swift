/// What a filter is asked: `struct seccomp_data`, linux/seccomp.h.
package struct SystemCallData: Hashable, Sendable {
  package var number: UInt32
  /// `AUDIT_ARCH_*`.
  package var architecture: UInt32
  package var instructionPointer: UInt64
  /// Six.
  package var arguments: [UInt64]

  package init(number: UInt32, architecture: UInt32, instructionPointer: UInt64 = 0, arguments: [UInt64] = []) {
    self.number = number
    self.architecture = architecture
    self.instructionPointer = instructionPointer
    self.arguments = Array((arguments + Array(repeating: 0, count: 6)).prefix(6))
  }

  /// The 32-bit word at an offset that is a multiple of 4 below 64.
  func word(at offset: UInt32) -> UInt32 {
    switch offset {
    case 0: number
    case 4: architecture
    case 8: UInt32(truncatingIfNeeded: instructionPointer)
    case 12: UInt32(truncatingIfNeeded: instructionPointer >> 32)
    default:
      UInt32(truncatingIfNeeded: arguments[Int(offset - 16) / 8] >> (offset % 8 == 0 ? 0 : 32))
    }
  }
}

/// Runs a filter as the kernel does.
package enum BPFInterpreter {
  package struct Outcome: Hashable, Sendable {
    /// What the program returned, with data that the action ignores still in it.
    package var returnValue: UInt32
    /// Instructions that were executed.
    package var steps: Int
    package var action: SystemCallAction { SystemCallAction(returnValue: returnValue) }
  }

  /// - Parameter program: one that `BPFChecker` accepts.
  package static func run(_ program: [BPFInstruction], on data: SystemCallData) -> Outcome {
    var accumulator: UInt32 = 0
    var index: UInt32 = 0
    var memory = [UInt32](repeating: 0, count: BPFChecker.memoryWords)
    var position = 0
    var steps = 0
    while position < program.count {
      let instruction = program[position]
      let operand = instruction.operand
      position += 1
      steps += 1
      switch instruction.code {
      case BPFCode.loadWord: accumulator = data.word(at: operand)
      case BPFCode.loadLength: accumulator = BPFChecker.dataLength
      case BPFCode.loadImmediate: accumulator = operand
      case BPFCode.loadMemory: accumulator = memory[Int(operand)]
      case BPFCode.loadIndexLength: index = BPFChecker.dataLength
      case BPFCode.loadIndexImmediate: index = operand
      case BPFCode.loadIndexMemory: index = memory[Int(operand)]
      case BPFCode.store: memory[Int(operand)] = accumulator
      case BPFCode.storeIndex: memory[Int(operand)] = index
      case BPFCode.copyToIndex: index = accumulator
      case BPFCode.copyFromIndex: accumulator = index
      case BPFCode.negate: accumulator = 0 &- accumulator
      case BPFCode.returnConstant: return Outcome(returnValue: operand, steps: steps)
      case BPFCode.returnAccumulator: return Outcome(returnValue: accumulator, steps: steps)
      case BPFCode.jump: position += Int(operand)
      default:
        let other = instruction.code & BPFCode.indexSource == 0 ? operand : index
        if instruction.code & BPFCode.classMask == 0x05 {
          let holds = compare(instruction.code, accumulator, other)
          position += Int(holds ? instruction.jumpTrue : instruction.jumpFalse)
        } else {
          // The kernel ends a filter that divides by zero with 0, which is KILL_THREAD.
          guard let result = calculate(instruction.code, accumulator, other) else {
            return Outcome(returnValue: 0, steps: steps)
          }
          accumulator = result
        }
      }
    }
    return Outcome(returnValue: SystemCallAction.killProcess.returnValue, steps: steps)
  }

  private static func compare(_ code: UInt16, _ left: UInt32, _ right: UInt32) -> Bool {
    switch code & BPFCode.operationMask {
    case 0x10: left == right
    case 0x20: left > right
    case 0x30: left >= right
    default: left & right != 0
    }
  }

  /// Nil for a division by zero.
  private static func calculate(_ code: UInt16, _ left: UInt32, _ right: UInt32) -> UInt32? {
    switch code & BPFCode.operationMask {
    case 0x00: left &+ right
    case 0x10: left &- right
    case 0x20: left &* right
    case 0x30: right == 0 ? nil : left / right
    case 0x40: left | right
    case 0x50: left & right
    case 0x60: left &<< right
    case 0x70: left &>> right
    default: left ^ right
    }
  }

  /// Whether the kernel's action cache takes a call: its emulator finds ALLOW from number and architecture alone.
  /// `seccomp_is_const_allow`, kernel/seccomp.c: the first instruction it does not know ends the attempt.
  package static func isCacheable(_ program: [BPFInstruction], number: UInt32, architecture: UInt32) -> Bool {
    var accumulator: UInt32 = 0
    var position = 0
    while position < program.count {
      let instruction = program[position]
      let operand = instruction.operand
      position += 1
      switch instruction.code {
      case BPFCode.loadWord where operand == 0: accumulator = number
      case BPFCode.loadWord where operand == 4: accumulator = architecture
      case BPFCode.returnConstant: return operand == SystemCallAction.allow.returnValue
      case BPFCode.jump: position += Int(operand)
      case BPFCode.jumpEqual, BPFCode.jumpGreater, BPFCode.jumpGreaterOrEqual, BPFCode.jumpSet:
        let holds = compare(instruction.code, accumulator, operand)
        position += Int(holds ? instruction.jumpTrue : instruction.jumpFalse)
      case BPFCode.and: accumulator &= operand
      default: return false
      }
    }
    return false
  }
}
