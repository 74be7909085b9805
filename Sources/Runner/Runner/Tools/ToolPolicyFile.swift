internal import CSandbox
internal import SandboxPlan
internal import SystemIO

/// What a tool's launcher is given to read: `struct locara_tool_header` and what follows it, ToolPolicy.h.
struct ToolPolicyFile {
  private var strings: [UInt8] = [0]  // offset 0 is the empty string
  private let plan: ToolPlan
  private let filter: [UInt8]
  private let abi: Int

  /// - Parameters:
  ///   - filter: of this architecture.
  ///   - abi: the kernel's Landlock ABI; what it does not know is left out.
  init(_ plan: ToolPlan, filter: [UInt8], abi: Int) {
    self.plan = plan
    self.filter = filter
    self.abi = abi
  }

  /// The file's bytes.
  mutating func bytes() throws(Failure) -> [UInt8] {
    let landlock = plan.landlock.masked(to: abi)
    var body: [UInt8] = []
    let rules = landlock.handledFiles.isEmpty ? [] : landlock.fileRules
    for rule in rules {
      let access = rule.rights.intersection(landlock.handledFiles).rawValue
      Self.append(
        locara_tool_path_rule(access: access, path: try offset(rule.path), optional: rule.isOptional ? 1 : 0), to: &body
      )
    }
    let ports = landlock.portRules.filter { !$0.rights.isEmpty }
    for rule in ports {
      Self.append(locara_tool_port_rule(port: UInt64(rule.port), access: rule.rights.rawValue), to: &body)
    }
    var limitCount: UInt32 = 0
    for limit in plan.limits {
      guard let resource = limit.resource.number else { continue }
      Self.append(locara_tool_limit(value: limit.value, resource: UInt32(resource), unused: 0), to: &body)
      limitCount += 1
    }
    body += filter
    let environment = plan.environment.map { "\($0.name)=\($0.value)" }
    let passed = plan.passedEnvironment.filter { !LaunchRequest.changesLoading($0) }
    for text in plan.arguments + environment + passed { Self.append(try offset(text), to: &body) }
    var header = locara_tool_header()
    header.magic = UInt64(LOCARA_TOOL_MAGIC)
    header.handled_files = landlock.handledFiles.rawValue
    header.handled_ports = landlock.handledPorts.rawValue
    header.scopes = landlock.scopes.rawValue
    header.time_limit = plan.wallTime ?? 0
    header.processors =
      plan.limits.first { $0.resource == .processors }.map { UInt32(clamping: ($0.value + 999) / 1000) } ?? 0
    header.path_rules = UInt32(rules.count)
    header.port_rules = UInt32(ports.count)
    header.limits = limitCount
    header.arguments = UInt32(plan.arguments.count)
    header.environment = UInt32(environment.count)
    header.passed = UInt32(passed.count)
    header.filter_length = UInt32(filter.count / 8)
    header.covered_path = try offset(plan.coveredPath ?? "")
    header.string_bytes = UInt32(strings.count)
    var file: [UInt8] = []
    Self.append(header, to: &file)
    file += body + strings
    guard file.count <= LOCARA_TOOL_LIMIT else {
      throw Failure(
        "LR042", "the policy of the tool `\(plan.name)` has \(file.count) bytes; at most \(LOCARA_TOOL_LIMIT) are read",
        help: "give the tool fewer grants or arguments")
    }
    return file
  }

  private mutating func offset(_ text: String) throws(Failure) -> UInt32 {
    guard !text.utf8.contains(0) else {
      throw Failure("LR005", "a NUL character in \"\(text.filter { $0 != "\0" })\"", help: "leave it out")
    }
    if text.isEmpty { return 0 }
    let place = UInt32(strings.count)
    strings += Array(text.utf8) + [0]
    return place
  }

  private static func append<Value: BitwiseCopyable>(_ value: Value, to bytes: inout [UInt8]) {
    unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
  }
}
