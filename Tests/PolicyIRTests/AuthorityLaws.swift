import CanonicalJSON
import PolicyIR
import Structures
import TestSupport
import Testing

/// The laws of `AuthorityDomain`, for each domain by itself.
@Suite struct AuthorityLaws {
  @Test func files() { checkOrder("files", cases: 2000) { $0.fileAuthority() } }
  @Test func connections() { checkOrder("connections", cases: 1000) { $0.connectAuthority() } }
  @Test func listening() { checkOrder("listening", cases: 1000) { $0.listenAuthority() } }
  @Test func processes() { checkOrder("processes", cases: 1000) { $0.processAuthority() } }
  @Test func devices() { checkOrder("devices", cases: 500) { FiniteSet($0.some(Device.allCases)) } }
  @Test func facilities() { checkOrder("ipc", cases: 500) { FiniteSet($0.some(IPCFacility.allCases)) } }
  @Test func variables() {
    checkOrder("environment", cases: 500) { FiniteSet($0.some(["LANG", "é", "e\u{301}", "a b"])) }
  }
  @Test func notifications() {
    checkOrder("notifications", cases: 500) { FiniteSet($0.some(NotificationMode.allCases)) }
  }
  @Test func background() { checkOrder("background", cases: 500) { FiniteSet($0.some(BackgroundMode.allCases)) } }
  @Test func protocols() { checkOrder("serves", cases: 500) { FiniteSet($0.some(ServedProtocol.allCases)) } }
  @Test func limits() { checkOrder("limits", cases: 1000) { $0.limitAuthority() } }
  @Test func models() {
    checkOrder("models", cases: 1000) { choices in
      FiniteSet(choices.list(upTo: 4) { ModelUse(role: $0.pick(["a", "b"]), digest: $0.pick(["0", "1"])) })
    }
  }

  @Test func tools() { checkOrder("tools", cases: 600) { $0.toolAuthority() } }
  @Test func schemas() {
    checkOrder("schema", cases: 500) { choices in
      FiniteSet(
        choices.list(upTo: 4) {
          StoredObject(name: $0.pick(["table a", "index b"]), definition: $0.pick(["1", "2"]))
        })
    }
  }

  /// Every domain that the policy has is one of those above: a new one fails here until its laws are tested.
  @Test func noDomainIsLeftOut() {
    let tested = [
      "files", "connect", "listen", "process", "devices", "ipc", "environment", "notifications", "background", "serves",
    ]
    #expect(Mirror(reflecting: Authority.nothing).children.compactMap(\.label) == tested)
    let parts = ["authority", "limits", "storage", "models", "entry", "tools", "runtime"]
    let policy = Policy(authority: .nothing, entry: Entry(command: ["x"]))
    #expect(Mirror(reflecting: policy).children.compactMap(\.label) == parts)
  }

  /// Partial order, least upper bound, exact difference, witness, and one value for one set.
  private func checkOrder<Domain: AuthorityDomain>(
    _ name: String, cases: Int, sourceLocation: SourceLocation = #_sourceLocation,
    _ make: (inout Choices) -> Domain
  ) {
    forAll(name, cases: cases, sourceLocation: sourceLocation) { choices in
      (make(&choices), make(&choices), make(&choices))
    } check: { a, b, c in
      let union = a.union(b)
      let difference = a.subtracting(b)
      let laws: [(String, Bool)] = [
        ("covers is reflexive", a.covers(a)),
        ("covers is antisymmetric", !(a.covers(b) && b.covers(a)) || a == b),
        ("covers is transitive", !(a.covers(b) && b.covers(c)) || a.covers(c)),
        ("nothing is least", a.covers(.nothing)),
        ("union is an upper bound", union.covers(a) && union.covers(b)),
        ("union is the least upper bound", !(c.covers(a) && c.covers(b)) || c.covers(union)),
        ("union is least among those above", c.union(a).union(b).covers(union)),
        ("union commutes", union == b.union(a)),
        ("union associates", union.union(c) == a.union(b.union(c))),
        ("union is idempotent", a.union(a) == a),
        ("nothing is neutral", a.union(.nothing) == a && a.subtracting(.nothing) == a),
        ("difference and rest make the whole", difference.union(a.intersection(b)) == a),
        ("difference is disjoint from what was taken", difference.intersection(b) == .nothing),
        ("adding what was taken gives the union", difference.union(b) == union),
        ("difference is empty exactly when covered", (difference == .nothing) == (union == b)),
        ("intersection commutes", a.intersection(b) == b.intersection(a)),
        ("difference of a union", union.subtracting(c) == a.subtracting(c).union(b.subtracting(c))),
        ("witness is nil exactly for nothing", (a.witness == nil) == (a == .nothing)),
        ("witness is permitted", a.witness.map(a.permits) ?? true),
        ("witness of a difference", difference.witness.map { a.permits($0) && !b.permits($0) } ?? true),
      ]
      return laws.first { !$0.1 }?.0
    }
  }
}

/// Difference and union against the question itself: what is permitted, operation by operation.
@Suite struct AuthorityMeaning {
  @Test func everyOperationAgrees() {
    forAll("operations agree with union and difference", cases: 1000) { choices in
      (choices.authority(), choices.authority(), (0..<12).map { _ in choices.operation() })
    } check: { a, b, operations in
      let (union, difference, both) = (a.union(b), a.subtracting(b), a.intersection(b))
      for operation in operations {
        let (inA, inB) = (a.permits(operation), b.permits(operation))
        if union.permits(operation) != (inA || inB) { return "union and \(operation)" }
        if difference.permits(operation) != (inA && !inB) { return "difference and \(operation)" }
        if both.permits(operation) != (inA && inB) { return "intersection and \(operation)" }
      }
      return nil
    }
  }

  /// Every path of up to three components over an alphabet that has the named ones and one that is never named.
  @Test func coversIsInclusionOfAllPaths() {
    let labels = ["app-data", "documents", "a", "b", "é", "e\u{301}", "never named"]
    var paths: [[String]] = [[]]
    var level = paths
    for _ in 0..<3 {
      level = level.flatMap { path in labels.map { path + [$0] } }
      paths += level
    }
    forAll("covers is inclusion", cases: 60) {
      ($0.fileAuthority(), $0.fileAuthority())
    } check: { a, b in
      let isSubset = paths.allSatisfy { path in
        FileAccess.allCases.allSatisfy { access in
          let operation = FileAuthority.Operation(access, PolicyPath(path))
          return !b.permits(operation) || a.permits(operation)
        }
      }
      // The paths are a sample: covering implies inclusion, and a difference on a sampled path refutes covering.
      if a.covers(b), !isSubset { return "covers, but permits less" }
      if !a.covers(b), isSubset, let witness = b.subtracting(a).witness, witness.path.components.count <= 3,
        witness.path.components.allSatisfy(labels.contains)
      {
        return "the witness \(witness.path.components) is permitted by both"
      }
      return nil
    }
  }

  @Test func wholeAuthority() {
    forAll("whole authority", cases: 1000) {
      ($0.authority(), $0.authority())
    } check: { a, b in
      let difference = a.subtracting(b)
      if (difference == .nothing) != b.covers(a) { return "difference and covers disagree" }
      if (difference.witness == nil) != (difference == .nothing) { return "no witness" }
      if let witness = difference.witness {
        if !a.permits(witness) || b.permits(witness) { return "the witness \(witness) does not tell them apart" }
        if Operation("\(witness)") != witness { return "the witness `\(witness)` does not read back" }
      }
      return (a == b) == (a.json == b.json) ? nil : "equal values and equal JSON disagree"
    }
  }

  @Test func normalFormForgetsHowItWasMade() {
    forAll("normal form", cases: 1000) { choices in
      (choices.authority(), choices.authority())
    } check: { a, b in
      let roundabout = a.union(b).subtracting(b.subtracting(a))
      if roundabout != a { return "the same operations, another value" }
      return roundabout.json.canonicalBytes == a.json.canonicalBytes ? nil : "the same value, other bytes"
    }
  }
}
