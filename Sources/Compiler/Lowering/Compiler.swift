// INVARIANT: compiling is a pure function, sources in, values and diagnostics out. It opens no file, reads no clock, and
// collects what is wrong instead of stopping at the first mistake. This module knows no backend.

package import Diagnostics
package import Manifest
package import PolicyIR
internal import Structures
package import Text

/// All that a compilation depends on.
package struct CompilerInput: Sendable {
  package var manifest: Source
  /// The models that `locara.lock.json` pins; nil when there is no lock.
  package var lock: [ModelPin]?
  /// How many elements the vectors of a locked model have, by its id, as far as the lock knows.
  package var vectorDimensions: [String: Int64]
  /// The SQL that `storage.schema` names; nil when it names none.
  package var schema: Source?
  /// Paths of the bundle's files, relative to the manifest, what the build makes included; nil when not known, and
  /// then nothing that refers to a file is checked.
  package var files: [String]?
  /// Whether to say as well what a catalog of apps would refuse.
  package var isStrict: Bool

  package init(
    manifest: Source, lock: [ModelPin]? = nil, vectorDimensions: [String: Int64] = [:], schema: Source? = nil,
    files: [String]? = nil, isStrict: Bool = false
  ) {
    self.manifest = manifest
    self.isStrict = isStrict
    self.lock = lock
    self.vectorDimensions = vectorDimensions
    self.schema = schema
    self.files = files
  }
}

/// All that a compilation yields.
///
/// A class, as `Manifest` is: it has too many parts to copy.
package final class CompilerOutput: Sendable {
  private let reading: ManifestReading
  /// Nil when there is an error.
  package let policy: AppPolicy?
  /// What the origins are made from; nil when there is no manifest.
  private let lowering: Lowering?
  /// By source, in the order of each.
  package let diagnostics: [Diagnostic]

  fileprivate init(
    _ reading: ManifestReading, _ lowering: Lowering?, policy: AppPolicy?,
    _ diagnostics: [Diagnostic]
  ) {
    self.reading = reading
    self.diagnostics = diagnostics
    self.policy = policy
    self.lowering = lowering
  }

  package var syntax: SyntaxTree { reading.syntax }
  /// As far as it could be read.
  package var manifest: Manifest? { reading.manifest }
  /// Keys that are accepted and that nothing enforces yet, in source order.
  package var unenforced: [UnenforcedKey] { reading.unenforced }

  /// Where each grant comes from. Made when asked for: most who check manifests never do.
  package var origins: Origins { lowering?.origins ?? Origins() }

  /// Where what the tools may do comes from; no part of the app's own policy.
  package var toolOrigins: Origins { lowering?.toolOrigins ?? Origins() }
}

/// Compiles a manifest into a policy.
///
/// - Parameter reading: of the same manifest, when it was read already.
package func compile(_ input: CompilerInput, reading: ManifestReading? = nil) -> CompilerOutput {
  let reading = reading ?? ManifestReading(input.manifest)
  guard let manifest = reading.manifest else {
    return CompilerOutput(reading, nil, policy: nil, reading.diagnostics)
  }
  var lowering = Lowering(input: input, manifest: manifest, damaged: reading.damaged)
  let policy = lowering.lower()
  let (schemaProblems, problems) = lowering.diagnostics.split { $0.primary.path != input.manifest.path }
  let diagnostics = (reading.diagnostics + problems).inSourceOrder + schemaProblems
  let hasErrors = diagnostics.contains { $0.severity == .error }
  return CompilerOutput(reading, consume lowering, policy: hasErrors ? nil : policy, diagnostics)
}

extension [Diagnostic] {
  /// Those for which `isFirst` holds, and the others.
  fileprivate func split(_ isFirst: (Diagnostic) -> Bool) -> ([Diagnostic], [Diagnostic]) {
    (filter(isFirst), filter { !isFirst($0) })
  }
}

/// A manifest on its way to a policy. Each aspect is an extension in a file of its own.
struct Lowering {
  let input: CompilerInput
  let manifest: Manifest
  /// Top-level keys below which something is wrong; what depends on them is not looked at.
  let damaged: Set<String>
  var diagnostics: [Diagnostic] = []
  var grants: [GrantEntry] = []

  init(input: CompilerInput, manifest: Manifest, damaged: Set<String>) {
    self.input = input
    self.manifest = manifest
    self.damaged = damaged
  }

  var source: Source { input.manifest }

  /// What one place of the manifest grants.
  struct GrantEntry {
    /// Most grants are one of the first four, and gathering them is faster than making an authority of each.
    enum Content {
      case files(FilePattern, FileAccessSet)
      case program(String)
      case variable(String)
      case threads
      indirect case authority(Authority)
    }

    var content: Content
    var span: Span
    /// Below `capabilities`, unless it is `modalities`.
    var key: String
    /// A key below that one; empty without.
    var subkey: String
    var reason: String
    var isModality: Bool

    init(
      _ content: Content, span: Span, key: String, subkey: String = "", reason: String = "", isModality: Bool = false
    ) {
      self.content = content
      self.span = span
      self.key = key
      self.subkey = subkey
      self.reason = reason
      self.isModality = isModality
    }

    var grant: Authority {
      switch content {
      case .files(let pattern, let accesses): Authority(files: FileAuthority(pattern, accesses))
      case .program(let name): Authority(process: ProcessAuthority(programs: FiniteSet(name)))
      case .variable(let name): Authority(environment: FiniteSet(name))
      case .threads: Authority(process: ProcessAuthority(threads: true))
      case .authority(let authority): authority
      }
    }

    var path: String { (isModality ? key : "capabilities." + key) + (subkey.isEmpty ? "" : "." + subkey) }
  }

  var origins: Origins {
    Origins(
      entries: grants.filter { $0.grant != .nothing }.map { entry in
        Origins.Entry(grant: entry.grant, origin: origin(entry.span, entry.path, entry.reason))
      }, keys: keys)
  }

  /// Where else the manifest speaks of what is in the policy.
  private var keys: [String: Origin] {
    var keys: [String: Origin] = [:]
    func note(_ key: String, _ span: Span) { keys[key] = origin(span, key) }
    note("entry", manifest.entry.span)
    for (resource, value) in written(manifest.limits) {
      if let value { note("limits.\(resource.rawValue)", value.span) }
    }
    if isIntact("tools") { for tool in manifest.tools { note("tools.\(tool.name.value)", tool.span) } }
    if isIntact("models") { for model in manifest.models { note("models.\(model.id.value)", model.span) } }
    if isIntact("storage"), let storage = manifest.storage, storage.hasSchema { note("storage", storage.span) }
    return keys
  }

  var authority: Authority { Lowering.union(of: grants) }

  /// What is neither files nor a name is joined in pairs, and pairs of pairs: a long list of hosts would be copied for
  /// each of them.
  static func union(of grants: [GrantEntry]) -> Authority {
    var files = FileAuthority.nothing
    var programs: [String] = []
    var variables: [String] = []
    var threads = false
    var sums: [Authority] = []
    for entry in grants {
      switch entry.content {
      case .files(let pattern, let accesses): files.grant(accesses, to: pattern)
      case .program(let name): programs.append(name)
      case .variable(let name): variables.append(name)
      case .threads: threads = true
      case .authority(let other): sums.append(other)
      }
    }
    sums.append(
      Authority(
        files: files, process: ProcessAuthority(programs: FiniteSet(names: programs), threads: threads),
        environment: FiniteSet(names: variables)))
    while sums.count > 1 {
      sums = stride(from: 0, to: sums.count, by: 2).map { index in
        index + 1 < sums.count ? sums[index].union(sums[index + 1]) : sums[index]
      }
    }
    return sums[0]
  }

  mutating func lower() -> AppPolicy? {
    grants = grants(of: manifest.capabilities, at: manifest.span, isTool: false) + modalityGrants()
    let authority = authority
    if isIntact("modalities", "models") { checkModelRoles() }
    if isIntact("tooling", "capabilities", "storage", "modalities") { checkTooling(authority) }
    let tools = lowerTools(within: authority)
    let storage = lowerStorage(authority)
    let models = lowerModels()
    checkReferences()
    checkHosts()
    checkBuild()
    if input.isStrict { checkStrictly() }
    if isIntact("tests", "capabilities", "modalities", "entry") { checkTests(authority) }
    let id = AppID(publisher: manifest.publisher.value, name: manifest.name.value, version: manifest.version.value)
    let policy = Policy(
      authority: authority, limits: limits(manifest.limits), storage: storage, models: models,
      entry: Entry(
        command: manifest.entry.command.map(\.value), workingDirectory: manifest.entry.directory?.value ?? "",
        streams: manifest.entry.isSilent ? .null : .inherit),
      tools: tools, runtime: manifest.runtimeImage.map { .image($0.value) } ?? .host)
    return AppPolicy(id: id, policy: policy)
  }

  func isIntact(_ keys: String...) -> Bool { keys.allSatisfy { !damaged.contains($0) } }

  /// The manifest's place is its file name: a policy's origins must not depend on where it was compiled.
  func origin(_ span: Span, _ key: String, _ reason: String = "") -> Origin {
    let position = source.position(of: span.start)
    let name = source.path.split(separator: "/").last.map(String.init) ?? source.path
    return Origin(path: name, line: position.line, column: position.column, key: key, reason: reason)
  }

  mutating func report(
    _ code: String, _ headline: String, _ span: Span, _ label: String, secondary: [Diagnostic.Label] = [],
    notes: [String] = [], fix: Fix? = nil
  ) {
    diagnostics.append(
      Diagnostic(code, headline, at: .init(source, span, label), secondary: secondary, notes: notes, fix: fix))
  }

  mutating func warn(_ code: String, _ headline: String, _ span: Span, _ label: String, notes: [String] = []) {
    diagnostics.append(Diagnostic(code, .warning, headline, at: .init(source, span, label), notes: notes))
  }
}
