internal import CSeccomp
internal import Glibc
package import SandboxPlan
package import Seccomp
internal import SystemCalls

/// Programs that the system's libseccomp makes of our policies.
package enum Libseccomp {
  package struct Problem: Error { package var text: String }

  package static func program(
    _ policy: SystemCallPolicy, _ architecture: Architecture, optimize: UInt32 = 2
  ) throws -> [BPFInstruction] {
    guard let context = seccomp_init(action(policy.denied)) else { throw Problem(text: "init") }
    defer { seccomp_release(context) }
    let native = seccomp_arch_native()
    if native != architecture.auditToken {
      guard seccomp_arch_add(context, architecture.auditToken) == 0, seccomp_arch_remove(context, native) == 0 else {
        throw Problem(text: "arch")
      }
    }
    seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, action(policy.foreign))
    seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, optimize)
    for rule in policy.rules where rule.action != policy.denied {
      guard let call = SystemCall.named(rule.call), call.number(on: architecture) != nil
      else { continue }
      // Numbers are those of the machine's own architecture; libseccomp translates them.
      let known = seccomp_syscall_resolve_name(rule.call)
      // What its table does not have is the same number on all of our architectures.
      let number = known == -1 ? Int32(call.number(on: architecture) ?? 0) : known
      var comparisons: [scmp_arg_cmp] = try rule.conditions.map { condition in
        switch condition.comparison {
        case .equal(let value): scmp_arg_cmp(arg: UInt32(condition.index), op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
        case .notEqual(let value):
          scmp_arg_cmp(arg: UInt32(condition.index), op: SCMP_CMP_NE, datum_a: value, datum_b: 0)
        case .maskedEqual(let mask, let value):
          scmp_arg_cmp(arg: UInt32(condition.index), op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
        case .less(let value): scmp_arg_cmp(arg: UInt32(condition.index), op: SCMP_CMP_LT, datum_a: value, datum_b: 0)
        case .lessOrEqual(let value):
          scmp_arg_cmp(arg: UInt32(condition.index), op: SCMP_CMP_LE, datum_a: value, datum_b: 0)
        case .greater(let value):
          scmp_arg_cmp(arg: UInt32(condition.index), op: SCMP_CMP_GT, datum_a: value, datum_b: 0)
        case .greaterOrEqual(let value):
          scmp_arg_cmp(arg: UInt32(condition.index), op: SCMP_CMP_GE, datum_a: value, datum_b: 0)
        default: throw Problem(text: "libseccomp has no such comparison")
        }
      }
      let result = seccomp_rule_add_array(
        context, action(rule.action), number, UInt32(comparisons.count), &comparisons)
      guard result == 0 || result == -EEXIST else { throw Problem(text: "\(rule): \(result)") }
    }
    guard let stream = tmpfile() else { throw Problem(text: "temporary file") }
    defer { fclose(stream) }
    let file = fileno(stream)
    guard seccomp_export_bpf(context, file) == 0 else { throw Problem(text: "export") }
    let length = Int(lseek(file, 0, SEEK_END))
    var bytes = [UInt8](repeating: 0, count: length)
    guard pread(file, &bytes, length, 0) == length else { throw Problem(text: "read") }
    return try BPFChecker.program(reading: bytes)
  }

  package static func action(_ action: SystemCallAction) -> UInt32 { action.returnValue }
}
