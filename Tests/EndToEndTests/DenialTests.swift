import Glibc
import TestSupport
import Testing

/// hello-c tries what its manifest does not allow. Each try is made without the sandbox too where it does no harm: a
/// denial shows something only if the same call goes through outside.
@Suite struct DenialTests {
  static let denied: Int32 = 13

  @Test(arguments: ["inet", "inet6", "udp", "unix", "netlink", "packet", "vsock", "alg"])
  func opensNoSocket(family: String) {
    let outcome = Hello.run("socket", family)
    #expect(outcome.status == Self.denied, "\(outcome)")
    #expect(outcome.output.hasPrefix("denied E"), "\(outcome)")
  }

  /// The kernel reads 32 bits of the family; a filter that compares 64 lets these through.
  @Test(arguments: ["0x100000002", "0x100000028", "0x8000000000000026", "0xffffffff00000001"])
  func opensNoSocketByItsUpperHalf(family: String) {
    let outcome = Hello.run("wide-socket", family)
    #expect(outcome.status == Self.denied || outcome.status == 128 + 31, "\(outcome)")
  }

  @Test(arguments: [
    "unshare-user", "unshare-mount", "setns", "mount", "umount", "chroot", "ptrace", "process-vm-read", "keyctl", "bpf",
    "perf-event", "io-uring", "userfaultfd", "open-by-handle", "sethostname", "tiocsti",
  ])
  func makesNoDangerousCall(name: String) {
    let outcome = Hello.run("call", name)
    #expect(outcome.status == Self.denied, "\(outcome)")
    #expect(["denied EPERM\n", "denied ENOSYS\n", "denied EACCES\n"].contains(outcome.output), "\(outcome)")
  }

  /// A call that the filter's table does not know: ENOSYS, so that libraries take their older way.
  @Test func makesNoUnknownCall() {
    #expect(Hello.run("call", "unknown").output == "denied ENOSYS\n")
  }

  @Test func readsNothingOfTheUser() {
    let diary = "\(Hello.built.world.home)/Documents/diary.txt"
    #expect(run(["cat", diary]).output.contains("private"))
    for path in [diary, Hello.built.world.home, "/home", "/root", "/etc/shadow", Hello.built.bundle] {
      let outcome = Hello.run("read", path)
      #expect(outcome.status == Self.denied, "\(outcome)")
      #expect(["denied ENOENT\n", "denied EACCES\n"].contains(outcome.output), "\(outcome)")
    }
  }

  @Test func readsNothingOfOtherProcesses() {
    for path in ["/proc/1/environ", "/proc/1/mem", "/proc/self/mem", "/proc/kcore", "/sys/kernel", "/dev/mem"] {
      let outcome = Hello.run("read", path)
      #expect(outcome.status == Self.denied || outcome.output == "", "\(outcome)")
    }
  }

  @Test(arguments: ["/app/x", "/app/bin/hello", "/usr/x", "/x", "/etc/x", "/models/x", "/proc/self/comm", "/dev/x"])
  func writesNothingOutsideItsData(path: String) {
    let outcome = Hello.run("write", path)
    #expect(outcome.status == Self.denied, "\(outcome)")
  }

  @Test(arguments: ["/data/../usr/x", "/data/../app/x", "/proc/self/root/usr/x", "/proc/self/cwd/x"])
  func doesNotGetOutByItsPath(path: String) {
    #expect(Hello.run("write", path).status == Self.denied)
  }

  @Test func doesNotGetOutByALink() {
    let world = World("link")
    expectSuccess(Hello.run("link", "\(world.home)/Documents/diary.txt", "/data/diary", world: world))
    #expect(Hello.run("read", "/data/diary", world: world).status == Self.denied)
    expectSuccess(Hello.run("link", "/etc", "/data/etc", world: world))
    #expect(Hello.run("read", "/data/etc/shadow", world: world).status == Self.denied)
  }

  @Test func startsNoOtherProgram() {
    let copy = Hello.run("write", "/data/program", "#!/bin/sh\necho out\n")
    expectSuccess(copy)
    for path in ["/usr/bin/id", "/bin/sh", "/data/program"] {
      let outcome = Hello.run("exec", path)
      #expect(outcome.status == Self.denied, "\(outcome)")
    }
  }

  /// The dynamic loader must stay executable, since the kernel starts it for dynamic programs; what it maps has the
  /// app's rights and no more. `inspect` says so.
  @Test func loaderGivesNoFurtherRights() {
    let loader = run(["bash", "-c", "ls /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 2>/dev/null"]).output
    let path = String(loader.prefix { $0 != "\n" })
    let diary = "\(Hello.built.world.home)/Documents/diary.txt"
    let outcome = Hello.run("exec", path, "/usr/bin/cat", diary)
    #expect(outcome.status != 0, "\(outcome)")
    #expect(!outcome.output.contains("private"), "\(outcome)")
    #expect(Hello.built.world.locara("inspect", Hello.built.bundle).output.contains("can still map or interpret code"))
  }

  @Test func startsNoProgramFromMemory() {
    let outcome = Hello.run("exec-memory", "/app/bin/hello", "greet", "memory")
    #expect(outcome.status == Self.denied, "\(outcome)")
    #expect(!outcome.output.contains("Hello"))
  }

  @Test func makesNoDeviceAndNoSetuidProgram() {
    #expect(Hello.run("mknod", "/data/null").status == Self.denied)
    expectSuccess(Hello.run("keep", "plain", "x"))
    #expect(Hello.run("setuid", "/data/plain").status == Self.denied)
  }

  @Test func signalsNobody() {
    let outcome = Hello.run("kill", "\(getpid())")
    #expect(outcome.output == "denied ESRCH\n" || outcome.output == "denied EPERM\n", "\(outcome)")
  }

  /// The control: the same program without the sandbox can do what the denials above deny.
  @Test func canDoItWithoutTheSandbox() throws {
    let world = World("control")
    let app = world.copy(app: "hello-c")
    let program = "\(app)/bin/hello"
    expectSuccess(world.command(["mkdir", "\(app)/bin"]))
    expectSuccess(world.command(["cc", "-static", "-O2", "-o", program, "\(app)/src/hello.c"]))
    for words in [
      ["socket", "inet"], ["socket", "unix"], ["read", "\(world.home)/Documents/diary.txt"],
      ["write", "\(app)/beside"], ["exec", "/usr/bin/true"], ["exec-memory", program, "greet"],
      ["call", "unshare-user"], ["allocate", "1024"], ["setuid", "\(app)/beside"],
    ] {
      let outcome = world.command([program] + words)
      #expect(outcome.status == 0, "\(outcome)")
    }
  }
}
