internal import ArgumentParser
internal import Backends
internal import Glibc
internal import SystemIO

/// `locara db apply`: what the launcher starts, inside the app's sandbox, when a database is not at the app's schema.
struct DatabaseApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Bring a database file to a schema.",
    discussion: """
      Creates the database when it is not there; else plans the way from its schema, backs it up beside itself and \
      migrates it in one transaction. After a failure the file is as it was before.
      Exit: 0 at the schema, 1 failed or blocked.
      """)

  @Argument(help: "The database file.")
  var database: String

  @Option(name: .long, help: "The schema: SQL, or `schema.json` of a bundle.")
  var schema: String

  @Option(name: .long, help: "A shared library that SQLite has to load for the schema, such as vec0.so.")
  var `extension`: [String] = []

  @Flag(help: "Take over a database that locara did not make, or that something else changed.")
  var adopt = false

  @Option(name: .long, help: "The largest database that is backed up first, in bytes.")
  var backupLimit = DatabaseBackup.sizeLimit

  @Flag(help: "Say nothing when it worked.")
  var quiet = false

  func run() throws {
    var options = DatabaseApply.Options()
    options.adopts = adopt
    options.backupLimit = backupLimit
    if !quiet { options.progress = progress() }
    let outcome = try DatabaseApply.apply(
      schema: try SchemaFile.read(schema), to: database, extensions: `extension`, options: options)
    guard !quiet else { return }
    switch outcome {
    case .created: Console.print("created \(database)")
    case .unchanged: Console.print("\(database) is at the schema already")
    case .migrated(let plan, let backup):
      Console.print(PlanText.write(plan))
      Console.print("migrated \(database)" + (backup.map { "; a backup is \($0)" } ?? "; no backup was made"))
    }
  }

  /// Says which step runs once the migration has taken a second.
  private func progress() -> @Sendable (Int, Int) -> Void {
    let start = ContinuousClock.now
    return { step, count in
      if start.duration(to: .now) > .seconds(1) { Console.note("step \(step) of \(count)") }
    }
  }
}
