internal import ArgumentParser
internal import Builder
internal import CanonicalJSON
internal import Lowering
internal import PolicyIR
internal import SystemIO

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Ask the policy, and then the kernel, what the manifest's tests state.",
    discussion: """
      Every statement of `tests:` is asked of the compiled policy; the place that grants what must be denied is named. \
      Then it is tried: a small program attempts the operation in the sandbox that the compiled plan and filters make, \
      in a scratch home with scratch data. Nothing of the user's is touched and nothing is sent anywhere. What cannot \
      be tried is said, with the reason.

      Exits 0 when all hold, 65 when one does not, 1 when this machine cannot set up the sandbox.

      Examples:
        locara test locara.yaml
        locara test locara.yaml --policy-only
        locara test locara.yaml --format json
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  @OptionGroup var options: ManifestOptions

  @Flag(help: "Ask the policy alone, where no sandbox can be set up.")
  var policyOnly = false

  @Option(help: "How to show the answers: text, json.")
  var format = Format.text

  /// One statement with its answers.
  private struct Verdict {
    var test: String
    var statement: PolicyTest.Statement
    var holds: Bool
    var probe: ProbeResult?

    var kernelHolds: Bool? {
      switch probe {
      case .permitted: statement.isAllowed
      case .refused: !statement.isAllowed
      case .notProbed, nil: nil
      }
    }
  }

  func run() throws {
    let compilation = try options.compile()
    guard let app = compilation.app, let manifest = compilation.manifest, let source = compilation.sources.first
    else {
      throw Exit.badInput
    }
    let runner = policyOnly ? nil : try ProbeRunner(compilation)
    var verdicts: [Verdict] = []
    for test in manifest.statedTests(in: source) {
      for statement in test.statements {
        verdicts.append(
          Verdict(
            test: test.name, statement: statement, holds: statement.holds(for: app.policy.authority),
            probe: try runner?.probe(statement)))
      }
    }
    switch format {
    case .text: for verdict in verdicts { show(verdict) }
    case .json: Console.write(json(verdicts).prettyBytes)
    }
    if verdicts.contains(where: { !$0.holds || $0.kernelHolds == false }) { throw Exit.badInput }
  }

  private func show(_ verdict: Verdict) {
    let statement = "\(verdict.test): \(verdict.statement.isAllowed ? "allow" : "deny") \(verdict.statement.text)"
    Console.print("\(verdict.holds ? "ok  " : "FAIL") \(statement)")
    switch verdict.probe {
    case .permitted(let how):
      Console.print("\(verdict.kernelHolds == true ? "ok  " : "FAIL")   the kernel permits it: \(how)")
    case .refused(let how):
      Console.print("\(verdict.kernelHolds == true ? "ok  " : "FAIL")   the kernel refuses it: \(how)")
    case .notProbed(let reason): Console.print("-      not tried: \(reason)")
    case nil: break
    }
  }

  private func json(_ verdicts: [Verdict]) -> JSON {
    [
      "format": "locara-tests/1",
      "statements": .array(
        verdicts.map { verdict in
          var members: [String: JSON] = [
            "test": .string(verdict.test), "statement": .string(verdict.statement.text),
            "expects": .string(verdict.statement.isAllowed ? "allow" : "deny"), "policy": .bool(verdict.holds),
            "kernel": verdict.kernelHolds.map { .bool($0) } ?? .null,
          ]
          switch verdict.probe {
          case .permitted(let how), .refused(let how): members["answer"] = .string(how)
          case .notProbed(let reason): members["notTried"] = .string(reason)
          case nil: break
          }
          return .object(members)
        }),
    ]
  }
}
