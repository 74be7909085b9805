package import Diagnostics
internal import Text

/// From one version of the language to the next: what is written differently, place by place. All else, comments and
/// layout included, stays as it is, because only the bytes of what changes are changed.
package struct ManifestMigration: Sendable {
  /// One change. A path goes down by keys; elements of lists need no component, `*` is any key.
  package enum Step: Sendable {
    /// The key is called otherwise.
    case rename([String], to: String)
    /// The scalar means the same by another word.
    case replace([String], String, with: String)
    /// The value is written below one more key.
    case wrap([String], in: String)
    /// The key is gone; the sentence says what became of it.
    case remove([String], because: String)
  }

  /// The value of `schema`, before and after.
  package var from: String
  package var to: String
  package var steps: [Step]

  package init(from: String, to: String, steps: [Step]) {
    self.from = from
    self.to = to
    self.steps = steps
  }

  /// Every version of the language but the newest. There is one version, so there is nothing to come from yet.
  package static let all: [ManifestMigration] = []
}

/// What became of a manifest of some version.
package enum MigrationResult: Sendable {
  /// It is of the newest version already.
  case current
  /// The newest version, and sentences for its author to think about.
  case migrated([UInt8], notes: [String])
  /// It cannot be read, or its version is not known.
  case refused([Diagnostic])
}

/// Brings a manifest to the newest version of the language, over all versions between.
///
/// - Parameters:
///   - table: one migration from every older version.
///   - newest: where to arrive.
package func migrate(
  _ source: Source, by table: [ManifestMigration] = ManifestMigration.all, to newest: String = FieldTable.schemaTag
) -> MigrationResult {
  var source = source
  var notes: [String] = []
  // A table that goes in circles ends where it has been used up.
  for round in 0...table.count {
    let tree = SyntaxTree(parsing: source)
    let errors = tree.diagnostics.filter { $0.severity == .error }
    guard errors.isEmpty else { return .refused(errors) }
    guard let tag = tree.root?["schema"], let version = tag.string else {
      let span = tree.root?.span ?? Span(0, 0)
      return .refused([
        Diagnostic(
          "LM043", "the manifest does not say which version of the language it is in",
          at: .init(
            source, Span(span.start, min(span.start + 1, span.end)), "expected `schema: \(newest)` in this mapping"))
      ])
    }
    if version == newest { return round == 0 ? .current : .migrated(source.bytes, notes: notes) }
    guard let migration = table.first(where: { $0.from == version }) else {
      let known = table.map { "`\($0.from)`" } + ["`\(newest)`"]
      return .refused([
        Diagnostic(
          "LM042", "there is no migration from this version of the language",
          at: .init(source, tag.span, "unknown version"),
          notes: ["known versions are \(Shape.alternatives(known))"])
      ])
    }
    for step in migration.steps + [.replace(["schema"], migration.from, with: migration.to)] {
      var editor = MigrationEditor(source)
      editor.apply(step)
      notes += editor.notes
      source = Source(path: source.path, bytes: editor.bytes)
    }
  }
  return .refused([
    Diagnostic(
      "LM042", "the migrations lead nowhere", at: .init(source, Span(0, 0)), notes: ["this is a defect of locara"])
  ])
}
