import Foundation
import Glibc
import TestSupport
import Testing

/// Answers of a registry that no client may believe: each ends with a clear refusal, and nothing is left behind.
@Suite struct HostileRegistryTests {
  static let cases = [
    "empty", "html", "deep", "doubled", "huge", "many", "other-type", "no-config", "other-digest", "path-digest",
    "negative", "fraction", "enormous", "short", "long", "wrong-blob", "missing-blob", "index", "other-app", "title",
    "right", "loop", "to-file", "long-header", "realm-file", "realm-endless", "token-empty", "endless", "nothing",
  ]

  @Test func everyAnswerIsRefused() throws {
    let world = World("hostile-registry")
    let server = Process()
    let pipe = Pipe()
    server.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    server.arguments = [Locations.fixture("registry/hostile.py")]
    server.standardOutput = pipe
    try server.run()
    defer { kill(server.processIdentifier, SIGKILL) }
    let port = try #require(
      Int(String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .newlines)))
    let impatient: [String: String?] = ["LOCARA_HTTP_ATTEMPTS": "1", "LOCARA_HTTP_TIMEOUT": "5"]
    for name in Self.cases {
      // 256 MiB of address space beyond the program's own are plenty for what may be kept of an answer.
      let outcome = world.command(
        ["/bin/bash", "-c", "ulimit -d 524288; exec \"$0\" \"$@\"", Locations.locara]
          + ["pull", "oci:127.0.0.1:\(port)/\(name):1", "-o", "out.locapp"],
        environment: impatient, timeout: 30)
      #expect(outcome.status == 65 || outcome.status == 1, "\(name): \(outcome)")
      #expect(outcome.errors.contains("error[L"), "\(name): \(outcome)")
      #expect(!outcome.timedOut && !outcome.everything.contains("\u{1B}"), "\(name): \(outcome)")
      #expect(outcome.errors.utf8.count < 2000, "\(name): \(outcome)")
      expectNoTrace(outcome)
    }
    let left = world.command([
      "/bin/sh", "-c", "find . -newer home/Documents/diary.txt -type f; ls -A | grep -v '^home$'",
    ])
    #expect(left.output == "", "\(left)")
    // Tags are shown only when they are tags, and a list without end comes to one.
    let tags = world.locara(["tag", "oci:127.0.0.1:\(port)/right"], environment: impatient, timeout: 30)
    #expect(tags.output == "a\n", "\(tags)")
  }
}
