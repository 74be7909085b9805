// INVARIANT: this module is the only one that changes an app's database, and it loses no row that nothing allowed it to drop.

internal import CanonicalJSON
package import Digests
package import Schemas

/// The way from one schema to another: what changes, what each change may cost, and the statements.
package struct MigrationPlan: Hashable, Sendable {
  /// What a change can do to data.
  package enum Class: String, Hashable, Sendable, CaseIterable {
    /// Every row stays as it is, whatever the rows are.
    case safe
    /// Nothing is lost, and whether it is possible depends on the rows: they are checked before anything is touched.
    case dataDependent = "data-dependent"
    /// No row is lost, and the way back is: a conversion, a counter.
    case irreversible
    /// Vectors or an index without its text are dropped and have to be computed again by the app.
    case reembed = "re-embed"
    /// Rows or columns are dropped.
    case lossy
    /// There is no way that keeps the data.
    case refused
  }

  /// What a change is about, by its name in the new schema; in the old one, when it goes.
  package enum Object: Hashable, Sendable, CustomStringConvertible {
    case table(SQLName)
    case index(SQLName)
    case view(SQLName)
    case trigger(SQLName)
    case fullText(SQLName)
    case vector(SQLName)

    /// Kind and name as comparisons of policies write them: `table notes`, `vec0 vectors`.
    package var description: String {
      switch self {
      case .table(let name): "table \(name.folded)"
      case .index(let name): "index \(name.folded)"
      case .view(let name): "view \(name.folded)"
      case .trigger(let name): "trigger \(name.folded)"
      case .fullText(let name): "fts5 \(name.folded)"
      case .vector(let name): "vec0 \(name.folded)"
      }
    }
  }

  package struct Change: Hashable, Sendable {
    package var kind: Class
    package var object: Object
    /// One clause: "add the column `notes.rank`".
    package var text: String
    /// The words that allow it in the schema ("drop column notes.mood"), for what has to be allowed.
    package var approval: String?
    package var isAllowed: Bool

    package init(_ kind: Class, _ object: Object, _ text: String, approval: String? = nil, isAllowed: Bool = true) {
      self.kind = kind
      self.object = object
      self.text = text
      self.approval = approval
      self.isAllowed = isAllowed
    }
  }

  package enum Step: Hashable, Sendable {
    case run(String)
    /// A query for a number that has to be 0; else the migration stops: "N rows of `notes` …".
    case expectZero(String, problem: String)
  }

  /// Rows that the plan goes through one by one, for telling beforehand how long it takes.
  package struct Copy: Hashable, Sendable {
    /// By its name in the old schema.
    package var table: SQLName
    /// Relative to copying a row into a table without an index.
    package var cost: Double

    package init(_ table: SQLName, cost: Double) {
      self.table = table
      self.cost = cost
    }
  }

  /// A column, by its names in the new schema.
  package struct Column: Hashable, Sendable {
    package var table: SQLName
    package var column: SQLName

    package init(_ table: SQLName, _ column: SQLName) {
      self.table = table
      self.column = column
    }
  }

  package var from: Digest
  package var to: Digest
  /// Columns whose values a backfill computes.
  package var computed: Set<Column> = []
  package var copies: [Copy] = []
  package var changes: [Change] = []
  package var steps: [Step] = []

  /// Whether there is nothing to do.
  package var isEmpty: Bool { steps.isEmpty }

  /// What stands in the way of running it: changes that are refused or not allowed.
  package var blocked: [Change] { changes.filter { $0.kind == .refused || !$0.isAllowed } }

  /// The gravest class in it.
  package var gravest: Class {
    Class.allCases.last { kind in changes.contains { $0.kind == kind } } ?? .safe
  }

  /// The plan as a script: comments that say what it does, then the statements, the checks among them as comments.
  package var script: String {
    var lines = ["-- from \(from)", "-- to   \(to)"]
    lines += changes.map { "-- \($0.kind.rawValue): \($0.text)" + ($0.isAllowed ? "" : " (not allowed)") }
    for step in steps {
      switch step {
      case .run(let sql): lines.append(sql + ";")
      case .expectZero(let sql, let problem):
        lines.append("-- expects 0 \(problem): \(sql.split(separator: "\n").joined(separator: " "))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// SHA-256 over both ends and the steps.
  package var digest: Digest {
    let steps: [JSON] = steps.map { step in
      switch step {
      case .run(let sql): ["run": .string(sql)]
      case .expectZero(let sql, let problem): ["expectZero": .string(sql), "problem": .string(problem)]
      }
    }
    return Digest.of(
      JSON.object(["from": .string("\(from)"), "to": .string("\(to)"), "steps": .array(steps)]).canonicalBytes)
  }
}
