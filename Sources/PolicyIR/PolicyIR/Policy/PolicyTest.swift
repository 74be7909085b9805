/// A statement of a manifest about its own policy.
package struct PolicyTest: Hashable, Sendable {
  package struct Statement: Hashable, Sendable {
    /// As it is written: "connect example.com:443".
    package var text: String
    /// What the text stands for: `allow` wants one of them permitted, `deny` none.
    package var operations: [Operation]
    package var isAllowed: Bool
    package var origin: Origin?

    package init(_ text: String, _ operations: [Operation], isAllowed: Bool, origin: Origin? = nil) {
      self.text = text
      self.operations = operations
      self.isAllowed = isAllowed
      self.origin = origin
    }

    package func holds(for authority: Authority) -> Bool {
      operations.contains(where: authority.permits) == isAllowed
    }
  }

  package var name: String
  /// In source order.
  package var statements: [Statement]

  package init(name: String, statements: [Statement]) {
    self.name = name
    self.statements = statements
  }

  /// The statements that do not hold.
  package func failures(in authority: Authority) -> [Statement] { statements.filter { !$0.holds(for: authority) } }
}

/// A statement that holds for one of two policies only.
package struct TestFlip: Hashable, Sendable {
  package var test: String
  package var statement: String
  package var isAllowed: Bool
  package var holdsAfter: Bool
  package var origin: Origin?

  /// The statements of both manifests, each once, asked of both policies.
  static func flips(before: ComparisonSide?, after: ComparisonSide?) -> [TestFlip] {
    guard let before, let after else { return [] }
    var flips: [TestFlip] = []
    var known: Set<String> = []
    for test in before.tests + after.tests {
      for statement in test.statements {
        let holdsAfter = statement.holds(for: after.app.policy.authority)
        guard statement.holds(for: before.app.policy.authority) != holdsAfter,
          known.insert("\(statement.isAllowed) \(statement.text)").inserted
        else { continue }
        flips.append(
          TestFlip(
            test: test.name, statement: statement.text, isAllowed: statement.isAllowed, holdsAfter: holdsAfter,
            origin: statement.origin))
      }
    }
    return flips
  }
}
