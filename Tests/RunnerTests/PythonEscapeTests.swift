import Digests
import Glibc
import Runner
import SandboxPlan
import Seccomp
import SystemIO
import TestSupport
import Testing

import enum Runner.ExitStatus

/// The same from an interpreter that the app may start, with the machine's programs mounted.
@Suite struct PythonEscapeTests {
  static let script = Locations.fixture("sandbox/escapes/escapes.py")
  static let techniques = run(["/usr/bin/python3", script]).output.split(separator: "\n").map(String.init)

  @Test func thereAreEnough() { #expect(PythonEscapeTests.techniques.count >= 40) }

  @Test(arguments: techniques, SandboxFixture.Caller.allCases)
  func technique(name: String, caller: SandboxFixture.Caller) throws {
    let fixture = try SandboxFixture(["endings"], caller: caller)
    let outside = try Outside("\(fixture.directory)/ungranted")
    try Files.replace(
      "\(fixture.directory)/payload/escapes.py", with: try Files.read(PythonEscapeTests.script, limit: 1 << 20))
    fixture.request.plan.mounts += [
      PlanMount(.host("/usr"), at: "/usr", permitsExecution: true),
      PlanMount(.symbolicLink(target: "usr/bin"), at: "/bin"),
      PlanMount(.symbolicLink(target: "usr/lib"), at: "/lib"),
      PlanMount(.symbolicLink(target: "usr/lib64"), at: "/lib64"),
      PlanMount(.host("/etc/ld.so.cache"), at: "/etc/ld.so.cache", isOptional: true),
    ]
    fixture.request.plan.landlock.fileRules.append(.init(path: "/usr", rights: [.readFile, .readDirectory, .execute]))
    fixture.request.plan.launch.environment.append(.init("PYTHONDONTWRITEBYTECODE", "1"))
    fixture.request.replacedArguments = [
      "/usr/bin/python3", "-S", "/app/escapes.py", name, outside.directory, "/data", "\(outside.victim)",
      "\(outside.port)",
    ]
    var needs = SystemCallNeeds()
    needs.spawn = true
    needs.threads = true
    let architecture = try #require(Architecture.current)
    fixture.request.filter = try PythonEscapeTests.filter(needs, architecture)
    fixture.request.plan.limits = [
      ResourceLimit(.addressSpace, 1 << 30), ResourceLimit(.core, 0), ResourceLimit(.fileSize, 1 << 24),
      ResourceLimit(.processes, 64), ResourceLimit(.openFiles, 128),
    ]
    fixture.request.timeLimit = 30_000
    fixture.request.denials = try DenialLog(
      FileDescriptor.open("/dev/null", O_WRONLY), path: "/dev/null", format: .text)
    let (status, output) = try fixture.run()
    #expect(status == .exited(0), "\(name) as \(caller) got out, or failed in another way: \(status) \(output)")
    try outside.expectUnharmed()
  }

  private static func filter(_ needs: SystemCallNeeds, _ architecture: Architecture) throws -> [UInt8] {
    try SystemCallFilter.compile(.forApp(needs), for: architecture).bytes
  }

  /// The control: outside a sandbox these succeed.
  @Test(arguments: [
    "open_the_file", "climb", "follow_a_link", "hard_link", "descriptor_of_the_root", "copy_with_a_shell",
    "signal_the_victim", "handle_of_the_victim", "connect_to_the_machine", "send_a_datagram",
    "socket_in_the_file_system", "abstract_socket", "program_from_memory", "program_from_data", "library_from_data",
    "code_from_data", "set_user_id", "environment_of_others", "new_namespace",
  ])
  func techniqueSucceedsOutside(name: String) throws {
    let fixture = try SandboxFixture(["endings"])
    let outside = try Outside("\(fixture.directory)/ungranted")
    let outcome = run([
      "/usr/bin/python3", "-S", PythonEscapeTests.script, name, outside.directory, "\(fixture.directory)/data",
      "\(outside.victim)", "\(outside.port)",
    ])
    #expect(outcome.status == 1, "\(outcome)")
  }
}
