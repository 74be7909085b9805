import SandboxPlan
import SystemCalls
import Testing

@testable import Seccomp

/// Each decision of the app policy.
@Suite struct AppPolicyTests {
  static let allNeeds: [SystemCallNeeds] = [
    SystemCallNeeds(), SystemCallNeeds(threads: true, network: .tcp),
    SystemCallNeeds(threads: true, spawn: true, network: .full, unixSockets: true, listen: true, sharedMemory: true),
  ]
  private static let none = SystemCallNeeds()

  struct Case: Sendable, CustomStringConvertible {
    var needs: SystemCallNeeds
    var call: String
    var arguments: [UInt64]
    var action: SystemCallAction

    init(
      _ call: String, _ arguments: UInt64..., needs: SystemCallNeeds = SystemCallNeeds(), is action: SystemCallAction
    ) {
      self.needs = needs
      self.call = call
      self.arguments = arguments
      self.action = action
    }

    var description: String { "\(call)(\(arguments.map { String($0, radix: 16) })) \(action)" }
  }

  private static let denied = SystemCallAction.operationNotPermitted

  static let cases: [Case] =
    // Known and denied.
    [
      "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "keyctl", "add_key", "request_key",
      "bpf",
      "userfaultfd", "perf_event_open", "mount", "umount2", "pivot_root", "move_mount", "open_tree", "open_tree_attr",
      "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "chroot", "setns", "unshare", "kexec_load",
      "kexec_file_load", "init_module", "finit_module", "delete_module", "io_uring_setup", "io_uring_enter",
      "io_uring_register", "open_by_handle_at", "name_to_handle_at", "reboot", "swapon", "syslog", "quotactl",
      "clock_settime", "settimeofday", "setuid", "statmount", "listmount",
    ].map { Case($0, is: denied) }
    // What every program needs.
    + [
      "read", "write", "openat", "mmap", "futex", "rseq", "exit_group", "execve", "execveat", "getrandom",
      "landlock_restrict_self", "seccomp", "statx", "prlimit64", "rt_sigreturn", "restart_syscall", "mseal",
    ].map { Case($0, is: .allow) }
    + [
      // clone3 as if it did not exist, clone by its flags.
      Case("clone3", is: .noSuchCall), Case("clone3", needs: allNeeds[2], is: .noSuchCall),
      Case("clone", 0x003D_0F00, is: denied),
      Case("clone", 0x003D_0F00, needs: SystemCallNeeds(threads: true), is: .allow),
      Case("clone", 0x11, needs: SystemCallNeeds(threads: true), is: denied),
      Case("clone", 0x11, needs: SystemCallNeeds(spawn: true), is: .allow),
      Case("clone", 0x003D_0F00, needs: SystemCallNeeds(spawn: true), is: denied),
      Case("clone", 0x1000_0011, needs: allNeeds[2], is: denied),
      Case("clone", 0x0002_0011, needs: allNeeds[2], is: denied),
      Case("clone", 0x11, needs: allNeeds[2], is: .allow),
      // The kernel reads 32 bits of the flags.
      Case("clone", 0xFFFF_FFFF_0000_0011, needs: allNeeds[2], is: .allow),
      Case("fork", is: denied), Case("fork", needs: SystemCallNeeds(spawn: true), is: .allow),
      Case("vfork", is: denied), Case("vfork", needs: SystemCallNeeds(spawn: true), is: .allow),
      // Terminals.
      Case("ioctl", 0, 0x5401, is: .allow), Case("ioctl", 0, 0x5412, is: denied), Case("ioctl", 0, 0x541C, is: denied),
      Case("ioctl", 0, 0x1_0000_5412, is: denied), Case("ioctl", 0, 0xFFFF_FFFF_0000_541C, is: denied),
      // Memory files that cannot be executed.
      Case("memfd_create", 0, 1, is: denied), Case("memfd_create", 0, 9, is: .allow),
      Case("memfd_create", 0, 0x19, is: denied),
      Case("memfd_create", 0, 0x11, is: denied),
      Case("personality", 0, is: .allow), Case("personality", 0xFFFF_FFFF, is: .allow),
      Case("personality", 0x40000, is: denied),
      Case("chmod", 0, 0o755, is: .allow), Case("chmod", 0, 0o4755, is: denied),
      Case("fchmodat", 0, 0, 0o2755, is: denied),
      Case("fchmod", 0, 0x1_0000 | 0o755, is: .allow), Case("fchmod", 0, 0x1_0000 | 0o4755, is: denied),
      Case("mknod", 0, 0o100644, is: .allow), Case("mknod", 0, 0o020644, is: denied),
      Case("mknodat", 0, 0, 0o060644, is: denied),
      Case("mknodat", 0, 0, 0o010644, is: .allow),
      // Sockets by need; families that nobody may have.
      Case("socket", 2, 1, 0, is: denied), Case("socket", 1, 1, 0, is: denied), Case("socketpair", 1, 1, 0, is: .allow),
      Case("socketpair", 2, 1, 0, is: denied), Case("connect", is: denied), Case("listen", is: denied),
      Case("socket", 2, 1, 6, needs: allNeeds[1], is: .allow),
      Case("socket", 10, 0x80801, 0, needs: allNeeds[1], is: .allow),
      Case("socket", 2, 2, 0, needs: allNeeds[1], is: denied),
      Case("socket", 2, 1, 262, needs: allNeeds[1], is: denied),
      Case("socket", 1, 1, 0, needs: allNeeds[1], is: denied), Case("socket", 16, 3, 0, needs: allNeeds[1], is: denied),
      Case("socket", 2, 2, 0, needs: allNeeds[2], is: .allow), Case("socket", 2, 3, 1, needs: allNeeds[2], is: denied),
      Case("socket", 16, 3, 0, needs: allNeeds[2], is: .allow),
      Case("socket", 16, 3, 9, needs: allNeeds[2], is: denied),
      Case("socket", 38, 5, 0, needs: allNeeds[2], is: denied),
      Case("socket", 40, 1, 0, needs: allNeeds[2], is: denied),
      Case("socket", 0x1_0000_0028, 1, 0, needs: allNeeds[2], is: denied),
      Case("socket", 17, 3, 0, needs: allNeeds[2], is: denied),
      Case("socket", 1, 1, 0, needs: allNeeds[2], is: .allow),
      Case("sendto", 3, 0, 0, 0x2000_0000, needs: allNeeds[1], is: denied),
      Case("sendto", 3, 0, 0, 0x4000, needs: allNeeds[1], is: .allow),
      Case("sendmsg", 3, 0, 0x2000_0000, needs: allNeeds[1], is: denied),
      Case("sendto", 3, 0, 0, 0x2000_0000, needs: allNeeds[2], is: .allow),
      Case("shmget", is: denied), Case("shmget", needs: allNeeds[2], is: .allow), Case("mq_open", is: denied),
      Case("msgsnd", needs: allNeeds[2], is: .allow),
    ]

  /// Compiled once for all cases.
  private static let filters: [SystemCallNeeds: [SystemCallFilter]] = Dictionary(
    uniqueKeysWithValues: Set(cases.map(\.needs)).map { needs in
      (needs, Architecture.allCases.compactMap { try? SystemCallFilter.compile(.forApp(needs), for: $0) })
    })

  @Test(arguments: cases) func decides(_ testCase: Case) throws {
    for filter in try #require(Self.filters[testCase.needs]) {
      let architecture = filter.architecture
      guard let number = try #require(SystemCall.named(testCase.call)).number(on: architecture) else { continue }
      let data = SystemCallData(
        number: number, architecture: architecture.auditToken, arguments: testCase.arguments)
      #expect(BPFInterpreter.run(filter.program, on: data).action == testCase.action, "\(architecture)")
    }
    #expect(Self.filters[testCase.needs]?.count == Architecture.allCases.count)
  }

  @Test(arguments: allNeeds) func numbersWithoutANameDoNotExist(_ needs: SystemCallNeeds) throws {
    let filter = try SystemCallFilter.compile(.forApp(needs), for: .x86_64)
    for number: UInt32 in [337, 423, 471, 1000, 0x3FFF_FFFF] {
      let data = SystemCallData(number: number, architecture: Architecture.x86_64.auditToken)
      #expect(BPFInterpreter.run(filter.program, on: data).action == .noSuchCall)
    }
  }

  /// i386, x32 and other architectures are rejected by construction, whatever the policy.
  @Test(arguments: Architecture.allCases) func otherABIsAreRejected(_ architecture: Architecture) throws {
    for needs in Self.allNeeds {
      let filter = try SystemCallFilter.compile(.forApp(needs), for: architecture)
      let report = FilterReport(filter, try FilterMeaning(of: filter))
      #expect(report.rejectsForeign)
      for token: UInt32 in [0x4000_0003, 0x4000_0028, 0, 0xC000_003D] {
        let data = SystemCallData(number: 1, architecture: token)
        #expect(BPFInterpreter.run(filter.program, on: data).action == .killProcess)
      }
      if architecture == .x86_64 {
        for number: UInt32 in [0x4000_0000, 0x4000_0001, 0x4000_020F, 0xFFFF_FFFF] {
          let data = SystemCallData(number: number, architecture: architecture.auditToken)
          #expect(BPFInterpreter.run(filter.program, on: data).action == .killProcess)
        }
      }
    }
  }

  @Test(arguments: Architecture.allCases) func everyUnconditionalPermissionIsCacheable(_ architecture: Architecture)
    throws
  {
    for needs in Self.allNeeds {
      let filter = try SystemCallFilter.compile(.forApp(needs), for: architecture)
      let report = FilterReport(filter, try FilterMeaning(of: filter))
      #expect(report.unconditional > 150)
      #expect(report.cacheable == report.unconditional)
      #expect(report.instructions <= 150)
    }
  }

  /// More needs never take anything away.
  @Test func needsOnlyWiden() throws {
    let small = SystemCallPolicy.forApp(Self.allNeeds[0])
    let large = SystemCallPolicy.forApp(Self.allNeeds[2])
    let difference = try FilterDifference(from: .policy(large), to: .policy(small), on: .x86_64)
    #expect(difference.isWithin)
    #expect(!difference.changes.isEmpty)
    #expect(try !FilterDifference(from: .policy(small), to: .policy(large), on: .x86_64).isWithin)
  }
}
