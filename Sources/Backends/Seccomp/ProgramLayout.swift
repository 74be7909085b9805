/// Lays steps out as instructions, from the last to the first, so that every target is known when it is jumped to.
struct ProgramLayout {
  private let program: DecisionProgram
  /// Last instruction first.
  private var reversed: [BPFInstruction] = []
  /// Where a step was laid out last, counted from the end.
  private var places: [DecisionProgram.Step: Int] = [:]

  static func instructions(of program: DecisionProgram, from start: DecisionProgram.Step) -> [BPFInstruction] {
    var layout = ProgramLayout(program: program)
    layout.lay(start)
    return layout.reversed.reversed()
  }

  private init(program: DecisionProgram) { self.program = program }

  private mutating func lay(_ step: DecisionProgram.Step) {
    guard places[step] == nil else { return }
    switch program[step] {
    case .result(let value):
      reversed.append(BPFInstruction(BPFCode.returnConstant, value))
    case .load(let offset, let next):
      follow(next)
      reversed.append(BPFInstruction(BPFCode.loadWord, offset))
    case .and(let mask, let next):
      follow(next)
      reversed.append(BPFInstruction(BPFCode.and, mask))
    case .test(let code, let operand, let then, let otherwise):
      lay(then)
      lay(otherwise)
      test(code, operand, then, otherwise)
    }
    places[step] = reversed.count - 1
  }

  private mutating func test(
    _ code: UInt16, _ operand: UInt32, _ then: DecisionProgram.Step, _ otherwise: DecisionProgram.Step
  ) {
    // A place that is made near for one target can push the other one out of reach.
    while !isNear(then, room: 1) || !isNear(otherwise, room: 1) {
      if !isNear(then, room: 1) { bringNear(then) }
      if !isNear(otherwise, room: 1) { bringNear(otherwise) }
    }
    reversed.append(
      BPFInstruction(
        code, operand, jumpTrue: UInt8(distance(then)), jumpFalse: UInt8(distance(otherwise))))
  }

  /// Instructions between the next one to be laid out and a step.
  private func distance(_ step: DecisionProgram.Step) -> Int { reversed.count - (places[step] ?? 0) - 1 }

  private func isNear(_ step: DecisionProgram.Step, room: Int) -> Bool { distance(step) + room <= 255 }

  /// A conditional jump reaches 255 instructions: past it, a result is repeated and anything else jumped to.
  private mutating func bringNear(_ step: DecisionProgram.Step) {
    if case .result(let value) = program[step] {
      reversed.append(BPFInstruction(BPFCode.returnConstant, value))
    } else {
      reversed.append(BPFInstruction(BPFCode.jump, UInt32(distance(step))))
    }
    places[step] = reversed.count - 1
  }

  /// Makes `step` the next instruction: where it was laid out elsewhere, a test or a result is repeated rather than
  /// jumped to, which is as short and one step faster.
  private mutating func follow(_ step: DecisionProgram.Step) {
    lay(step)
    guard distance(step) > 0 else { return }
    switch program[step] {
    case .test(let code, let operand, let then, let otherwise): test(code, operand, then, otherwise)
    case .result(let value): reversed.append(BPFInstruction(BPFCode.returnConstant, value))
    case .load, .and: reversed.append(BPFInstruction(BPFCode.jump, UInt32(distance(step))))
    }
    places[step] = reversed.count - 1
  }
}
