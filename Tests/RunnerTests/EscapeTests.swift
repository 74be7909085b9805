import Glibc
import Runner
import SandboxPlan
import Seccomp
import SystemIO
import Testing

import enum Runner.ExitStatus

/// More than a hundred attempts to get out, each under the filter that apps get, as root and as an ordinary user: all
/// fail, and what is outside stays as it was.
@Suite struct EscapeTests {
  /// The names that the program itself lists.
  static let techniques: [String] = {
    guard let program = try? Programs.compiled("escapes", from: "escapes"), let pipe = popen(program, "r") else {
      return []
    }
    defer { pclose(pipe) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { text += buffer[..<count] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }()

  @Test func thereAreEnough() { #expect(EscapeTests.techniques.count >= 100) }

  /// As `locara run` starts apps: with a supervisor who is asked about each denial.
  @Test(arguments: techniques, SandboxFixture.Caller.allCases)
  func technique(name: String, caller: SandboxFixture.Caller) throws {
    try expectNoWayOut(name, caller)
  }

  /// The supervisor looks at every path that the app names.
  @Test(arguments: techniques) func techniqueWhileFilesAreExplained(name: String) throws {
    try expectNoWayOut(name, .nobody) { $0.explainsFiles = true }
  }

  /// Nobody is asked: the filter alone denies, as in build steps.
  @Test(arguments: ["mislead_supervisor", "stop_supervisor", "set_user_id_execution", "fork_bomb", "i386_calls"])
  func techniqueWithoutSupervisor(name: String) throws {
    try expectNoWayOut(name, .nobody) { $0.denials = nil }
  }

  /// What the way without namespaces does not promise (spec/runner.md): the number of processes, mapping what may be
  /// read, and a bounding set, which only privilege could empty and without which nothing is gained.
  private static let unpromised = ["fork_bomb", "map_data_executable", "bounding_set"]

  @Test(arguments: techniques.filter { !unpromised.contains($0) })
  func techniqueWithoutNamespaces(name: String) throws {
    try Flat.prepare()
    try expectNoWayOut(name, .nobody) { $0.withoutNamespaces = true }
  }

  private func expectNoWayOut(
    _ name: String, _ caller: SandboxFixture.Caller, _ change: (inout LaunchRequest) -> Void = { _ in }
  ) throws {
    let fixture = try SandboxFixture(["escapes"], caller: caller, sources: "escapes")
    try fixture.addSetUserIdCopy(of: "escapes")
    let outside = try Outside("\(fixture.directory)/ungranted")
    var needs = SystemCallNeeds()
    // Bombs and programs started from strange places are for the other layers to stop.
    needs.spawn = true
    needs.threads = true
    let architecture = try #require(Architecture.current)
    fixture.request.filter = try SystemCallFilter.compile(.forApp(needs), for: architecture).bytes
    fixture.request.plan.limits = [
      ResourceLimit(.addressSpace, 1 << 30), ResourceLimit(.core, 0), ResourceLimit(.fileSize, 1 << 24),
      ResourceLimit(.processes, 64), ResourceLimit(.openFiles, 128),
    ]
    fixture.request.timeLimit = 20_000
    let log = try DenialLog(FileDescriptor.open("/dev/null", O_WRONLY), path: "/dev/null", format: .text)
    fixture.request.denials = log
    change(&fixture.request)
    let inside = fixture.request.withoutNamespaces ? "\(fixture.directory)/data" : "/data"
    let (status, output) = try fixture.run([name, outside.directory, inside, "\(outside.victim)", "\(outside.port)"])
    // A call of another architecture ends the process: SIGSYS.
    #expect(status == .exited(0) || status == .signaled(SIGSYS), "\(name) as \(caller) got out: \(status) \(output)")
    try outside.expectUnharmed()
    // The suite is about this supervisor: it has to have been asked.
    if fixture.request.denials != nil, name == "mislead_supervisor" { #expect(log.total >= 400) }
  }

  /// The control for `set_user_id_execution`: outside, the copy makes an ordinary user root.
  @Test func setUserIdMeansSomethingOutside() throws {
    let fixture = try SandboxFixture(["escapes"], sources: "escapes")
    let path = try fixture.addSetUserIdCopy(of: "escapes")
    let status = try SandboxFixture.Caller.run(as: .nobody) { () throws(Failure) in
      (try? Programs.run([path], name: "rights")) ?? -1
    }
    #expect(status == 1)
  }

  /// The control: outside a sandbox these succeed, so that their failure inside shows something.
  @Test(arguments: [
    "absolute_path", "dot_dot", "symbolic_link", "symbolic_link_directory", "hard_link", "proc_self_root", "proc_cwd",
    "open_any_way", "own_memory", "signal_victim", "signal_thread", "signal_by_descriptor", "signal_queue", "unix_path",
    "unix_abstract", "tcp", "udp", "netlink", "execute_data", "execute_memory", "execute_memory_path",
    "map_data_executable", "set_user_id_program", "new_user_namespace", "clone_namespace", "clone3_namespace",
    "victim_environment", "no_randomization",
  ])
  func techniqueSucceedsOutside(name: String) throws {
    let fixture = try SandboxFixture(["escapes"], sources: "escapes")
    let outside = try Outside("\(fixture.directory)/ungranted")
    let status = try Programs.run([
      "\(fixture.directory)/payload/escapes", name, outside.directory, "\(fixture.directory)/data",
      "\(outside.victim)", "\(outside.port)",
    ])
    #expect(status == 1)
  }
}

/// What an escape would reach: a file, a process, and sockets that listen.
final class Outside {
  let directory: String
  let victim: pid_t
  let port: UInt16
  private var sockets: [Int32] = []

  init(_ directory: String) throws {
    self.directory = directory
    var process: pid_t = 0
    // Ignores the harmless signals that are tried on it.
    let words = ["sh", "-c", "trap '' USR1; while :; do sleep 60; done"]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    try #require(posix_spawnp(&process, "sh", nil, nil, &arguments, environ) == 0)
    victim = process

    func listen(_ address: UnsafePointer<sockaddr>, _ length: Int, _ family: Int32) throws -> Int32 {
      let number = socket(family, Int32(SOCK_STREAM.rawValue), 0)
      try #require(number >= 0 && bind(number, address, socklen_t(length)) == 0)
      try #require(Glibc.listen(number, 8) == 0)
      return number
    }
    for name in [Array("\(directory)/socket".utf8), [0] + Array(directory.utf8)] {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
      let length = name[0] == 0 ? MemoryLayout<sa_family_t>.size + name.count : MemoryLayout<sockaddr_un>.size
      sockets.append(
        try withUnsafePointer(to: &address) {
          try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { try listen($0, length, AF_UNIX) }
        })
    }
    var internet = sockaddr_in()
    internet.sin_family = sa_family_t(AF_INET)
    internet.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let number = try withUnsafePointer(to: &internet) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try listen($0, MemoryLayout<sockaddr_in>.size, AF_INET)
      }
    }
    sockets.append(number)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &internet) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(number, $0, &length) }
    }
    port = UInt16(bigEndian: internet.sin_port)
  }

  func expectUnharmed() throws {
    #expect(try Files.read("\(directory)/file", limit: 100) == Array("secret\n".utf8))
    #expect(try Directories.names(in: directory) == ["file", "socket"])
    var status: Int32 = 0
    #expect(waitpid(victim, &status, WNOHANG) == 0, "the victim has ended")
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    #expect(!name.starts(with: "owned".utf8CString.dropLast()))
  }

  deinit {
    kill(victim, SIGKILL)
    var status: Int32 = 0
    waitpid(victim, &status, 0)
    for number in sockets { close(number) }
  }
}
