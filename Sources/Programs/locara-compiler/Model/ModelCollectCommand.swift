internal import ArgumentParser
internal import Builder
internal import Digests
internal import ModelStore
internal import SystemIO

struct ModelCollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove model files that nothing needs.",
    discussion: """
      Needed are the models of every lock file that models were fetched or imported for, as long as it is there, and of \
      every bundle in the store. When one of these cannot be read, nothing is removed. What broken downloads left goes \
      after a day.

      Examples:
        locara model gc --dry-run
        locara model gc
      """)

  @Flag(help: "Only say what would be removed.")
  var dryRun = false

  @Flag(help: "Say who needs what, and remove nothing.")
  var roots = false

  func run() throws {
    let collection = ModelCollection(try ModelStore.ofUser())
    if roots {
      for use in try collection.uses() { Console.print("\(use.user)  \(use.files.count) files") }
      return
    }
    let items = try collection.collect(isTrial: dryRun)
    for item in items { Console.print("\(item.digest)  \(item.size) bytes") }
    Console.note("\(dryRun ? "would free" : "freed") \(items.reduce(0) { $0 + $1.size }) bytes")
  }
}
