internal import Migrations
internal import PolicyIR
internal import SystemIO

/// What a change of the schema does to data, as the planner of migrations says it: the same plan that an update runs.
enum SchemaPlanning {
  static let effects: SchemaClassifier = { from, to in
    do throws(Failure) {
      return try MigrationPlanner.plan(from: from, to: to).changes.map { change in
        SchemaEffect(object: "\(change.object)", kind: SchemaChangeClass(change.kind), text: change.text)
      }
    } catch { return nil }
  }
}

extension SchemaChangeClass {
  fileprivate init(_ kind: MigrationPlan.Class) {
    switch kind {
    case .safe: self = .safe
    case .dataDependent: self = .dataDependent
    case .irreversible: self = .irreversible
    case .reembed: self = .reembed
    case .lossy: self = .lossy
    case .refused: self = .refused
    }
  }
}
