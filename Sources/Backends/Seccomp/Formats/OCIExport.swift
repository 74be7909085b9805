package import CanonicalJSON
internal import SandboxPlan
internal import SystemCalls
package import SystemIO

/// Rules over the numbers of one architecture that say exactly what a filter does, in the common part of the formats of
/// other tools: one default, and rules of masked comparisons that exclude each other.
///
/// Masks carry the width: a rule made here compares the bits that the kernel reads, also in tools that compare 64.
struct ExportedRules {
  struct Rule {
    var names: [String]
    var tests: [ArgumentCube.Test]
    var action: SystemCallAction
  }

  let fallback: SystemCallAction
  /// Calls without conditions first, one rule for each action, names sorted; then the others by name.
  let rules: [Rule]

  /// Throws, naming the call, when something cannot be said that way.
  init(_ meaning: inout FilterMeaning, for format: String) throws(Failure) {
    guard let unknown = meaning.unknownAction() else {
      throw Failure(
        "LC040", "\(format) has one default, but the filter treats numbers without a name in different ways",
        help: "export the filter itself")
    }
    fallback = unknown
    var whole: [(action: SystemCallAction, names: [String])] = []
    var partial: [Rule] = []
    let calls = SystemCall.all.filter { $0.number(on: meaning.architecture) != nil }.sorted { $0.name < $1.name }
    for call in calls {
      guard let number = call.number(on: meaning.architecture) else { continue }
      guard let cubes = meaning.cubes(of: number) else {
        throw Failure(
          "LC040", "\(format) cannot say what the filter does with `\(call.name)`: it would need more than 512 rules",
          help: "export the filter itself, or simplify the conditions of the call")
      }
      for cube in cubes where cube.action != unknown {
        if !cube.tests.isEmpty {
          partial.append(Rule(names: [call.name], tests: cube.tests, action: cube.action))
        } else if let index = whole.firstIndex(where: { $0.action == cube.action }) {
          whole[index].names.append(call.name)
        } else {
          whole.append((cube.action, [call.name]))
        }
      }
    }
    let first = whole.sorted { $0.action.returnValue > $1.action.returnValue }
      .map { Rule(names: $0.names, tests: [], action: $0.action) }
    rules = first + partial
  }
}

extension OCIProfile {
  /// `linux.seccomp` of the OCI runtime specification, exact for the filter's architecture.
  ///
  /// The specification has no word for what happens on other architectures: runtimes end the thread there.
  package static func write(_ meaning: FilterMeaning) throws(Failure) -> JSON {
    var meaning = meaning
    let exported = try ExportedRules(&meaning, for: "the OCI runtime specification")
    let (fallback, fallbackData) = OCIProfile.action(exported.fallback)
    var profile: [String: JSON] = [
      "defaultAction": .string(fallback),
      "architectures": [.string(OCINames.architecture(meaning.architecture))],
      "syscalls": .array(exported.rules.map(rule)),
    ]
    if let fallbackData { profile["defaultErrnoRet"] = fallbackData }
    return .object(profile)
  }

  static func rule(_ rule: ExportedRules.Rule) -> JSON {
    let (action, data) = OCIProfile.action(rule.action)
    var object: [String: JSON] = ["names": .array(rule.names.map { .string($0) }), "action": .string(action)]
    if let data { object["errnoRet"] = data }
    if !rule.tests.isEmpty {
      object["args"] = .array(
        rule.tests.map {
          [
            "index": .integer(Int64($0.index)), "op": "SCMP_CMP_MASKED_EQ", "value": number($0.mask),
            "valueTwo": number($0.value),
          ]
        })
    }
    return .object(object)
  }

  private static func number(_ value: UInt64) -> JSON {
    Int64(exactly: value).map { .integer($0) } ?? .number(String(value))
  }

  static func action(_ action: SystemCallAction) -> (name: String, data: JSON?) {
    switch action {
    case .allow: ("SCMP_ACT_ALLOW", nil)
    case .log: ("SCMP_ACT_LOG", nil)
    case .errno(let number): ("SCMP_ACT_ERRNO", .integer(Int64(number)))
    case .trap(let data): ("SCMP_ACT_TRAP", .integer(Int64(data)))
    case .trace(let data): ("SCMP_ACT_TRACE", .integer(Int64(data)))
    case .notify: ("SCMP_ACT_NOTIFY", nil)
    case .killThread: ("SCMP_ACT_KILL_THREAD", nil)
    case .killProcess: ("SCMP_ACT_KILL_PROCESS", nil)
    }
  }
}
