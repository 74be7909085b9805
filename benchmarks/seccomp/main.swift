// Our filters beside libseccomp's, in one run, on one profile; then the differential and mutation trials.
//
//     seccomp-benchmark PROFILE [--cases N] [--mutants N]

import CSeccomp
import Foundation
import SandboxPlan
import Seccomp
import SeccompTrials
import SystemCalls
import SystemIO
import TestSupport

/// Docker's default capabilities.
let capabilities: Set<String> = [
  "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
  "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
]
let architecture = Architecture.x86_64
let token = architecture.auditToken

func microseconds(rounds: Int, _ body: () throws -> Void) rethrows -> Double {
  var best = Double.infinity
  for _ in 0..<rounds {
    let start = seccomp_nanoseconds()
    try body()
    best = min(best, Double(seccomp_nanoseconds() - start) / 1000)
  }
  return best
}

func sockFilter(_ program: [BPFInstruction]) -> [sock_filter] {
  program.map { sock_filter(code: $0.code, jt: $0.jumpTrue, jf: $0.jumpFalse, k: $0.operand) }
}

struct Measured {
  var name: String
  var program: [BPFInstruction]
  /// Microseconds, the fastest of many.
  var compile: Double
  var proven: Double?
  var load = (minimum: 0.0, median: 0.0)
}

func text(_ value: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", value) }

func row(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }

func option(_ name: String, _ fallback: Int) -> Int {
  guard let index = CommandLine.arguments.firstIndex(of: name), index + 1 < CommandLine.arguments.count else {
    return fallback
  }
  return Int(CommandLine.arguments[index + 1]) ?? fallback
}

guard CommandLine.arguments.count > 1, Architecture.current == architecture else {
  print("usage, on x86_64: seccomp-benchmark PROFILE [--cases N] [--mutants N]")
  exit(64)
}
let profile = CommandLine.arguments[1]
let bytes = try Files.read(profile, limit: 4 << 20)
let context = ProfileContext(architecture: architecture, capabilities: capabilities)
let imported = try OCIProfile.read(bytes, for: context)
let trace = try String(contentsOfFile: "benchmarks/seccomp/trace.txt", encoding: .utf8).split(separator: "\n")
  .filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }.map { (String($0[0]), Int($0[1]) ?? 0) }
var failures: [String] = []
@MainActor func bar(_ holds: Bool, _ text: String) {
  print("\(holds ? "met   " : "MISSED") \(text)")
  if !holds { failures.append(text) }
}

print(
  "profile \(profile), \(architecture), \(imported.notes.count { $0.kind == .width }) arguments at the wrong width\n")
for hasArguments in [true, false] {
  var policy = imported.policy
  if !hasArguments { policy.rules.removeAll { !$0.conditions.isEmpty } }
  var filters: [Measured] = []
  let ours = try SystemCallFilter.compile(policy, for: architecture)
  filters.append(
    Measured(
      name: "locara", program: ours.program,
      compile: try microseconds(rounds: 200) { _ = try SystemCallFilter.unproven(policy, for: architecture) },
      proven: try microseconds(rounds: 200) { _ = try SystemCallFilter.compile(policy, for: architecture) }))
  for level: UInt32 in [1, 2] {
    var program: [BPFInstruction] = []
    let time = try microseconds(rounds: 30) {
      program = try Libseccomp.program(policy, architecture, optimize: level)
    }
    filters.append(Measured(name: "libseccomp optimize \(level)", program: program, compile: time))
  }
  // Rounds alternate between the filters, so that a slow moment of the machine hits all of them.
  var loads = [[Double]](repeating: [], count: filters.count)
  for _ in 0..<10 {
    for index in filters.indices {
      var times = [Int](repeating: 0, count: 30)
      guard
        seccomp_time_loads(sockFilter(filters[index].program), UInt16(filters[index].program.count), &times, 30) == 0
      else { fatalError("cannot load \(filters[index].name)") }
      loads[index] += times.map { Double($0) / 1000 }
    }
  }
  for index in filters.indices {
    let sorted = loads[index].sorted()
    filters[index].load = (sorted[0], sorted[sorted.count / 2])
  }

  print(hasArguments ? "## with the argument rules" : "\n## without the argument rules")
  row([
    "filter", "instructions", "compile µs (with proof)", "load µs min (median)", "steps a call, mean of trace",
    "steps at worst",
  ])
  row(Array(repeating: "---", count: 6))
  for filter in filters {
    var total = 0
    var steps = 0
    var worst = 0
    for (name, count) in trace {
      guard let number = SystemCall.named(name)?.number(on: architecture) else { continue }
      let data = SystemCallData(number: number, architecture: token)
      steps += BPFInterpreter.run(filter.program, on: data).steps * count
      total += count
    }
    for call in SystemCall.all {
      guard let number = call.number(on: architecture) else { continue }
      for value: UInt64 in [0, 40, 41, .max] {
        let data = SystemCallData(number: number, architecture: token, arguments: Array(repeating: value, count: 6))
        worst = max(worst, BPFInterpreter.run(filter.program, on: data).steps)
      }
    }
    row([
      filter.name, "\(filter.program.count)", text(filter.compile) + (filter.proven.map { " (\(text($0)))" } ?? ""),
      "\(text(filter.load.minimum)) (\(text(filter.load.median)))", text(Double(steps) / Double(max(total, 1)), 2),
      "\(worst)",
    ])
  }
  print()
  row(["ns a call", "getppid (allowed)", "personality (argument checked)", "syslog (denied)", "number 1000"])
  row(Array(repeating: "---", count: 5))
  for filter in [Measured(name: "no filter", program: [], compile: 0)] + filters {
    let program = sockFilter(filter.program)
    func nanoseconds(_ number: Int, _ argument: UInt) -> String {
      var probe = seccomp_probe()
      probe.number = number
      probe.arguments.0 = argument
      return text(seccomp_time_call(program, UInt16(program.count), &probe, 100_000), 0)
    }
    row([filter.name, nanoseconds(110, 0), nanoseconds(135, 0xFFFF_FFFF), nanoseconds(103, 99), nanoseconds(1000, 0)])
  }
  print()
  let report = FilterReport(ours, try FilterMeaning(of: ours))
  if hasArguments {
    bar(report.instructions <= 72, "at most 72 instructions: \(report.instructions)")
    bar(
      report.cacheable == report.unconditional,
      "every unconditional permission is cacheable: \(report.cacheable) of \(report.unconditional)")
    let ratio = filters[0].load.minimum / filters[2].load.minimum
    bar(ratio <= 0.6, "loads in at most 0.6 of libseccomp's time (optimize 2): \(text(ratio, 2))")
    bar(filters[0].compile <= 1000, "compiles in at most 1 ms: \(text(filters[0].compile / 1000, 2)) ms")
    bar(
      (filters[0].proven ?? 0) <= 5000, "with the proof in at most 5 ms: \(text((filters[0].proven ?? 0) / 1000, 2)) ms"
    )
  }
}

print("\n## trials")
var random = SplitMix64(seed: 0x5EED)
let cases = option("--cases", 1_000_000)
var tried = 0
var wrong = 0
var start = seccomp_nanoseconds()
while tried < cases {
  let policy = PolicyGenerator.satisfiable(PolicyGenerator.policy(&random))
  let target = Architecture.allCases[tried / 1000 % 3]
  let filter = try SystemCallFilter.compile(policy, for: target)
  for _ in 0..<min(2000, cases - tried) {
    let data = PolicyGenerator.input(&random, policy, target)
    if BPFInterpreter.run(filter.program, on: data).action != PlainEvaluator.action(policy, data, on: target) {
      wrong += 1
    }
    tried += 1
  }
}
bar(
  wrong == 0,
  "wrong decisions in \(tried) differential cases: \(wrong) (\(text(Double(seccomp_nanoseconds() - start) / 1e9)) s)")
start = seccomp_nanoseconds()
let mutants = try MutantTrial.run(count: option("--mutants", 10_000), inputs: 1000, &random)
bar(
  mutants.missed == 0 && mutants.falseWitnesses == 0,
  "mutants that the proof misses: \(mutants.missed) of \(mutants.mutants); it found \(mutants.changed) to differ, \(mutants.falseWitnesses) of them with a false witness (\(text(Double(seccomp_nanoseconds() - start) / 1e9)) s)"
)
exit(failures.isEmpty ? 0 : 1)
