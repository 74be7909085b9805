internal import ArgumentParser
internal import Glibc
internal import Migrations
internal import SystemIO

/// `locara db apply`: what the launcher starts, inside the app's sandbox, when a database is not at the app's schema.
struct DatabaseApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Bring a database file to a schema.",
    discussion: """
      Creates the database when it is not there; else plans the way from its schema, tries the plan in memory on \
      generated rows for up to a second, backs the database up beside itself and migrates it in one transaction. After \
      a failure the file is as it was before.
      Exit: 0 at the schema, 1 failed or blocked, 65 a schema that is wrong.

      Examples:
        locara db apply notes.db
        locara db apply notes.db --schema locara.yaml --extension vendor/vec0.so
        locara db apply theirs.db --adopt
      """)

  @Argument(help: "The database file.")
  var database: String

  @Option(name: .long, help: "The schema: SQL, a manifest that declares it, or `schema.json` of a bundle.")
  var schema: String

  @Option(name: .long, help: "A shared library that SQLite has to load for the schema, such as vec0.so.")
  var `extension`: [String] = []

  @Flag(help: "Take over a database that locara did not make, or that something else changed.")
  var adopt = false

  @Option(name: .long, help: "The largest database that is backed up first, in bytes.")
  var backupLimit = DatabaseBackup.sizeLimit

  @Option(name: .long, help: "Seconds to wait while another program has locked the database.")
  var wait = 10.0

  @Flag(help: "Print no result. What takes over a second is told on standard error all the same.")
  var quiet = false

  func validate() throws {
    guard (0...3600).contains(wait) else { throw ValidationError("--wait is from 0 to 3600 seconds") }
    guard backupLimit >= 0 else {
      throw ValidationError("--backup-limit is a number of bytes from 0, which is no backup")
    }
  }

  func run() throws {
    // A limit on the size of files is an error that is answered, not a signal that ends the program.
    signal(SIGXFSZ, SIG_IGN)
    let line = ProgressLine("migrating \(Files.name(of: database))")
    defer { line.end() }
    var options = DatabaseApply.Options()
    options.adopts = adopt
    options.backupLimit = backupLimit
    options.lockTimeout = Int32(wait * 1000)
    options.estimate = { estimate in
      line.estimate("\(estimate.rows) rows, a database of \(estimate.bytes >> 20) MiB", estimate.duration)
    }
    options.progress = { step, count in line.step(DatabaseApplyCommand.name(step, count)) }
    options.tick = { line.tick() }
    let outcome = try DatabaseApply.apply(
      schema: try SchemaFile.read(schema), to: database, extensions: `extension`, options: options)
    line.end()
    guard !quiet else { return }
    switch outcome {
    case .created: Console.print("created \(database)")
    case .unchanged: Console.print("\(database) is at the schema already")
    case .migrated(let plan, let backup, let proof):
      Console.print(PlanText.write(plan))
      Console.print(PlanText.write(proof))
      let kept = "; a backup of before is kept for \(DatabaseBackup.days) days: "
      Console.print("migrated \(database)" + (backup.map { kept + $0 } ?? "; no backup was made"))
    }
  }

  private static func name(_ step: Int, _ count: Int) -> String {
    switch count - step {
    case count: "backing it up"
    case 3: "checking the result"
    case 2: "recording it"
    case 1, 0: "writing it to the disk"
    default: "step \(step) of \(count - 4)"
    }
  }
}
