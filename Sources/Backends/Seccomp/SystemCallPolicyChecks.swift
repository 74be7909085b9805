internal import Diagnostics
package import SystemCalls
package import SystemIO

// What a rule may say, and what is said about one that says it wrongly.

extension ArgumentCondition {
  /// Throws unless the argument exists, is not a pointer, and has room for the values.
  package func check(on call: SystemCall) throws(Failure) {
    guard (0..<6).contains(index), index < call.arguments.count else {
      throw Failure(
        "LC007", "`\(call.name)` has \(call.arguments.count) arguments, and the rule compares argument \(index)",
        help: "arguments are counted from 0")
    }
    let type = call.arguments[index]
    guard type != .pointer else {
      throw Failure(
        "LC006", "argument \(index) of `\(call.name)` is a pointer, which no filter can check",
        help:
          "another thread can change the memory after the check; compare numbers and flags, or leave paths to Landlock")
    }
    func fits(_ value: UInt64) -> Bool {
      if value & ~type.mask == 0 { return true }
      // A negative number may be written with all 64 bits.
      return isSigned && value >= ~(type.mask >> 1)
    }
    func require(_ values: UInt64...) throws(Failure) {
      for value in values where !fits(value) {
        throw Failure(
          "LC003",
          "the value 0x\(String(value, radix: 16)) does not fit argument \(index) of `\(call.name)`, which the kernel reads as \(type.bits) bits (\(type.spelling))",
          help: "write a value of \(type.bits) bits; a comparison with a longer one could never hold")
      }
    }
    switch comparison {
    case .equal(let value), .notEqual(let value), .less(let value), .lessOrEqual(let value), .greater(let value),
      .greaterOrEqual(let value):
      try require(value)
    case .range(let low, let high):
      try require(low, high)
      guard isSigned ? Int64(bitPattern: low) <= Int64(bitPattern: high) : low <= high else {
        throw Failure("LC008", "the range from \(low) to \(high) of argument \(index) of `\(call.name)` is empty")
      }
    case .maskedEqual(let mask, let value), .maskedNotEqual(let mask, let value):
      guard mask != 0 else {
        throw Failure(
          "LC005", "the mask for argument \(index) of `\(call.name)` is zero, so the comparison says nothing",
          help: "give the bits that matter, or leave the condition out")
      }
      try require(mask, value)
      guard value & ~mask == 0 else {
        throw Failure(
          "LC005",
          "the value 0x\(String(value, radix: 16)) for argument \(index) of `\(call.name)` has bits outside the mask 0x\(String(mask, radix: 16))",
          help: "the masked argument can never equal it")
      }
    }
  }
}

extension SystemCallPolicy {
  /// For a name that has no number on any of our architectures.
  package static func unknownName(_ name: String) -> Failure {
    if let architectures = SystemCall.foreignArchitectures(of: name) {
      return Failure(
        "LC002", "`\(name)` is a system call of \(architectures.joined(separator: ", ")) only",
        help: "filters are made for \(["x86_64", "aarch64", "riscv64"].joined(separator: ", ")); leave the rule out")
    }
    let near = nearestMatch(to: name, among: SystemCall.all.map(\.name))
    return Failure(
      "LC001", "`\(name)` is not a Linux system call",
      help: near.map { "did you mean `\($0)`?" } ?? "names are the kernel's, as in syscalls(2)")
  }

  static var tooComplex: Failure {
    Failure(
      "LC011", "the argument conditions are too entangled to be compiled and proven",
      help: "use fewer masks that overlap on one argument, or split the call's rules")
  }

  static func neverMatches(_ rule: SystemCallRule) -> Failure {
    Failure(
      "LC008", "the conditions of a rule for `\(rule.call)` exclude each other, so it never matches",
      help: "conditions of one rule hold together; write alternatives as rules of their own")
  }

  static func contradiction(_ rule: SystemCallRule, _ other: SystemCallRule, witness: [UInt32]?) -> Failure {
    let example = witness.map { words in
      let arguments = (0..<6).map { UInt64(words[Word.argumentHigh($0)]) << 32 | UInt64(words[Word.argumentLow($0)]) }
      let count = SystemCall.named(rule.call)?.arguments.count ?? 6
      return
        ", for example `\(rule.call)(\(arguments.prefix(count).map { "0x" + String($0, radix: 16) }.joined(separator: ", ")))`"
    }
    return Failure(
      "LC004",
      "two rules for `\(rule.call)` contradict each other: both \(other.action) and \(rule.action) apply\(example ?? "")",
      help: "there is no order among rules; narrow the conditions of one of them")
  }
}

extension SystemCallAction: CustomStringConvertible {
  /// In the words of `simulate` and `diff`: "allow", "errno 1", "kill-process".
  package var description: String {
    switch self {
    case .killProcess: "kill-process"
    case .killThread: "kill-thread"
    case .trap(let data): "trap \(data)"
    case .errno(let number): "errno \(number)"
    case .notify: "notify"
    case .trace(let data): "trace \(data)"
    case .log: "log"
    case .allow: "allow"
    }
  }
}
