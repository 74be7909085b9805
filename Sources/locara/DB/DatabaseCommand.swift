internal import ArgumentParser

/// `locara db`: schemas of databases.
struct DatabaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db", abstract: "Create, migrate and inspect the database of an app.",
    discussion: """
      The schema is written once, in SQL, as it is to be. locara creates databases from it and plans the way from
      any earlier schema to it, without losing a row.
      """,
    subcommands: [DatabaseApplyCommand.self])
}
