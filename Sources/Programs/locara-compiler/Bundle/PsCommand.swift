internal import ArgumentParser
internal import CanonicalJSON
internal import Glibc
internal import Runner
internal import SystemIO

struct PsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "List the apps of this user that run now.",
    discussion: """
      The pid is that of `locara run`: ending that ends the app and everything it started.

      Examples:
        locara ps
        locara ps --format json
      """)

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let records = try RunRecord.running()
    switch format {
    case .text:
      if records.isEmpty { Console.note("nothing runs now") }
      for record in records {
        Console.print("\(record.id)  \(record.app)  pid \(record.process)  since \(Self.time(record.since))")
      }
    case .json:
      let list = records.map { record -> JSON in
        [
          "id": .string(record.id), "app": .string(record.app), "bundle": .string(record.bundle),
          "pid": .integer(Int64(record.process)), "since": .string(Self.time(record.since)),
        ]
      }
      Console.write(JSON.object(["running": .array(list)]).prettyBytes)
    }
  }

  /// RFC 3339, in UTC.
  private static func time(_ seconds: Int64) -> String {
    var moment = time_t(seconds)
    var parts = unsafe tm()
    unsafe gmtime_r(&moment, &parts)
    var text = [CChar](repeating: 0, count: 32)
    _ = unsafe strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
