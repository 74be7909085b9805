import Glibc
import TestSupport
import Testing

/// `locara run --no-namespaces`: Landlock and the system-call filter alone.
@Suite struct NoNamespacesTests {
  private func run(_ world: World, _ arguments: String...) -> Outcome {
    world.locara(["run", Hello.built.bundle, "--no-namespaces", "--"] + arguments)
  }

  @Test func runsAndSaysWhatIsWeaker() {
    let world = World("flat")
    let outcome = run(world, "greet", "Ada")
    expectSuccess(outcome)
    #expect(outcome.output == "Hello, Ada!\n")
    for word in ["no namespaces", "change modes", "other files exist"] { #expect(outcome.errors.contains(word)) }
    // Only for who asked for it.
    #expect(!world.locara("run", Hello.built.bundle, "--", "greet").errors.contains("namespaces"))
  }

  @Test func keepsDataAndPassesTheStatus() {
    let world = World("flat")
    expectSuccess(run(world, "keep", "a", "b"))
    #expect(run(world, "show", "a").output == "b")
    // The same data as with namespaces.
    #expect(world.locara("run", Hello.built.bundle, "--", "show", "a").output == "b")
    #expect(run(world, "exit", "7").status == 7)
    #expect(run(world, "signal", "15").status == 143)
  }

  @Test func whatIsNotGrantedIsDenied() throws {
    let world = World("flat")
    let diary = "\(world.home)/Documents/diary.txt"
    for words in [
      ["read", diary], ["write", diary], ["list", world.home], ["read", "/etc/hostname"], ["write", "/tmp/intruder"],
      ["remove", diary], ["mkdir", "\(world.home)/new"], ["socket", "inet"], ["socket", "unix"], ["socket", "netlink"],
      ["exec", "/bin/true"], ["list", "/proc"], ["read", "/proc/1/cmdline"], ["read", "/proc/\(getpid())/cmdline"],
      ["kill", "\(getpid())"], ["call", "ptrace"], ["call", "unshare-user"], ["call", "io-uring"],
    ] {
      let outcome = world.locara(["run", Hello.built.bundle, "--no-namespaces", "--"] + words)
      #expect(outcome.output.hasPrefix("denied "), "\(words): \(outcome)")
    }
    #expect(contents(of: diary) == Array("what the user wants to keep private\n".utf8))
    #expect(!run(world, "read", "/proc/self/cmdline").output.hasPrefix("denied"))
    #expect(run(world, "fds").output == "0\n1\n2\n")
  }

  /// Nothing of the start is left: no process and no file of its own.
  @Test func leavesNothing() {
    let world = World("flat")
    expectSuccess(run(world, "greet"))
    #expect(entries(below: "\(world.data)/locara/scratch") == [])
    let marker = "31\(UInt32.random(in: 100_000...999_999))"
    let command = [Locations.locara, "run", Hello.built.bundle, "--no-namespaces", "--", "sleep", marker]
    _ = world.command(["timeout", "-s", "KILL", "1"] + command)
    let left = TestSupport.run(["bash", "-c", "sleep 0.5; pgrep -f 'sleep \(marker)' | grep -v $$ || true"])
    #expect(left.output == "", "\(left)")
    // What a killed runner left goes with the next start, or is what that start uses: directories without a file in them.
    expectSuccess(run(world, "greet"))
    let scratch = "\(world.data)/locara/scratch"
    #expect(TestSupport.run(["find", scratch, "-mindepth", "1", "-not", "-type", "d"]).output == "")
    #expect(entries(below: scratch).count { !$0.contains("/") } <= 1)
  }

  /// Where user namespaces are forbidden the refusal names this way, and it works.
  @Test func worksWhereNamespacesAreForbidden() {
    let world = World("flat")
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\""
    func forbidden(_ options: [String]) -> Outcome {
      world.command(
        ["unshare", "--user", "--map-root-user", "/bin/bash", "-c", script, "bash", Locations.locara, "run"]
          + [Hello.built.bundle] + options + ["--", "greet"])
    }
    expectRefused(forbidden([]), status: 125, codes: ["LR011"], naming: ["--no-namespaces"])
    let outcome = forbidden(["--no-namespaces"])
    expectSuccess(outcome)
    #expect(outcome.output == "Hello, world!\n")
  }
}
