internal import SandboxPlan
internal import SystemCalls

/// A program as text: one line an instruction, with the names of words, calls and actions.
package enum Disassembly {
  package static func text(of filter: SystemCallFilter) -> String {
    var targets: Set<Int> = []
    for (index, instruction) in filter.program.enumerated() where instruction.code & BPFCode.classMask == 0x05 {
      if instruction.code == BPFCode.jump {
        targets.insert(index + 1 + Int(instruction.operand))
      } else {
        targets.insert(index + 1 + Int(instruction.jumpTrue))
        targets.insert(index + 1 + Int(instruction.jumpFalse))
      }
    }
    var lines: [String] = []
    // The word in the accumulator, where it is known from the instructions just before: for names of numbers.
    var word: UInt32?
    for (index, instruction) in filter.program.enumerated() {
      switch instruction.code {
      case BPFCode.loadWord: word = instruction.operand
      case BPFCode.returnConstant, BPFCode.returnAccumulator, BPFCode.jump, 0x15, 0x25, 0x35, 0x45, 0x1D, 0x2D, 0x3D,
        0x4D:
        break
      default: word = nil
      }
      let number = String(repeating: " ", count: max(0, 4 - String(index).count)) + String(index)
      let comment = self.comment(instruction, word: word, filter.architecture)
      let body = self.body(instruction, at: index)
      let padding = comment.isEmpty ? "" : String(repeating: " ", count: max(1, 44 - body.count)) + "; " + comment
      lines.append("\(number): \(body)\(padding)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func body(_ instruction: BPFInstruction, at index: Int) -> String {
    let operand = hexadecimal(instruction.operand)
    let source = instruction.code & BPFCode.indexSource == 0 ? operand : "X"
    switch instruction.code {
    case BPFCode.loadWord: return "A = data[\(instruction.operand)]"
    case BPFCode.loadLength: return "A = 64"
    case BPFCode.loadImmediate: return "A = \(operand)"
    case BPFCode.loadMemory: return "A = M[\(instruction.operand)]"
    case BPFCode.loadIndexLength: return "X = 64"
    case BPFCode.loadIndexImmediate: return "X = \(operand)"
    case BPFCode.loadIndexMemory: return "X = M[\(instruction.operand)]"
    case BPFCode.store: return "M[\(instruction.operand)] = A"
    case BPFCode.storeIndex: return "M[\(instruction.operand)] = X"
    case BPFCode.copyToIndex: return "X = A"
    case BPFCode.copyFromIndex: return "A = X"
    case BPFCode.negate: return "A = -A"
    case BPFCode.returnConstant: return "return \(operand)"
    case BPFCode.returnAccumulator: return "return A"
    case BPFCode.jump: return "goto \(index + 1 + Int(instruction.operand))"
    default: break
    }
    let operation = instruction.code & BPFCode.operationMask
    if instruction.code & BPFCode.classMask == 0x05 {
      let symbol =
        switch operation {
        case 0x10: "=="
        case 0x20: ">"
        case 0x30: ">="
        default: "&"
        }
      let then = index + 1 + Int(instruction.jumpTrue)
      let otherwise = index + 1 + Int(instruction.jumpFalse)
      return "if A \(symbol) \(source) goto \(then) else \(otherwise)"
    }
    let symbols: [UInt16: String] = [
      0x00: "+", 0x10: "-", 0x20: "*", 0x30: "/", 0x40: "|", 0x50: "&", 0x60: "<<", 0x70: ">>", 0xA0: "^",
    ]
    return "A \(symbols[operation] ?? "?")= \(source)"
  }

  private static func comment(_ instruction: BPFInstruction, word: UInt32?, _ architecture: Architecture) -> String {
    switch instruction.code {
    case BPFCode.loadWord: return name(ofWord: instruction.operand)
    case BPFCode.returnConstant: return SystemCallAction(returnValue: instruction.operand).description
    case BPFCode.jumpEqual, BPFCode.jumpGreaterOrEqual, BPFCode.jumpGreater:
      if word == 0 { return SystemCall.numbered(instruction.operand, on: architecture)?.name ?? "" }
      if word == 4 {
        return Architecture.allCases.first { $0.auditToken == instruction.operand }?.rawValue ?? ""
      }
      return ""
    default: return ""
    }
  }

  static func name(ofWord offset: UInt32) -> String {
    switch offset {
    case 0: "number"
    case 4: "architecture"
    case 8: "instruction pointer, low half"
    case 12: "instruction pointer, high half"
    default: "argument \((offset - 16) / 8), \(offset % 8 == 0 ? "low" : "high") half"
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}
