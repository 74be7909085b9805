import Glibc
import Runner
import SandboxPlan
import SystemIO
import Testing

import enum Runner.ExitStatus

@Suite struct DenialTests {
  final class Collector: DenialReceiver {
    var denials: [Denial] = []
    func receive(_ denial: Denial) { denials.append(denial) }
  }

  /// socket EACCES, connect EPERM, mount EPERM, io_uring_setup ENOSYS, setdomainname EPERM; x86_64's numbers.
  private static let filter = Filter.allowing(except: [41: 13, 42: 1, 165: 1, 425: 38, 171: 1])

  @Test(arguments: SandboxFixture.Caller.allCases)
  func denialsAreExplained(caller: SandboxFixture.Caller) throws {
    let fixture = try SandboxFixture(["denied"], caller: caller)
    let collector = Collector()
    fixture.request.filter = DenialTests.filter
    fixture.request.denials = collector
    let (status, output) = try fixture.run()
    #expect(status == .exited(0))
    #expect(
      output == """
        socket EACCES
        socket EACCES
        connect EPERM
        connect EPERM
        mount EPERM
        connect EPERM
        absent ENOSYS

        """)
    #expect(
      collector.denials.map { "\($0.call)(\($0.arguments.joined(separator: ", "))) \($0.answer) \($0.manifest)" } == [
        "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) EACCES net: true",
        "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) EACCES net: true",
        "connect(0, \"93.184.216.34:443\", 16) EPERM net: true",
        "connect(0, \"/run/dbus/system_bus_socket\", 110) EPERM net: true",
        "mount(\"none\", \"/tmp/\\u{1b}[31mred\", \"tmpfs\", 0x1, 0x0) EPERM ",
        "connect(0, 0x10, 16) EPERM net: true",
      ])
  }

  @Test func withoutReceiverTheFilterDeniesAlone() throws {
    let fixture = try SandboxFixture(["denied"])
    fixture.request.filter = DenialTests.filter
    #expect(try fixture.run().output.hasPrefix("socket EACCES\n"))
  }

  @Test func allowedCallsAskNobody() throws {
    let fixture = try SandboxFixture(["denied"])
    let collector = Collector()
    fixture.request.filter = DenialTests.filter
    fixture.request.denials = collector
    _ = try fixture.run(["1000"])
    // The program makes 1000 allowed and 1000 denied calls more.
    #expect(collector.denials.count == 6 + 1000)
  }

  @Test func logTellsEachKindOnceAndStaysBounded() throws {
    let pipe = try Pipe()
    var log: DenialLog? = DenialLog(FileDescriptor(owning: dup(pipe.writing)), path: "log", format: .text)
    for index in 0..<1000 {
      for _ in 0..<2 {
        log?.receive(
          Denial(call: "open", arguments: ["\(index)"], answer: "EPERM", capability: "", manifest: "", reason: "r"))
      }
    }
    log?.summarize()
    #expect(log?.total == 2000)
    #expect(log?.denials.count == 256)
    log = nil
    pipe.closeWriting()
    let lines = pipe.readAll().split(separator: "\n")
    #expect(lines.count == 256 + 1)
    #expect(lines.first == "locara: denied open(0) = EPERM: r; no line of a manifest allows this")
    #expect(lines.last == "locara: 2000 denied calls of 256 kinds or more")
  }
}
