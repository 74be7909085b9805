import CSeccomp
import Foundation
import SandboxPlan
import Testing

@testable import Seccomp
@testable import SystemCalls

@Suite struct SystemCallTableTests {
  @Test func everyRowIsRead() {
    let lines = SystemCall.rows.description.split(separator: "\n").count
    #expect(SystemCall.all.count == lines)
    #expect(lines > 380)
    #expect(Set(SystemCall.all.map(\.name)).count == lines)
    for call in SystemCall.all {
      let letters = SystemCall.rows.description.split(separator: "\n").first {
        $0.hasPrefix("\(call.name) ") || $0.contains(" \(call.name) ")
      }
      #expect(letters != nil)
      #expect(call.arguments.count <= 6)
    }
  }

  @Test(arguments: Architecture.allCases) func noNumberIsGivenTwice(_ architecture: Architecture) {
    let numbers = SystemCall.all.compactMap { $0.number(on: architecture) }
    #expect(Set(numbers).count == numbers.count)
    for call in SystemCall.all {
      guard let number = call.number(on: architecture) else { continue }
      #expect(SystemCall.numbered(number, on: architecture)?.name == call.name)
      #expect(SystemCall.named(call.name) == call)
    }
  }

  /// Up to 456, where the table of libseccomp 2.5.4 ends, both know the same calls by the same numbers.
  @Test(arguments: Architecture.allCases) func agreesWithLibseccomp(_ architecture: Architecture) {
    let token = architecture.auditToken
    for call in SystemCall.all {
      let resolved = seccomp_syscall_resolve_name_arch(token, call.name)
      guard let number = call.number(on: architecture) else {
        #expect(resolved < 0, "\(call.name) on \(architecture)")
        continue
      }
      if number > 456 || TableFacts.afterLibseccomp.contains(call.name) { continue }
      #expect(resolved == Int32(number), "\(call.name) on \(architecture)")
    }
    for number in UInt32(0)...456 {
      guard let pointer = seccomp_syscall_resolve_num_arch(token, Int32(number)) else { continue }
      let name = String(cString: pointer)
      free(pointer)
      #expect(SystemCall.numbered(number, on: architecture)?.name == name, "\(number) on \(architecture)")
    }
  }

  #if arch(x86_64)
    /// The headers name nothing that the table lacks, and give it the same number.
    @Test func agreesWithTheKernelHeaders() throws {
      let header = try String(contentsOfFile: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", encoding: .utf8)
      var count = 0
      for line in header.split(separator: "\n") {
        let fields = line.split(separator: " ")
        guard fields.count == 3, fields[0] == "#define", fields[1].hasPrefix("__NR_"), let number = UInt32(fields[2])
        else { continue }
        count += 1
        #expect(SystemCall.named(String(fields[1].dropFirst(5)))?.number(on: .x86_64) == number, "\(line)")
      }
      #expect(count > 350)
    }
  #endif

  @Test func newCallsHaveOneNumberEverywhere() {
    for call in SystemCall.all {
      let numbers = Architecture.allCases.compactMap { call.number(on: $0) }
      if (numbers.max() ?? 0) >= 424 { #expect(Set(numbers).count == 1 && numbers.count == 3, "\(call.name)") }
    }
    #expect(SystemCall.named("mseal")?.number(on: .x86_64) == 462)
    #expect(SystemCall.named("file_setattr")?.number(on: .riscv64) == 469)
  }

  @Test func widthsAreTheKernels() {
    #expect(SystemCall.named("socket")?.arguments.map(\.bits) == [32, 32, 32])
    #expect(SystemCall.named("personality")?.arguments.map(\.bits) == [32])
    #expect(SystemCall.named("ioctl")?.arguments.map(\.bits) == [32, 32, 64])
    #expect(SystemCall.named("fchmod")?.arguments.map(\.bits) == [32, 16])
    #expect(SystemCall.named("mmap")?.arguments.map(\.bits) == [64, 64, 64, 64, 64, 64])
    #expect(SystemCall.named("openat")?.arguments[1] == .pointer)
  }

  @Test func everyGroupHasCallsAndAReason() {
    for group in SystemCallGroup.allCases {
      #expect(!group.calls.isEmpty, "\(group)")
      #expect(group.reason.hasSuffix("."), "\(group)")
    }
  }

  @Test func otherArchitecturesNamesAreToldFromTypos() {
    #expect(SystemCall.foreignArchitectures(of: "socketcall")?.contains("i386") == true)
    #expect(SystemCall.foreignArchitectures(of: "sched_rr_get_interval_time64") != nil)
    #expect(SystemCall.foreignArchitectures(of: "opennat") == nil)
    #expect(SystemCallPolicy.unknownName("socketcall").code == "LC002")
    let typo = SystemCallPolicy.unknownName("opennat")
    #expect(typo.code == "LC001")
    #expect(typo.help == "did you mean `openat`?")
  }
}

enum TableFacts {
  /// Below 457, but newer than libseccomp 2.5.4.
  static let afterLibseccomp: Set<String> = ["uretprobe", "uprobe", "riscv_hwprobe"]
}
