import Glibc
import Runner
import SandboxPlan
import SystemIO
import Testing

import enum Runner.ExitStatus

/// Where denials are told: to people at a terminal, who must not be fooled, and to readers, for whom nobody waits.
@Suite struct DenialLogTests {
  private static func denial(_ argument: String, manifest: String = "", reason: String = "r") -> Denial {
    Denial(
      call: "open", arguments: [argument], answer: "EPERM", capability: "", manifest: manifest, reason: reason)
  }

  /// A pipe that holds no byte more.
  private static func fullPipe() throws -> Pipe {
    let pipe = try Pipe()
    let other = open("/proc/self/fd/\(pipe.writing)", O_WRONLY | O_NONBLOCK)
    try #require(other >= 0)
    defer { close(other) }
    let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
    while write(other, bytes, bytes.count) > 0 {}
    return pipe
  }

  @Test func nobodyWaitsForAReader() throws {
    let pipe = try DenialLogTests.fullPipe()
    var log: DenialLog? = DenialLog(FileDescriptor(owning: dup(pipe.writing)), path: "log", format: .text)
    for index in 0..<3 { log?.receive(DenialLogTests.denial("\(index)")) }
    // The caller's own descriptor is as it was: it blocks.
    #expect(fcntl(pipe.writing, F_GETFL) & O_NONBLOCK == 0)
    var drained = [UInt8](repeating: 0, count: 1 << 20)
    #expect(read(pipe.reading, &drained, drained.count) > 0)
    log?.receive(DenialLogTests.denial("3"))
    log?.summarize()
    log = nil
    pipe.closeWriting()
    #expect(
      pipe.readAll() == """
        locara: denied open(3) = EPERM: r; no line of a manifest allows this
        locara: 4 denied calls of 4 kinds; 3 of the lines about them were lost, since nobody read them in time

        """)
  }

  /// A socket is not opened a second time; nobody waits for it either.
  @Test func nobodyWaitsForASocket() throws {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { close(ends[1]) }
    let log = DenialLog(FileDescriptor(owning: ends[0]), path: "log", format: .jsonLines)
    for index in 0..<256 {
      log.receive(DenialLogTests.denial(String(repeating: "\(index % 10)", count: 8192) + "\(index)"))
    }
    #expect(log.total == 256)
  }

  /// An app that floods a reader who has gone to sleep is still ended by its time, and answered until then.
  @Test(.timeLimit(.minutes(1))) func anAppCannotHoldTheSupervisor() throws {
    let pipe = try DenialLogTests.fullPipe()
    let fixture = try SandboxFixture(["denied"])
    fixture.request.filter = Filter.allowing(except: [41: 13, 42: 1, 165: 1, 171: 1])
    fixture.request.denials = DenialLog(FileDescriptor(owning: dup(pipe.writing)), path: "log", format: .text)
    fixture.request.timeLimit = 20_000
    #expect(try fixture.run(["300"]).status == .exited(0))
  }

  /// Whoever writes denials to a file is told on standard error that there were any; one is enough.
  @Test func theSummaryIsForPeople() throws {
    let (file, errors) = (try Pipe(), try Pipe())
    var log: DenialLog? = DenialLog(
      NonblockingOutput(FileDescriptor(owning: dup(file.writing))), path: "denials\u{1B}c.jsonl", format: .jsonLines,
      summary: NonblockingOutput(FileDescriptor(owning: dup(errors.writing))))
    log?.summarize()
    log?.receive(DenialLogTests.denial("a"))
    log?.summarize()
    log = nil
    file.closeWriting()
    errors.closeWriting()
    #expect(errors.readAll() == "locara: 1 denied call of 1 kind, told in denials\\u{1b}c.jsonl\n")
    #expect(file.readAll().split(separator: "\n").count == 1)
  }

  @Test func nothingOfADenialReachesTheTerminalRaw() {
    let text = DenialLogTests.denial(
      "\u{1B}[2J", manifest: "fs: {user-paths: {\u{9B}31m\nlocara: forged: read}}", reason: "\u{202E}r"
    ).text
    #expect(isAllShown(text), "\(text)")
    #expect(text.contains("{\\u{9b}31m\\u{a}locara: forged: read}") && text.contains(": \\u{202e}r;"), "\(text)")
  }

  /// Names that the app makes up do not become lines of a manifest, nor escapes in what is suggested.
  @Test func namesOfTheAppAreNoLinesOfAManifest() throws {
    let fixture = try SandboxFixture(["files"])
    fixture.request.plan.mounts.append(PlanMount(.directory, at: "/user"))
    fixture.request.plan.mounts.append(PlanMount(.directory, at: "/etc"))
    let pipe = try Pipe()
    let log = DenialLog(FileDescriptor(owning: dup(pipe.writing)), path: "log", format: .text)
    fixture.request.denials = log
    fixture.request.explainsFiles = true
    _ = try fixture.run([
      "read", "/user/\u{1B}]0;owned\u{7}\n  fs: {read: [x]}", "read", "/etc/\u{9B}31m\u{202E}\u{E0041}x",
      "read", "/user/music",
    ])
    pipe.closeWriting()
    #expect(
      Set(log.denials.map(\.denial.manifest)) == [
        "", #"fs: {read: ["/etc/\x9b31m\u202e\U000e0041x"]}"#, "fs: {user-paths: {music: read}}",
      ], "\(log.denials)")
    #expect(log.suggestion.split(separator: "\n").count == 4, "\(log.suggestion)")
    #expect(isAllShown(log.suggestion.filter { $0 != "\n" }), "\(log.suggestion)")
  }
}

/// ASCII without controls: all that these tests write besides what must be escaped.
private func isAllShown(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
