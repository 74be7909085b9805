package import Schemas

/// What a migration can do to the data of an object, the gravest last.
///
/// Which class a change is of is decided by whoever plans migrations (`Backends`), which asks SQLite; a policy only
/// carries the answer.
package enum SchemaChangeClass: String, Hashable, Sendable, CaseIterable, Comparable {
  /// Every row stays as it is, whatever the rows are.
  case safe
  /// Nothing is lost, and whether it is possible depends on the rows.
  case dataDependent = "data-dependent"
  /// No row is lost, and the way back is.
  case irreversible
  /// Vectors or an index without its text are dropped and have to be computed again by the app.
  case reembed = "re-embed"
  /// Rows or columns are dropped.
  case lossy
  /// There is no way that keeps the data.
  case refused

  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// The rule of a change whose gravest effect is of this class.
  var rule: ChangeRule {
    switch self {
    case .safe: .schemaSafe
    case .dataDependent: .schemaDataDependent
    case .irreversible: .schemaIrreversible
    case .reembed: .schemaReembeds
    case .lossy: .schemaLossy
    case .refused: .schemaRefused
    }
  }
}

/// One thing that a migration does to an object of the schema.
package struct SchemaEffect: Hashable, Sendable {
  /// Kind and folded name, as changes write them: `table notes`, `vec0 vectors`.
  package var object: String
  package var kind: SchemaChangeClass
  /// One clause: "add the column `notes.rank`".
  package var text: String

  package init(object: String, kind: SchemaChangeClass, text: String) {
    self.object = object
    self.kind = kind
    self.text = text
  }
}

/// Plans the way from one schema to another and says what it does; nil when it cannot say.
///
/// A function rather than a call, because this module does no I/O and the planner asks SQLite.
package typealias SchemaClassifier = @Sendable (_ from: Schema, _ to: Schema) -> [SchemaEffect]?

/// What migrating does to one object, there and back again. Nil where nobody could say: then nothing is proven.
package struct SchemaMigration: Hashable, Sendable {
  package var effects: [SchemaEffect]?
  package var effectsBack: [SchemaEffect]?

  package init(effects: [SchemaEffect]?, effectsBack: [SchemaEffect]?) {
    self.effects = effects
    self.effectsBack = effectsBack
  }

  var mirrored: SchemaMigration { SchemaMigration(effects: effectsBack, effectsBack: effects) }

  /// What the update does to data that the app did not do before; nil when it keeps them.
  var witness: String? {
    guard rule.direction.widens, let effects else { return nil }
    let gravest = effects.map(\.kind).max()
    return effects.filter { $0.kind == gravest }.map(\.text).joined(separator: "; ")
  }

  var rule: ChangeRule {
    guard let effects else { return .schemaChanged }
    // An object that no effect names keeps its rows: it was renamed, or only its declaration changed.
    return (effects.map(\.kind).max() ?? .safe).rule
  }
}
