package import Diagnostics
package import Manifest
package import PolicyIR

extension Manifest {
  /// The manifest's `tests:` as values that any policy can be asked about.
  package func statedTests(in source: Source) -> [PolicyTest] {
    let file = source.path.split(separator: "/").last.map(String.init) ?? source.path
    return tests.enumerated().map { index, test in
      func statements(_ written: [Manifest.Statement], _ isAllowed: Bool) -> [PolicyTest.Statement] {
        written.map { statement in
          let position = source.position(of: statement.span.start)
          return PolicyTest.Statement(
            statement.text, statement.operations, isAllowed: isAllowed,
            origin: Origin(
              path: file, line: position.line, column: position.column,
              key: "tests[\(index)].\(isAllowed ? "allow" : "deny")"))
        }
      }
      return PolicyTest(
        name: test.name.value, statements: statements(test.allow, true) + statements(test.deny, false))
    }
  }
}
