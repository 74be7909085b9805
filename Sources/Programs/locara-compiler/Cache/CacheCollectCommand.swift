internal import ArgumentParser
internal import Builder
internal import SystemIO

struct CacheCollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove from the build cache what was not used for a while.",
    discussion: """
      What is removed is fetched or made again when it is needed. Prints what was removed.

      Examples:
        locara cache gc
        locara cache gc --unused-days 0
      """)

  @Option(help: ArgumentHelp("Keep what was used in this many days.", valueName: "days"))
  var unusedDays = 30

  func validate() throws {
    guard (0...36_500).contains(unusedDays) else { throw ValidationError("--unused-days is 0 to 36500") }
  }

  func run() throws {
    let removed = try BuildCache.ofUser().collect(unusedFor: Int64(unusedDays) * 86_400)
    Console.print("removed \(removed.text)")
  }
}
