import Glibc
import Runner
import SandboxPlan
import SystemIO
import Testing

import enum Runner.ExitStatus

@Suite struct EndingTests {
  @Test(arguments: [0, 1, 42, 255])
  func exitCodePasses(code: Int32) throws {
    let (status, _) = try SandboxFixture(["endings"]).run(["exit", "\(code)"])
    #expect(status == .exited(code))
    #expect(status.shellCode == code)
  }

  @Test(arguments: [SIGKILL, SIGSEGV, SIGTERM, SIGABRT, SIGPIPE])
  func signalPasses(signal: Int32) throws {
    let (status, _) = try SandboxFixture(["endings"], caller: .nobody).run(["signal", "\(signal)"])
    #expect(status == .signaled(signal))
    #expect(status.shellCode == 128 + signal)
  }

  @Test func standardStreamsPassThrough() throws {
    let text = "one line\nand another, 日本語\n"
    let (status, output) = try SandboxFixture(["endings"]).run(["copy"], input: text)
    #expect(status == .exited(0))
    #expect(output == text)
  }

  @Test(arguments: SandboxFixture.Caller.allCases)
  func processesLeftBehindEndWithTheProgram(caller: SandboxFixture.Caller) throws {
    let fixture = try SandboxFixture(["endings"], caller: caller)
    #expect(try fixture.run(["orphans"]).status == .exited(7))
    #expect(try processes(executing: "\(fixture.directory)/payload/endings").isEmpty)
  }

  @Test func timeLimitEndsTheProgram() throws {
    let fixture = try SandboxFixture(["endings"])
    fixture.request.timeLimit = 100
    #expect(try fixture.run(["sleep"]).status == .timedOut)
    #expect(try fixture.run(["stubborn"]).status == .timedOut)
    #expect(ExitStatus.timedOut.shellCode == 124)
  }

  /// Processes whose program is this file, by device and inode.
  private func processes(executing path: String) throws -> [String] {
    var file = stat()
    try #require(stat(path, &file) == 0)
    return try Directories.names(in: "/proc").filter { name in
      var program = stat()
      return stat("/proc/\(name)/exe", &program) == 0 && program.st_ino == file.st_ino && program.st_dev == file.st_dev
    }
  }
}
