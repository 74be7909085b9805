internal import CanonicalJSON

/// A program that the app starts by name and that runs with less than the app's rights: its Landlock domain and its
/// filter are stacked on the app's, so that both have to permit what it does.
package struct ToolPlan: Hashable, Sendable {
  /// The name of the command inside, found by `PATH`: `[a-z0-9-]+`.
  package var name: String
  /// argv; the first is the program's absolute path inside. The caller's arguments are appended.
  package var arguments: [String]
  /// Where the program is in the app's files, when it is there: a start by this path is denied, and says why.
  package var coveredPath: String?
  package var landlock: LandlockPlan
  /// By architecture, as `SandboxPlan.filters`.
  package var filters: [FilterReference]
  /// What is lower than the app's own limits, in the order of `ResourceLimit.Resource.allCases`.
  package var limits: [ResourceLimit]
  /// Milliseconds from the tool's start after which it is ended; nil is without end.
  package var wallTime: UInt64?
  /// Variables with fixed values, sorted by name.
  package var environment: [LaunchPlan.Variable]
  /// Names of variables that are taken from the app when it has them, sorted.
  package var passedEnvironment: [String]

  package init(
    name: String, arguments: [String], coveredPath: String?, landlock: LandlockPlan, filters: [FilterReference] = [],
    limits: [ResourceLimit], wallTime: UInt64?, environment: [LaunchPlan.Variable], passedEnvironment: [String]
  ) {
    self.name = name
    self.arguments = arguments
    self.coveredPath = coveredPath
    self.landlock = landlock
    self.filters = filters
    self.limits = limits
    self.wallTime = wallTime
    self.environment = environment
    self.passedEnvironment = passedEnvironment
  }

  /// The directory inside whose commands are the tools; first in the app's `PATH`.
  package static let commandDirectory = "/run/locara/bin"
  /// The directory inside with what is enforced on each tool.
  package static let policyDirectory = "/run/locara/tools"
  /// The app's files once more: the paths that tools are started by.
  package static let programDirectory = "/run/locara/app"
}

extension ToolPlan {
  var json: JSON {
    var members: [String: JSON] = [
      "name": .string(name),
      "arguments": .array(arguments.map { .string($0) }),
      "landlock": landlock.json,
      "filters": .array(filters.map(\.json)),
      "limits": .array(limits.map(\.json)),
      "environment": .array(environment.map(\.json)),
      "passed-environment": .array(passedEnvironment.map { .string($0) }),
    ]
    if let coveredPath { members["covered-path"] = .string(coveredPath) }
    if let wallTime { members["wall-time-ms"] = .integer(Int64(clamping: wallTime)) }
    return .object(members)
  }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members(
      "name", "arguments", "landlock", "filters", "limits", "environment", "passed-environment", "covered-path?",
      "wall-time-ms?")
    let name = try members["name"].string()
    guard !name.isEmpty, name.utf8.count <= 64, name.utf8.allSatisfy(ToolPlan.isNameCharacter) else {
      throw members["name"].error("expected 1 to 64 of a-z, 0-9 and -, found \"\(name)\"")
    }
    let arguments = try members["arguments"].strings()
    guard let program = arguments.first, PlanReader.isNormalAbsolute(program) else {
      throw members["arguments"].error("expected the program's absolute path as the first argument")
    }
    self.init(
      name: name, arguments: arguments, coveredPath: try members.optional("covered-path")?.absolutePath(),
      landlock: try LandlockPlan(members["landlock"]),
      filters: try members["filters"].list { reader throws(PlanError) in try FilterReference(reader) },
      limits: try members["limits"].list { reader throws(PlanError) in try ResourceLimit(reader) },
      wallTime: try members.optional("wall-time-ms")?.count(),
      environment: try members["environment"].list { reader throws(PlanError) in try LaunchPlan.Variable(reader) },
      passedEnvironment: try members["passed-environment"].list { reader throws(PlanError) in
        try reader.variableName()
      })
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "-")
  }
}
