package import Digests

// The plan as a record, for each type a pair that names the fields in the same order. A field that is forgotten here is
// found by the compiler (the initializers take every one) or by the test that reads back what was written.

extension SandboxPlan {
  package func write(to writer: inout RecordWriter) {
    writer.write(list: namespaces) { $0.write(name: $1) }
    writer.write(list: mounts) { $1.write(to: &$0) }
    landlock.write(to: &writer)
    writer.write(list: filters) { $1.write(to: &$0) }
    writer.write(list: limits) { $1.write(to: &$0) }
    writer.write(optional: wallTime) { $0.write(number: $1) }
    launch.write(to: &writer)
    writer.write(optional: database) { $1.write(to: &$0) }
    writer.write(optional: egress) { $1.write(to: &$0) }
    writer.write(list: tools) { $1.write(to: &$0) }
    var rows = RecordWriter()
    rows.write(list: enforcement) { $1.write(to: &$0) }
    writer.write(data: rows.bytes)
  }

  /// - Parameter withEnforcement: whether to read the table for people, which no start needs; without it there are no rows.
  package init(from reader: inout RecordReader, withEnforcement: Bool = true) throws(RecordError) {
    self.init(
      namespaces: try reader.list { r throws(RecordError) in try r.name() },
      mounts: try reader.list { r throws(RecordError) in try PlanMount(from: &r) },
      landlock: try LandlockPlan(from: &reader),
      filters: try reader.list { r throws(RecordError) in try FilterReference(from: &r) },
      limits: try reader.list { r throws(RecordError) in try ResourceLimit(from: &r) },
      wallTime: try reader.optional { r throws(RecordError) in try r.number() },
      launch: try LaunchPlan(from: &reader),
      database: try reader.optional { r throws(RecordError) in try DatabasePlan(from: &r) },
      egress: try reader.optional { r throws(RecordError) in try EgressPlan(from: &r) },
      tools: try reader.list { r throws(RecordError) in try ToolPlan(from: &r) },
      enforcement: try SandboxPlan.rows(&reader, areWanted: withEnforcement))
  }

  private static func rows(
    _ reader: inout RecordReader, areWanted: Bool
  ) throws(RecordError) -> [EnforcementRow] {
    let bytes = try reader.raw(try reader.count())
    guard areWanted else { return [] }
    var rows = RecordReader(Array(bytes))
    let list = try rows.list { r throws(RecordError) in try EnforcementRow(from: &r) }
    try rows.finish()
    return list
  }
}

extension Digest {
  package func write(to writer: inout RecordWriter) { writer.write(raw: bytes) }

  package init(from reader: inout RecordReader) throws(RecordError) {
    guard let digest = Digest(bytes: Array(try reader.raw(32))) else { throw reader.error }
    self = digest
  }
}

extension FilterReference {
  func write(to writer: inout RecordWriter) {
    writer.write(name: architecture)
    digest.write(to: &writer)
    writer.write(integer: Int64(instructions))
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      architecture: try reader.name(), digest: try Digest(from: &reader), instructions: Int(try reader.integer()))
  }
}

extension LandlockPlan {
  func write(to writer: inout RecordWriter) {
    writer.write(integer: Int64(minimumABI))
    writer.write(number: handledFiles.rawValue)
    writer.write(list: fileRules) { writer, rule in
      writer.write(text: rule.path)
      writer.write(number: rule.rights.rawValue)
      writer.write(flag: rule.isOptional)
    }
    writer.write(number: handledPorts.rawValue)
    writer.write(list: portRules) { writer, rule in
      writer.write(number: UInt64(rule.port))
      writer.write(number: rule.rights.rawValue)
    }
    writer.write(number: scopes.rawValue)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      minimumABI: Int(try reader.integer()), handledFiles: FileRights(rawValue: try reader.number()),
      fileRules: try reader.list { r throws(RecordError) in
        FileRule(path: try r.text(), rights: FileRights(rawValue: try r.number()), isOptional: try r.flag())
      },
      handledPorts: PortRights(rawValue: try reader.number()),
      portRules: try reader.list { r throws(RecordError) in
        PortRule(port: UInt16(truncatingIfNeeded: try r.number()), rights: PortRights(rawValue: try r.number()))
      },
      scopes: Scopes(rawValue: try reader.number()))
  }
}

extension LaunchPlan {
  func write(to writer: inout RecordWriter) {
    writer.write(texts: arguments)
    writer.write(flag: acceptsArguments)
    writer.write(text: workingDirectory)
    writer.write(list: environment) { $1.write(to: &$0) }
    writer.write(texts: passedEnvironment)
    writer.write(name: streams)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      arguments: try reader.texts(), acceptsArguments: try reader.flag(), workingDirectory: try reader.text(),
      environment: try reader.list { r throws(RecordError) in try Variable(from: &r) },
      passedEnvironment: try reader.texts(), streams: try reader.name())
  }
}

extension ResourceLimit {
  func write(to writer: inout RecordWriter) {
    writer.write(name: resource)
    writer.write(number: value)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(try reader.name(), try reader.number())
  }
}

extension LaunchPlan.Variable {
  func write(to writer: inout RecordWriter) {
    writer.write(text: name)
    writer.write(text: value)
  }

  init(from reader: inout RecordReader) throws(RecordError) { self.init(try reader.text(), try reader.text()) }
}

extension ToolPlan {
  func write(to writer: inout RecordWriter) {
    writer.write(text: name)
    writer.write(texts: arguments)
    writer.write(optional: coveredPath) { $0.write(text: $1) }
    landlock.write(to: &writer)
    writer.write(list: filters) { $1.write(to: &$0) }
    writer.write(list: limits) { $1.write(to: &$0) }
    writer.write(optional: wallTime) { $0.write(number: $1) }
    writer.write(list: environment) { $1.write(to: &$0) }
    writer.write(texts: passedEnvironment)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      name: try reader.text(), arguments: try reader.texts(),
      coveredPath: try reader.optional { r throws(RecordError) in try r.text() },
      landlock: try LandlockPlan(from: &reader),
      filters: try reader.list { r throws(RecordError) in try FilterReference(from: &r) },
      limits: try reader.list { r throws(RecordError) in try ResourceLimit(from: &r) },
      wallTime: try reader.optional { r throws(RecordError) in try r.number() },
      environment: try reader.list { r throws(RecordError) in try LaunchPlan.Variable(from: &r) },
      passedEnvironment: try reader.texts())
  }
}

extension DatabasePlan {
  func write(to writer: inout RecordWriter) {
    writer.write(text: file)
    schema.write(to: &writer)
    writer.write(integer: Int64(userVersion))
    writer.write(texts: extensions)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      file: try reader.text(), schema: try Digest(from: &reader),
      userVersion: Int32(truncatingIfNeeded: try reader.integer()), extensions: try reader.texts())
  }
}

extension EnforcementRow {
  func write(to writer: inout RecordWriter) {
    writer.write(text: subject)
    writer.write(flag: isGrant)
    writer.write(texts: mechanisms)
    writer.write(name: exactness)
    writer.write(text: remark)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      subject: try reader.text(), isGrant: try reader.flag(), mechanisms: try reader.texts(),
      exactness: try reader.name(), remark: try reader.text())
  }
}
