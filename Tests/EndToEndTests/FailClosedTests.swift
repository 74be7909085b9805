import Glibc
import TestSupport
import Testing

/// Kernels that cannot enforce what the bundle needs, made from this one by faults that strace(1) injects and by limits:
/// the app does not start, and the error says what is missing.
@Suite struct FailClosedTests {
  /// A system call of the set-up, and how it fails.
  struct Fault: Sendable, CustomTestStringConvertible {
    var call: String
    var error: String
    /// Which of the calls fail, for a call that is also made for harmless reasons: strace's `when`.
    var when = "1+"
    var testDescription: String { "\(call) \(error)" }
  }

  static let faults = [
    Fault(call: "clone3", error: "ENOSYS"), Fault(call: "clone3", error: "EPERM"),
    Fault(call: "clone3", error: "ENOSPC"),
    Fault(call: "mount", error: "EPERM"), Fault(call: "fsopen", error: "ENOSYS"),
    Fault(call: "fsmount", error: "EPERM"),
    Fault(call: "move_mount", error: "EPERM"), Fault(call: "open_tree", error: "EPERM"),
    Fault(call: "mount_setattr", error: "EPERM"), Fault(call: "pivot_root", error: "EINVAL"),
    Fault(call: "landlock_create_ruleset", error: "EOPNOTSUPP"),
    Fault(call: "landlock_create_ruleset", error: "ENOSYS"),
    Fault(call: "landlock_add_rule", error: "EINVAL"), Fault(call: "landlock_restrict_self", error: "E2BIG"),
    Fault(call: "seccomp", error: "EINVAL"), Fault(call: "seccomp", error: "ENOSYS"),
    Fault(call: "capset", error: "EPERM"),
    Fault(call: "setrlimit", error: "EPERM"), Fault(call: "prlimit64", error: "EPERM", when: "2+"),
    Fault(call: "close_range", error: "ENOSYS"), Fault(call: "sethostname", error: "EPERM"),
    Fault(call: "chdir", error: "EACCES"),
  ]

  @Test(arguments: faults)
  func aFailingCallStopsTheStart(fault: Fault) throws {
    let world = World("fault")
    let trace = world.directory("trace")
    let outcome = world.command(
      [
        "strace", "-f", "-qq", "-o", trace, "-e", "trace=\(fault.call)", "-e",
        "inject=\(fault.call):error=\(fault.error):when=\(fault.when)", Locations.locara, "run", Hello.built.bundle,
        "--",
        "greet",
      ], timeout: 60)
    let log = String(decoding: try #require(contents(of: trace), "strace wrote nothing: \(outcome)"), as: UTF8.self)
    // A call that the set-up does not make has nothing to fail.
    guard log.contains("(INJECTED)") else {
      #expect(outcome.output == "Hello, world!\n", "\(outcome)")
      return
    }
    #expect(!outcome.output.contains("Hello"), "started all the same: \(outcome)\n\(log)")
    expectRefused(outcome, status: 125)
  }

  /// Enough of the faults above are really injected; otherwise the suite would prove nothing.
  @Test func theFaultsAreThoseOfTheSetUp() throws {
    let world = World("calls")
    let trace = world.directory("trace")
    expectSuccess(
      world.command(["strace", "-f", "-qq", "-o", trace, Locations.locara, "run", Hello.built.bundle, "--", "greet"]))
    let log = String(decoding: try #require(contents(of: trace)), as: UTF8.self)
    for call in ["clone3", "pivot_root", "landlock_restrict_self", "seccomp", "capset", "move_mount"] {
      #expect(log.contains(" \(call)("), "the set-up makes no \(call)")
    }
  }

  /// A machine whose administrator allows no user namespaces.
  @Test func noUserNamespaces() {
    let world = World("userns")
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\""
    let outcome = world.command([
      "unshare", "--user", "--map-root-user", "/bin/bash", "-c", script, "bash", Locations.locara, "run",
      Hello.built.bundle, "--", "greet",
    ])
    expectRefused(outcome, status: 125, naming: ["user namespace"])
    #expect(!outcome.output.contains("Hello"), "\(outcome)")
  }

  /// Nobody's user runs bundles as well as root does.
  @Test(.enabled(if: getuid() == 0, "it takes root to become another user"))
  func anOrdinaryUserRunsBundles() {
    let world = World("nobody")
    // What is under test must be readable for others, wherever the checkout is.
    expectSuccess(
      world.command([
        "/bin/bash", "-ec",
        """
        mkdir programs own && cp '\(Locations.locara)' '\(Hello.built.bundle)' programs/
        chmod 755 . programs programs/* && chmod 644 programs/*.locapp && chown 65534:65534 own
        """,
      ]))
    let launcher = world.directory("programs/locara")
    let bundle = world.directory("programs/hello.locapp")
    func run(_ arguments: String...) -> Outcome {
      world.command(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", launcher, "run", bundle, "--"] + arguments,
        environment: ["HOME": world.directory("own"), "XDG_DATA_HOME": world.directory("own/data")])
    }
    let outcome = run("greet", "nobody")
    expectSuccess(outcome)
    #expect(outcome.output == "Hello, nobody!\n")
    #expect(run("socket", "inet").output.hasPrefix("denied "))
    #expect(run("read", "/etc/shadow").output.hasPrefix("denied "))
    expectSuccess(run("keep", "x", "y"))
  }

  @Test func doctorSaysWhatThisKernelCanDo() {
    let outcome = World("doctor").locara("doctor")
    expectSuccess(outcome)
    for word in ["andlock", "eccomp", "namespace"] { #expect(outcome.output.contains(word), "\(outcome)") }
  }

  /// The same question on a kernel that cannot: another answer.
  @Test func doctorSaysWhatIsMissing() {
    let world = World("doctor")
    let outcome = world.command([
      "strace", "-f", "-qq", "-o", world.directory("trace"), "-e", "trace=landlock_create_ruleset", "-e",
      "inject=landlock_create_ruleset:error=ENOSYS", Locations.locara, "doctor",
    ])
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.output != world.locara("doctor").output)
    expectNoTrace(outcome)
  }
}
