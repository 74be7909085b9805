package import Schemas
package import Structures

/// What the programs of an app that run with less than its rights may do: which of them may be started, and for each
/// what it may do and consume then. A function of names that is nothing for all but finitely many.
package struct ToolAuthority: AuthorityDomain {
  package enum Operation: Hashable, Sendable {
    case start(String)
    case perform(String, Authority.Operation)
    case consume(String, LimitAuthority.Operation)
  }

  private struct Grant: Hashable, Sendable {
    var isStarted = false
    var authority = Authority.nothing
    var limits = LimitAuthority.nothing

    func union(_ other: Grant) -> Grant {
      Grant(
        isStarted: isStarted || other.isStarted, authority: authority.union(other.authority),
        limits: limits.union(other.limits))
    }

    func subtracting(_ other: Grant) -> Grant {
      Grant(
        isStarted: isStarted && !other.isStarted, authority: authority.subtracting(other.authority),
        limits: limits.subtracting(other.limits))
    }
  }

  /// Without names that have nothing, so that equal functions are equal values.
  private var grants: [Label: Grant]

  private init(grants: [Label: Grant]) { self.grants = grants.filter { $0.value != Grant() } }

  package init(_ tools: some Sequence<ToolPolicy>) {
    self.init(
      grants: Dictionary(
        tools.map { (Label($0.name), Grant(isStarted: true, authority: $0.authority, limits: $0.limits.authority)) }
      ) { $0.union($1) })
  }

  package static var nothing: ToolAuthority { ToolAuthority(grants: [:]) }

  package func permits(_ operation: Operation) -> Bool {
    switch operation {
    case .start(let name): grants[Label(name)]?.isStarted ?? false
    case .perform(let name, let operation): grants[Label(name)]?.authority.permits(operation) ?? false
    case .consume(let name, let operation): grants[Label(name)]?.limits.permits(operation) ?? false
    }
  }

  package func union(_ other: ToolAuthority) -> ToolAuthority {
    ToolAuthority(grants: grants.merging(other.grants) { $0.union($1) })
  }

  package func subtracting(_ other: ToolAuthority) -> ToolAuthority {
    ToolAuthority(
      grants: Dictionary(
        uniqueKeysWithValues: grants.map { name, grant in (name, grant.subtracting(other.grants[name] ?? Grant())) }))
  }

  package var witness: Operation? {
    for (name, grant) in grants.sorted(by: { $0.key < $1.key }) {
      if grant.isStarted { return .start(name.text) }
      if let found = grant.authority.witness { return .perform(name.text, found) }
      if let found = grant.limits.witness { return .consume(name.text, found) }
    }
    return nil
  }
}

/// An object that the database of an app holds, in the normal form of its definition.
package struct StoredObject: Hashable, Sendable, Comparable, SetMember {
  /// `table notes`
  package var name: Label
  package var definition: Label

  package init(name: String, definition: String) {
    self.name = Label(name)
    self.definition = Label(definition)
  }

  package typealias Key = StoredObject
  package static func < (left: Self, right: Self) -> Bool {
    (left.name, left.definition) < (right.name, right.definition)
  }
}

extension Schema {
  /// What the database holds, as a domain: to hold one object of one definition is an operation.
  package var authority: FiniteSet<StoredObject> {
    FiniteSet(objects.map { StoredObject(name: "\($0.kind) \($0.name.folded)", definition: $0.sql(folded: true)) })
  }
}

extension Policy {
  /// What tools may do.
  package var toolAuthority: ToolAuthority { ToolAuthority(tools) }

  /// What the database holds.
  package var schemaAuthority: FiniteSet<StoredObject> { storage?.schema.authority ?? .nothing }

  /// Whether every operation that `other` permits, of the app and of its tools, is permitted by this.
  package func covers(_ other: Policy) -> Bool {
    authority.covers(other.authority) && limits.authority.covers(other.limits.authority)
      && modelAuthority.covers(other.modelAuthority) && toolAuthority.covers(other.toolAuthority)
  }
}
