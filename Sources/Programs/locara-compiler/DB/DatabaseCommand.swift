internal import ArgumentParser

/// `locara db`: schemas of databases.
struct DatabaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db", abstract: "Create, migrate and inspect the database of an app.",
    discussion: """
      The schema is written once, in SQL, as it is to be. locara creates databases from it and plans the way from \
      any earlier schema to it. What a comparison cannot know is declared in comments of the schema:
        -- locara: rename table memos from notes
        -- locara: rename column notes.text from body
        -- locara: backfill notes.rank = length(text)
        -- locara: allow drop column notes.mood

      Examples:
        locara db diff
        locara db migrate add-rank
        locara db apply notes.db
        locara db inspect notes.db
      """,
    subcommands: [
      DatabaseDiffCommand.self, DatabaseMigrateCommand.self, DatabaseCheckCommand.self, DatabaseApplyCommand.self,
      DatabaseInspectCommand.self, DatabaseRestoreCommand.self,
    ])
}
