extension ChangeRule {
  /// The facts of rules about what an app is made of.
  var structureFacts: Facts {
    switch self {
    case .storageAdded:
      Facts(
        name: "StorageAdded", title: "storage", direction: .widening, severity: .low, mirror: .storageRemoved,
        meaning: "The app keeps a database.")
    case .storageRemoved:
      Facts(
        name: "StorageRemoved", title: "storage", direction: .narrowing, severity: .note, mirror: .storageAdded,
        meaning: "The app no longer declares a database. The file of an installed app stays where it is.")
    case .storageFileChanged:
      Facts(
        name: "StorageFileChanged", title: "storage", direction: .mixed, severity: .medium,
        mirror: .storageFileChanged, meaning: "The database is another file: installed apps start with an empty one.")
    case .schemaChanged, .schemaSafe, .schemaDataDependent, .schemaIrreversible, .schemaReembeds, .schemaLossy,
      .schemaRefused:
      schemaFacts
    case .extensionAdded:
      Facts(
        name: "ExtensionAdded", title: "storage extension", direction: .widening, severity: .medium,
        mirror: .extensionRemoved, meaning: "The database loads native code that it did not load.")
    case .extensionRemoved:
      Facts(
        name: "ExtensionRemoved", title: "storage extension", direction: .narrowing, severity: .note,
        mirror: .extensionAdded, meaning: "The database no longer loads a piece of native code.")
    case .entryCommandChanged:
      Facts(
        name: "EntryCommandChanged", title: "entry", direction: .neutral, severity: .medium,
        mirror: .entryCommandChanged, meaning: "Something else is started, with the same rights.")
    case .entryDirectoryChanged:
      Facts(
        name: "EntryDirectoryChanged", title: "entry", direction: .neutral, severity: .note,
        mirror: .entryDirectoryChanged, meaning: "The app starts in another directory of its payload.")
    case .entryStreamsChanged:
      Facts(
        name: "EntryStreamsChanged", title: "entry", direction: .mixed, severity: .low,
        mirror: .entryStreamsChanged,
        meaning: "What the app has as standard input, output and error changes. With `inherit` it sees the terminal.")
    case .toolAdded:
      Facts(
        name: "ToolAdded", title: "tool", direction: .widening, severity: .low, mirror: .toolRemoved,
        meaning: "One more program can be started as a tool of the app. It may do no more than the app itself.")
    case .toolRemoved:
      Facts(
        name: "ToolRemoved", title: "tool", direction: .narrowing, severity: .note, mirror: .toolAdded,
        meaning: "A tool of the app is gone.")
    case .toolCommandChanged:
      Facts(
        name: "ToolCommandChanged", title: "command of tool", direction: .neutral, severity: .medium,
        mirror: .toolCommandChanged, meaning: "A tool starts something else, with the same rights.")
    case .runtimeChanged:
      Facts(
        name: "RuntimeChanged", title: "runtime", direction: .mixed, severity: .high, mirror: .runtimeChanged,
        meaning:
          "The programs and libraries that the app finds around it are other ones, so every program it may start "
          + "is another program.")
    case .appAdded:
      Facts(
        name: "AppAdded", title: "app", direction: .widening, severity: .medium, mirror: .appRemoved,
        meaning: "An app that was not there. Everything that it may do is new.")
    case .appRemoved:
      Facts(
        name: "AppRemoved", title: "app", direction: .narrowing, severity: .note, mirror: .appAdded,
        meaning: "An app is gone.")
    case .identityChanged:
      Facts(
        name: "IdentityChanged", title: "identity", direction: .neutral, severity: .medium, mirror: .identityChanged,
        meaning:
          "The two sides are apps with different names. They are compared all the same; consent that was given to "
          + "one does not count for the other.")
    default:
      Facts(
        name: "VersionReused", title: "version", direction: .neutral, severity: .high, mirror: .versionReused,
        meaning: "Two policies carry the same name and version. Whoever trusts the version cannot tell which one runs: "
          + "raise the version.")
    }
  }

  /// The facts of rules about schemas: one rule a class of what a migration does to data.
  private var schemaFacts: Facts {
    func facts(_ name: String, _ direction: ChangeDirection, _ severity: ChangeSeverity, _ meaning: String) -> Facts {
      Facts(name: name, title: "schema", direction: direction, severity: severity, mirror: self, meaning: meaning)
    }
    return switch self {
    case .schemaSafe:
      facts(
        "SchemaSafe", .neutral, .low, "Class safe: every row stays as it is, whatever the rows are.")
    case .schemaDataDependent:
      facts(
        "SchemaDataDependent", .neutral, .medium,
        "Class data-dependent: nothing is lost, and whether the migration is possible depends on the rows. They are "
          + "checked before anything is touched; where they do not fit, the update does not start.")
    case .schemaIrreversible:
      facts(
        "SchemaIrreversible", .widening, .medium,
        "Class irreversible: no row is lost, and the former values are. It counts as a widening: the update rewrites "
          + "data in a way that the app so far did not.")
    case .schemaReembeds:
      facts(
        "SchemaReembeds", .neutral, .medium,
        "Class re-embed: vectors, or an index without its text, are dropped, and the app has to compute them again. "
          + "What they were computed from stays.")
    case .schemaLossy:
      facts(
        "SchemaLossy", .widening, .high,
        "Class lossy: migrating drops rows or columns of the user. It counts as a widening: the update does what the "
          + "app so far did not.")
    case .schemaRefused:
      facts(
        "SchemaRefused", .widening, .high,
        "Class refused: no migration keeps the data, so an installed app cannot be updated without starting anew.")
    default:
      facts(
        "SchemaChanged", .widening, .medium,
        "The shape of the database changes, and no plan says what that does to data. It counts as a widening because "
          + "nothing proves that it is none.")
    }
  }

  /// What the mirror of the rule is, for its page.
  private var wayBack: String {
    if isAboutSchema { return "the class of the migration back, which is planned by itself" }
    return mirror == self ? "the same rule" : "\(mirror.code) \(mirror.name)"
  }

  /// The page that `locara explain` shows.
  package var page: String {
    let counts =
      switch direction {
      case .widening: "a widening: the app may do something new. It trips the gate `--fail-on widening`."
      case .narrowing: "a narrowing: the app may do less. It trips only `--fail-on any`."
      case .neutral: "neutral: what the app may do is the same. It trips only `--fail-on any`."
      case .mixed: "mixed: something new and something no longer. It trips the gate `--fail-on widening`."
      }
    return """
      \(code) \(name)

      \(meaning)

      Direction: \(counts)
      Severity: \(severity.rawValue), unless the values say otherwise.
      The other way round: \(wayBack).

      To let a change of this kind pass the gate, add its fingerprint with a reason to `locara.approvals.yaml`; \
      `locara diff` prints the fingerprint with every change.

      """
  }
}
