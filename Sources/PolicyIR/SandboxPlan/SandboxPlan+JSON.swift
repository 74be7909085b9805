package import CanonicalJSON
internal import Digests

extension SandboxPlan {
  /// Names the version of the document; a reader refuses every other.
  package static let schema = "locara.sandbox/1"

  /// The plan as a document; its canonical bytes are the plan's one encoding. Counts are at most `Int64.max`.
  package var json: JSON {
    var members: [String: JSON] = [
      "schema": .string(SandboxPlan.schema),
      "namespaces": .array(namespaces.map { .string($0.rawValue) }),
      "mounts": .array(mounts.map(\.json)),
      "landlock": landlock.json,
      "filters": .array(filters.map(\.json)),
      "limits": .array(limits.map(\.json)),
      "launch": launch.json,
      "enforcement": .array(enforcement.map(\.json)),
    ]
    if let wallTime { members["wall-time-ms"] = .integer(Int64(clamping: wallTime)) }
    if let database { members["database"] = database.json }
    if let egress { members["egress"] = egress.json }
    if !tools.isEmpty { members["tools"] = .array(tools.map(\.json)) }
    return .object(members)
  }

  /// Reads a plan strictly: unknown or missing members, wrong types and values out of range are errors.
  package init(json: JSON) throws(PlanError) {
    let members = try PlanReader(json).members(
      "schema", "namespaces", "mounts", "landlock", "filters", "limits", "launch", "enforcement", "wall-time-ms?",
      "database?", "egress?", "tools?")
    let schema = try members["schema"].string()
    guard schema == SandboxPlan.schema else {
      throw members["schema"].error("expected \"\(SandboxPlan.schema)\", found \"\(schema)\"")
    }
    namespaces = try members["namespaces"].list { reader throws(PlanError) in try reader.name(Namespace.self) }
    guard namespaces == Namespace.allCases.filter(namespaces.contains) else {
      throw members["namespaces"].error("expected each namespace once, in the order of the specification")
    }
    mounts = try members["mounts"].list { reader throws(PlanError) in try PlanMount(reader) }
    landlock = try LandlockPlan(members["landlock"])
    filters = try members["filters"].list { reader throws(PlanError) in try FilterReference(reader) }
    limits = try members["limits"].list { reader throws(PlanError) in try ResourceLimit(reader) }
    wallTime = try members.optional("wall-time-ms")?.count()
    launch = try LaunchPlan(members["launch"])
    database = if let reader = members.optional("database") { try DatabasePlan(reader) } else { nil }
    egress = if let reader = members.optional("egress") { try EgressPlan(reader) } else { nil }
    tools = try members.optional("tools")?.list { reader throws(PlanError) in try ToolPlan(reader) } ?? []
    enforcement = try members["enforcement"].list { reader throws(PlanError) in try EnforcementRow(reader) }
  }
}

extension ResourceLimit {
  var json: JSON { ["resource": .string(resource.rawValue), "value": .integer(Int64(clamping: value))] }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("resource", "value")
    self.init(try members["resource"].name(Resource.self), try members["value"].count())
  }
}

extension FilterReference {
  var json: JSON {
    [
      "architecture": .string(architecture.rawValue), "digest": .string(digest.description),
      "instructions": .integer(Int64(instructions)),
    ]
  }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("architecture", "digest", "instructions")
    self.init(
      architecture: try members["architecture"].name(Architecture.self), digest: try members["digest"].digest(),
      instructions: Int(try members["instructions"].integer(1...4096)))
  }
}

extension LaunchPlan {
  var json: JSON {
    [
      "arguments": .array(arguments.map { .string($0) }),
      "accepts-arguments": .bool(acceptsArguments),
      "working-directory": .string(workingDirectory),
      "environment": .array(environment.map(\.json)),
      "passed-environment": .array(passedEnvironment.map { .string($0) }),
      "streams": .string(streams.rawValue),
    ]
  }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members(
      "arguments", "accepts-arguments", "working-directory", "environment", "passed-environment", "streams")
    let arguments = try members["arguments"].strings()
    guard let program = arguments.first, PlanReader.isNormalAbsolute(program) else {
      throw members["arguments"].error("expected the program's absolute path as the first argument")
    }
    self.init(
      arguments: arguments,
      acceptsArguments: try members["accepts-arguments"].bool(),
      workingDirectory: try members["working-directory"].absolutePath(),
      environment: try members["environment"].list { reader throws(PlanError) in try Variable(reader) },
      passedEnvironment: try members["passed-environment"].list { reader throws(PlanError) in
        try reader.variableName()
      },
      streams: try members["streams"].name(StandardStreams.self))
  }
}

extension LaunchPlan.Variable {
  var json: JSON { ["name": .string(name), "value": .string(value)] }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("name", "value")
    self.init(try members["name"].variableName(), try members["value"].string())
  }
}

extension PlanReader {
  func variableName() throws(PlanError) -> String {
    let name = try string()
    guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else {
      throw error("expected a variable's name, found \"\(name)\"")
    }
    return name
  }
}

extension DatabasePlan {
  var json: JSON {
    [
      "file": .string(file), "schema": .string(schema.description), "user-version": .integer(Int64(userVersion)),
      "extensions": .array(extensions.map { .string($0) }),
    ]
  }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("file", "schema", "user-version", "extensions")
    self.init(
      file: try members["file"].relativePath(), schema: try members["schema"].digest(),
      userVersion: Int32(try members["user-version"].integer(1...Int64(Int32.max))),
      extensions: try members["extensions"].list { reader throws(PlanError) in try reader.absolutePath() })
  }
}

extension EnforcementRow {
  var json: JSON {
    [
      "subject": .string(subject), "grant": .bool(isGrant), "mechanisms": .array(mechanisms.map { .string($0) }),
      "exactness": .string(exactness.rawValue), "remark": .string(remark),
    ]
  }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("subject", "grant", "mechanisms", "exactness", "remark")
    self.init(
      subject: try members["subject"].string(), isGrant: try members["grant"].bool(),
      mechanisms: try members["mechanisms"].strings(), exactness: try members["exactness"].name(Exactness.self),
      remark: try members["remark"].string())
  }
}
