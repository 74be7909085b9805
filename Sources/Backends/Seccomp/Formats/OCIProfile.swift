internal import CanonicalJSON
internal import Diagnostics
internal import SandboxPlan
internal import SystemCalls
package import SystemIO

/// Seccomp profiles in JSON: `linux.seccomp` of the OCI runtime specification, and the superset of it that Docker and
/// Podman select rules from by capability, architecture and kernel.
package enum OCIProfile {
  /// Reads a profile for one machine.
  ///
  /// The semantics are those of runc: rules whose filters do not fit are left out, names that the architecture lacks are
  /// left out, a rule whose action is the default's says nothing, and two conditions on one argument are alternatives.
  package static func read(_ bytes: [UInt8], for context: ProfileContext) throws(Failure) -> ImportedProfile {
    let document: JSON
    do throws(JSONError) {
      document = try JSON(parsing: bytes, limits: JSONLimits(bytes: 4 << 20, depth: 16, values: 200_000))
    } catch {
      throw Failure("LC030", "the profile is not valid JSON: \(error)", help: "a profile is one JSON object")
    }
    var reader = OCIProfileReader(context: context)
    return try reader.profile(document)
  }
}

private struct OCIProfileReader {
  let context: ProfileContext
  var notes: [ProfileNote] = []

  mutating func profile(_ document: JSON) throws(Failure) -> ImportedProfile {
    // The whole `linux` object, or a whole runtime configuration, is taken as well as the bare profile.
    let profile = document["linux"]?["seccomp"] ?? document["seccomp"] ?? document
    let object = try Members(
      profile, "the profile",
      [
        "defaultAction", "defaultErrnoRet", "defaultErrno", "architectures", "archMap", "flags", "listenerPath",
        "listenerMetadata", "syscalls", "comment",
      ])
    try architectures(object)
    guard let name = try object.string("defaultAction") else {
      throw problem("the profile has no `defaultAction`")
    }
    let fallback = try action(name, object, number: "defaultErrnoRet", errorName: "defaultErrno", "the default action")
    var rules: [SystemCallRule] = []
    var whole: [String: SystemCallAction] = [:]
    for (index, entry) in try object.array("syscalls").enumerated() {
      for rule in try self.rules(entry, "syscalls[\(index)]", fallback) {
        // The runtimes' library takes the first of two rules for the whole of a call, and says nothing.
        if rule.conditions.isEmpty, let first = whole[rule.call] {
          if first != rule.action {
            notes.append(
              ProfileNote(
                .shadowed,
                "syscalls[\(index)] gives `\(rule.call)` \(rule.action), but an earlier rule gives it \(first) and is the one that counts"
              ))
          }
          continue
        }
        if rule.conditions.isEmpty { whole[rule.call] = rule.action }
        rules.append(rule)
      }
    }
    let flags = try self.flags(object)
    if try object.string("listenerPath") != nil {
      notes.append(ProfileNote(.other, "`listenerPath` belongs to the runtime that loads the filter; it is left out"))
    }
    let policy = SystemCallPolicy(denied: fallback, unknown: fallback, foreign: .killProcess, rules: rules)
    return ImportedProfile(policy: policy, notes: notes, flags: flags)
  }

  private func problem(_ text: String, _ help: String? = nil) -> Failure { Failure("LC030", text, help: help) }

  // MARK: Architectures

  private mutating func architectures(_ object: Members) throws(Failure) {
    var named: [String] = []
    for entry in try object.array("architectures") { named.append(try text(entry, "`architectures`")) }
    var subordinate: [String] = []
    for (index, entry) in try object.array("archMap").enumerated() {
      let member = try Members(entry, "archMap[\(index)]", ["architecture", "subArchitectures"])
      guard let name = try member.string("architecture") else {
        throw problem("archMap[\(index)] has no `architecture`")
      }
      try check(name)
      named.append(name)
      for entry in try member.array("subArchitectures") {
        let sub = try text(entry, "`subArchitectures`")
        try check(sub)
        if name == OCINames.architecture(context.architecture) { subordinate.append(sub) }
      }
    }
    for name in named { try check(name) }
    if !named.isEmpty, !named.contains(OCINames.architecture(context.architecture)) {
      notes.append(
        ProfileNote(
          .other, "the profile does not name \(context.architecture.rawValue); its rules are taken as they are"))
    }
    if !subordinate.isEmpty {
      notes.append(
        ProfileNote(
          .other,
          "calls of \(subordinate.joined(separator: ", ")) end the process: filters are made for one architecture"))
    }
  }

  private func check(_ name: String) throws(Failure) {
    guard !OCINames.architectures.contains(name) else { return }
    let near = nearestMatch(to: name, among: OCINames.architectures)
    throw Failure(
      "LC031", "`\(name)` is not an architecture that the OCI runtime specification has",
      help: near.map { "did you mean `\($0)`?" })
  }

  // MARK: Rules

  private mutating func rules(
    _ value: JSON, _ place: String, _ fallback: SystemCallAction
  ) throws(Failure) -> [SystemCallRule] {
    let object = try Members(
      value, place,
      ["names", "name", "action", "errnoRet", "errno", "args", "includes", "excludes", "comment"])
    var names: [String] = []
    for entry in try object.array("names") { names.append(try text(entry, "\(place).names")) }
    if let name = try object.string("name") { names.append(name) }
    guard !names.isEmpty else { throw problem("\(place) names no system call") }
    guard let actionName = try object.string("action") else { throw problem("\(place) has no `action`") }
    let action = try self.action(actionName, object, number: "errnoRet", errorName: "errno", place)
    let arguments = try conditions(object, place)
    let isIncluded = try applies(object, place)
    let reason = try object.string("comment") ?? ""
    // What is left out is checked all the same: names and architectures may be misspelt there, too.
    var calls: [SystemCall] = []
    for name in names {
      guard let call = SystemCall.named(name) else {
        guard SystemCall.foreignArchitectures(of: name) != nil else {
          var failure = SystemCallPolicy.unknownName(name)
          failure.message += " (\(place))"
          throw failure
        }
        continue
      }
      if call.number(on: context.architecture) == nil {
        if isIncluded {
          notes.append(ProfileNote(.absentCall, "`\(name)` does not exist on \(context.architecture.rawValue)"))
        }
      } else {
        calls.append(call)
      }
    }
    guard isIncluded, action != fallback else { return [] }
    var rules: [SystemCallRule] = []
    for call in calls {
      for condition in arguments { try flagWidth(condition, call, place) }
      let indices = arguments.map(\.index)
      if Set(indices).count == indices.count {
        rules.append(SystemCallRule(call.name, where: arguments, action, reason: reason))
      } else {
        rules += arguments.map { SystemCallRule(call.name, where: [$0], action, reason: reason) }
      }
    }
    return rules
  }

  /// The profile compares 64 bits. Where the kernel reads fewer, the two differ as soon as the upper bits are not zero,
  /// unless a mask leaves them out.
  private mutating func flagWidth(_ condition: ArgumentCondition, _ call: SystemCall, _ place: String) throws(Failure) {
    do throws(Failure) {
      try condition.check(on: call)
    } catch {
      var failure = error
      failure.message += " (\(place))"
      throw failure
    }
    let type = call.arguments[condition.index]
    if case .maskedEqual(let mask, _) = condition.comparison, mask & ~type.mask == 0 { return }
    guard type.bits < 64 else { return }
    notes.append(
      ProfileNote(
        .width,
        "\(place) compares argument \(condition.index) of `\(call.name)` in 64 bits, but the kernel reads \(type.bits) (\(type.spelling)): a caller gets round the rule with upper bits that the kernel ignores; compiled at \(type.bits) bits"
      ))
  }

  private func conditions(_ object: Members, _ place: String) throws(Failure) -> [ArgumentCondition] {
    var result: [ArgumentCondition] = []
    for (number, entry) in try object.array("args").enumerated() {
      let place = "\(place).args[\(number)]"
      let argument = try Members(entry, place, ["index", "value", "valueTwo", "op"])
      guard let index = try argument.unsigned("index"), index < 6 else {
        throw problem("\(place) has no `index` from 0 to 5")
      }
      guard let value = try argument.unsigned("value") else { throw problem("\(place) has no `value`") }
      guard let name = try argument.string("op") else { throw problem("\(place) has no `op`") }
      let second = try argument.unsigned("valueTwo") ?? 0
      let comparison: ArgumentCondition.Comparison
      switch name {
      case "SCMP_CMP_NE": comparison = .notEqual(value)
      case "SCMP_CMP_LT": comparison = .less(value)
      case "SCMP_CMP_LE": comparison = .lessOrEqual(value)
      case "SCMP_CMP_EQ": comparison = .equal(value)
      case "SCMP_CMP_GE": comparison = .greaterOrEqual(value)
      case "SCMP_CMP_GT": comparison = .greater(value)
      case "SCMP_CMP_MASKED_EQ": comparison = .maskedEqual(mask: value, value: second)
      default: throw problem("\(place) has the operator `\(name)`, which the OCI runtime specification does not have")
      }
      result.append(ArgumentCondition(Int(index), comparison))
    }
    return result
  }

  /// Whether the rule's `includes` and `excludes` fit the context.
  private func applies(_ object: Members, _ place: String) throws(Failure) -> Bool {
    var result = true
    for (key, isInclusion) in [("includes", true), ("excludes", false)] {
      guard let value = object.members[key], value != .null else { continue }
      let filter = try Members(value, "\(place).\(key)", ["caps", "arches", "minKernel"])
      var capabilities: [String] = []
      for entry in try filter.array("caps") {
        let name = try text(entry, "\(place).\(key).caps")
        guard OCINames.capabilities.contains(name) else { throw OCINames.unknownCapability(name) }
        capabilities.append(name)
      }
      var architectures: [String] = []
      for entry in try filter.array("arches") { architectures.append(try text(entry, "\(place).\(key).arches")) }
      let fitsArchitecture = architectures.contains(OCINames.goArchitecture(context.architecture))
      var fitsKernel: Bool?
      if let text = try filter.string("minKernel") {
        guard let version = KernelVersion(text) else {
          throw problem("\(place).\(key).minKernel is `\(text)`, expected a version such as `4.8`")
        }
        fitsKernel = context.kernel >= version
      }
      if isInclusion {
        if !architectures.isEmpty, !fitsArchitecture { result = false }
        if !capabilities.allSatisfy(context.capabilities.contains) { result = false }
        if fitsKernel == false { result = false }
      } else {
        if fitsArchitecture || capabilities.contains(where: context.capabilities.contains) || fitsKernel == true {
          result = false
        }
      }
    }
    return result
  }

  private func action(
    _ name: String, _ object: Members, number: String, errorName: String, _ place: String
  ) throws(Failure) -> SystemCallAction {
    var data = try object.unsigned(number)
    if let text = try object.string(errorName), data == nil {
      guard let value = OCINames.errors[text] else {
        throw problem(
          "`\(errorName)` of \(place) is `\(text)`, which is not the name of an error", "give its number in `\(number)`"
        )
      }
      data = UInt64(value)
    }
    guard data ?? 0 <= 0xFFFF else { throw problem("`\(number)` of \(place) is \(data ?? 0), beyond 16 bits") }
    let value = data.map { UInt16($0) }
    switch name {
    case "SCMP_ACT_ALLOW": return .allow
    case "SCMP_ACT_ERRNO":
      guard value ?? 0 <= 4095 else {
        throw problem("`\(number)` of \(place) is \(value ?? 0), and errors end at 4095")
      }
      return .errno(value ?? 1)
    case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": return .killThread
    case "SCMP_ACT_KILL_PROCESS": return .killProcess
    case "SCMP_ACT_LOG": return .log
    case "SCMP_ACT_TRAP": return .trap(value ?? 0)
    case "SCMP_ACT_TRACE": return .trace(value ?? 1)
    case "SCMP_ACT_NOTIFY": return .notify
    default: throw problem("\(place) has the action `\(name)`, which the OCI runtime specification does not have")
    }
  }

  private func flags(_ object: Members) throws(Failure) -> [String] {
    var result: [String] = []
    for entry in try object.array("flags") {
      let name = try text(entry, "`flags`")
      guard OCINames.flags.contains(name) else {
        throw problem("`\(name)` is not a flag that the OCI runtime specification has")
      }
      result.append(name)
    }
    return result
  }

  private func text(_ value: JSON, _ place: String) throws(Failure) -> String {
    guard let text = value.stringValue else { throw problem("expected a string in \(place), found \(value.kind)") }
    return text
  }
}

/// The members of an object, with its place for messages; members that nobody knows are refused.
private struct Members {
  let members: [String: JSON]
  let place: String

  init(_ value: JSON, _ place: String, _ known: [String]) throws(Failure) {
    guard case .object(let members) = value else {
      throw Failure("LC030", "expected \(place) to be an object, found \(value.kind)")
    }
    if let unknown = members.keys.filter({ !known.contains($0) }).min() {
      let near = nearestMatch(to: unknown, among: known)
      throw Failure(
        "LC030", "\(place) has the member `\(unknown)`, which seccomp profiles do not have",
        help: near.map { "did you mean `\($0)`?" })
    }
    self.members = members
    self.place = place
  }

  func string(_ key: String) throws(Failure) -> String? {
    guard let value = members[key], value != .null else { return nil }
    guard let text = value.stringValue else {
      throw Failure("LC030", "expected `\(key)` of \(place) to be a string, found \(value.kind)")
    }
    return text
  }

  func array(_ key: String) throws(Failure) -> [JSON] {
    guard let value = members[key], value != .null else { return [] }
    guard let elements = value.arrayValue else {
      throw Failure("LC030", "expected `\(key)` of \(place) to be an array, found \(value.kind)")
    }
    return elements
  }

  func unsigned(_ key: String) throws(Failure) -> UInt64? {
    guard let value = members[key], value != .null else { return nil }
    switch value {
    case .integer(let number) where number >= 0: return UInt64(number)
    case .number(let text):
      if let number = UInt64(text) { return number }
    default: break
    }
    throw Failure("LC030", "expected `\(key)` of \(place) to be a whole number from 0 to 2^64 - 1")
  }
}
