internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Text

// `tests:` are statements about the policy. One that does not hold is an error.

extension Lowering {
  mutating func checkTests(_ authority: Authority) {
    for test in manifest.tests {
      for statement in test.allow {
        guard !statement.operations.contains(where: { authority.permits($0) }) else { continue }
        report(
          "LM076", "the test `\(test.name.value)` fails: the policy denies `\(statement.text)`", statement.span,
          "must be permitted", notes: ["grant it in `capabilities`, or correct the test"])
      }
      for statement in test.deny {
        guard let operation = statement.operations.first(where: { authority.permits($0) }) else { continue }
        let places = grants.filter { $0.grant.permits(operation) }
        report(
          "LM076", "the test `\(test.name.value)` fails: the policy permits `\(statement.text)`", statement.span,
          "must be denied",
          secondary: places.map { .init(source, $0.span, $0.reason.isEmpty ? "granted here" : $0.reason) },
          notes: ["take the grant away, or correct the test"])
      }
      if test.allow.isEmpty, test.deny.isEmpty {
        warn("LM077", "the test `\(test.name.value)` states nothing", test.name.span, "no `allow` and no `deny`")
      }
    }
  }
}
