internal import BundleFormat
internal import CanonicalJSON
internal import Digests
internal import ModelStore
internal import PolicyIR
internal import SandboxPlan
internal import SystemIO

/// What a start takes out of a bundle. It is made from the verified bundle, and kept beside the store's copy as a record,
/// so that later starts read one small file instead of the bundle's documents.
struct LaunchRecord: Hashable, Sendable {
  /// A file of a model that the app needs.
  struct ModelFile: Hashable, Sendable {
    var digest: Digest
    /// Bytes.
    var size: Int64
    /// What the file is called where it is needed, for messages.
    var label: String
  }

  var bundle: Digest
  var publisher: String
  var name: String
  var version: String
  /// Of the policy's canonical bytes.
  var policy: Digest
  /// Without the table of how each grant is enforced when it was read from a record.
  var plan: SandboxPlan
  /// For this machine's architecture; it is the one that the plan names.
  var filter: [UInt8]
  /// Those of the plan's tools, in its order.
  var toolFilters: [[UInt8]]
  var modelFiles: [ModelFile]
  /// Whether plan, filters and schema were compared with what the policy compiles to.
  var isCompared = false

  /// - Throws: when the bundle is not for this machine, or its parts do not belong together.
  init(_ bundle: Bundle) throws(Failure) {
    guard let architecture = Architecture.current else {
      throw Failure("LR002", "there are no filters for this machine's architecture", path: bundle.path)
    }
    self.bundle = bundle.digest
    publisher = bundle.configuration.publisher
    name = bundle.configuration.name
    version = bundle.configuration.version
    policy = bundle.configuration.policy
    filter = try bundle.filter(for: architecture)
    plan = try LaunchRecord.plan(of: bundle)
    guard plan.filters.first(where: { $0.architecture == architecture })?.digest == Digest.of(filter) else {
      throw Failure("LR034", "the plan and the filter of the bundle do not belong together", path: bundle.path)
    }
    toolFilters = try LaunchRecord.toolFilters(of: bundle, plan, architecture)
    modelFiles = []
    if let bytes = bundle.contents(of: .lock) {
      for model in try LockFile(parsing: bytes, path: bundle.path).models {
        modelFiles += model.files.map {
          ModelFile(digest: $0.digest, size: $0.size, label: "\(model.id)/\($0.path)")
        }
      }
    }
  }

  private static func plan(of bundle: Bundle) throws(Failure) -> SandboxPlan {
    do {
      return try SandboxPlan(json: JSON(parsing: try bundle.layer(.plan)))
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("LR036", "the bundle's plan cannot be read: \(error)", path: bundle.path)
    }
  }

  /// The bundle's filters for the plan's tools, each against its digest.
  private static func toolFilters(
    of bundle: Bundle, _ plan: SandboxPlan, _ architecture: Architecture
  ) throws(Failure) -> [[UInt8]] {
    guard !plan.tools.isEmpty else { return [] }
    var rest = try bundle.layer(.toolFilters(architecture))[...]
    var filters: [[UInt8]] = []
    for tool in plan.tools {
      let reference = tool.filters.first { $0.architecture == architecture }
      let filter = Array(rest.prefix((reference?.instructions ?? 0) * 8))
      rest = rest.dropFirst(filter.count)
      guard let reference, reference.digest == Digest.of(filter) else {
        throw Failure("LR034", "the plan and the filters of the bundle do not belong together", path: bundle.path)
      }
      filters.append(filter)
    }
    return filters
  }

  /// Takes another plan in the place of the bundle's own. Tools whose filters the bundle does not have, since their
  /// rights are others there, are left out: their commands then say that they cannot be started.
  mutating func reduce(to plan: SandboxPlan, _ filter: [UInt8]) {
    let known = Dictionary(toolFilters.map { (Digest.of($0), $0) }) { first, _ in first }
    func own(_ tool: ToolPlan) -> [UInt8]? {
      tool.filters.first { $0.architecture == Architecture.current }.flatMap { known[$0.digest] }
    }
    self.plan = plan
    self.filter = filter
    self.plan.tools = plan.tools.filter { own($0) != nil }
    toolFilters = self.plan.tools.compactMap(own)
  }

  // MARK: As bytes

  /// Raised when the fields or their order change, so that older records are not read.
  private static let format: UInt8 = 4

  var bytes: [UInt8] {
    var writer = RecordWriter()
    writer.write(byte: LaunchRecord.format)
    bundle.write(to: &writer)
    writer.write(text: publisher)
    writer.write(text: name)
    writer.write(text: version)
    policy.write(to: &writer)
    plan.write(to: &writer)
    writer.write(data: filter)
    writer.write(list: toolFilters) { $0.write(data: $1) }
    writer.write(list: modelFiles) { writer, file in
      file.digest.write(to: &writer)
      writer.write(integer: file.size)
      writer.write(text: file.label)
    }
    writer.write(byte: isCompared ? 1 : 0)
    return writer.bytes
  }

  /// Reads what `bytes` gave.
  init(record bytes: [UInt8]) throws(RecordError) {
    var reader = RecordReader(bytes)
    guard try reader.byte() == LaunchRecord.format else { throw reader.error }
    bundle = try Digest(from: &reader)
    publisher = try reader.text()
    name = try reader.text()
    version = try reader.text()
    policy = try Digest(from: &reader)
    plan = try SandboxPlan(from: &reader, withEnforcement: false)
    filter = try reader.data()
    toolFilters = try reader.list { r throws(RecordError) in try r.data() }
    modelFiles = try reader.list { r throws(RecordError) in
      ModelFile(digest: try Digest(from: &r), size: try r.integer(), label: try r.text())
    }
    isCompared = try reader.byte() == 1
    try reader.finish()
  }
}
