// INVARIANT: `Builder` is the one place that knows the sequence of the stages. It holds no stage of its own.

package import Backends
internal import BundleFormat
package import CanonicalJSON
package import Compiler
package import Diagnostics
internal import ModelStore
package import PolicyIR
internal import SandboxPlan
package import SystemIO

/// A manifest with everything that was read for it and everything that it became.
package struct Compilation: Sendable {
  /// Of the manifest, as it was given.
  package let path: String
  /// The manifest and the files that it names, for showing diagnostics.
  package private(set) var sources: [Source]
  /// In source order.
  package private(set) var diagnostics: [Diagnostic]
  package private(set) var manifest: Manifest?
  private var output: CompilerOutput?
  /// Nil when there are errors.
  package private(set) var app: AppPolicy?
  private var lock: (source: Source, value: LockFile)?

  /// Bytes that a manifest, a schema or a lock may have at the most.
  package static let sourceLimit = 1 << 20

  /// The directory that relative paths of the manifest start from.
  package var directory: String { Files.parent(of: path) }
  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  package var origins: Origins { output?.origins ?? Origins() }
  package var toolOrigins: Origins { output?.toolOrigins ?? Origins() }
  package var displayName: String { manifest?.about.displayName?.value ?? manifest?.name.value ?? "" }

  /// Reads and compiles the manifest at `path`.
  ///
  /// - Parameter modelLicenses: SPDX ids of the licences that models may have; nil for any.
  /// - Throws: when a file cannot be read. What is wrong in one is a diagnostic.
  package init(
    manifest path: String, strict: Bool = false, modelLicenses: [String]? = nil
  ) throws(Failure) {
    try self.init(source: try Compilation.source(path), strict: strict, modelLicenses: modelLicenses)
  }

  /// Compiles a manifest that may differ from the file at its path, with the files beside that path.
  ///
  /// - Parameters:
  ///   - strict: whether to say as well what a catalogue of apps would refuse.
  ///   - modelLicenses: as above.
  /// - Throws: when a file cannot be read. What is wrong in one is a diagnostic.
  package init(source: Source, strict: Bool = false, modelLicenses: [String]? = nil) throws(Failure) {
    path = source.path
    sources = [source]
    let reading = ManifestReading(source)
    let (parsed, problems) = (reading.validManifest, reading.diagnostics)
    manifest = parsed
    guard let parsed else {
      diagnostics = problems
      return
    }
    let directory = Files.parent(of: path)
    var schema: Source?
    if let name = parsed.storage?.schema {
      do throws(Failure) {
        let read = try Compilation.source("\(directory)/\(name.value)")
        schema = read
        sources.append(read)
      } catch let failure {
        let label = Diagnostic.Label(path: path, span: name.span, text: failure.message)
        diagnostics =
          problems + [
            Diagnostic(
              "LM087", .error, "the schema `\(name.value)` cannot be read", at: label,
              notes: ["paths are relative to the manifest's directory"])
          ]
        return
      }
    }
    let lockPath = "\(directory)/\(LockFile.name)"
    var lock: (source: Source, value: LockFile)?
    if Files.exists(lockPath) {
      let source = Source(path: lockPath, bytes: try Files.read(lockPath, limit: LockFile.sizeLimit))
      sources.append(source)
      lock = (source, try LockFile(parsing: source.bytes, path: lockPath))
    }
    let payload = try PayloadSelection.paths(
      matching: parsed.files.map { FilePattern(glob: $0.value) }, below: directory)
    let output = compile(
      CompilerInput(
        manifest: source, lock: lock?.value.models, vectorDimensions: lock?.value.vectorDimensions ?? [:],
        schema: schema,
        files: payload.map(\.path) + (parsed.build?.steps ?? []).flatMap { $0.outputs.map(\.value) }, isStrict: strict),
      reading: reading)
    diagnostics = output.diagnostics
    if let lock {
      diagnostics += ModelChecks.diagnostics(parsed, lock: lock.value, path: path, allowed: modelLicenses)
    }
    if strict { diagnostics += AssetChecks.diagnostics(parsed, in: source, directory: directory) }
    self.lock = lock
    let policy = output.policy
    self.output = consume output
    guard let policy, !hasErrors else { return }
    let refusals = KernelPlan.refusals(of: policy)
    if refusals.isEmpty { app = policy } else { diagnostics += refusals.map { explain($0) } }
  }

  /// The plan and the filters, each of them proven.
  ///
  /// - Throws: LP001 when there are errors; an internal error when a proof fails.
  package func sandbox() throws(Failure) -> SandboxArtifacts {
    guard let app else { throw Failure("LP011", "the manifest did not compile", path: path) }
    return try SandboxArtifacts(KernelPlan.lowering(app))
  }

  /// What goes into a bundle beside the payload.
  ///
  /// - Throws: as `sandbox()`.
  package func artifacts() throws(Failure) -> [Artifact] {
    let sandbox = try sandbox()
    guard let app else { return [] }
    var artifacts = [
      Artifact(kind: .manifest, bytes: sources[0].bytes),
      Artifact(kind: .policy, bytes: app.policy.canonicalBytes),
      Artifact(kind: .policyText, bytes: Array(app.text.utf8)),
      Artifact(kind: .origins, bytes: origins.json.canonicalBytes),
      Artifact(kind: .plan, bytes: sandbox.plan.json.canonicalBytes),
    ]
    for filter in sandbox.filters {
      artifacts.append(Artifact(kind: .seccompFilter(filter.architecture), bytes: filter.program))
      artifacts.append(Artifact(kind: .ociSeccomp(filter.architecture), bytes: filter.oci))
    }
    for (architecture, programs) in sandbox.toolFilters {
      artifacts.append(Artifact(kind: .toolFilters(architecture), bytes: programs))
    }
    if let schema = app.policy.storage?.schema {
      artifacts.append(Artifact(kind: .schema, bytes: SchemaScript.create(schema)))
    }
    if let lock {
      artifacts.append(Artifact(kind: .lock, bytes: lock.source.bytes))
      if !lock.value.models.isEmpty {
        let materials = BillOfMaterials(
          publisher: app.id.publisher, name: app.id.name, version: app.id.version,
          license: manifest?.about.license?.value ?? "", compilerVersion: Version.text, lock: lock.value)
        artifacts.append(Artifact(kind: .billOfMaterials, bytes: materials.bytes))
      }
    }
    return artifacts
  }

  /// A grant that nothing enforces, at the place of the manifest that grants it.
  private func explain(_ refusal: KernelPlan.Refusal) -> Diagnostic {
    let origin = refusal.witness.flatMap { origins.origins(of: $0).first }
    let offset = origin.map { sources[0].offset(line: $0.line, column: $0.column) } ?? 0
    return Diagnostic(
      "LP010", .error, "`\(refusal.subject)` cannot be enforced, so nothing is built from it",
      at: Diagnostic.Label(path: sources[0].path, span: Span(offset, offset), text: "granted here"),
      notes: [refusal.reason])
  }

  /// Somewhat more than the limit is read, so that the reader of the file says what the limit is for.
  private static func source(_ path: String) throws(Failure) -> Source {
    Source(path: path, bytes: try Files.read(path, limit: 16 * sourceLimit))
  }

  /// The tree of any YAML file.
  package static func syntax(of path: String) throws(Failure) -> (JSON?, [Diagnostic], Source) {
    let source = try source(path)
    let tree = SyntaxTree(parsing: source)
    return (tree.json, tree.diagnostics, source)
  }
}

// What building needs of the manifest.
extension Compilation {
  package var payloadPatterns: [FilePattern] { manifest?.files.map { FilePattern(glob: $0.value) } ?? [] }
  package var sourcePatterns: [FilePattern] { manifest?.build?.sources.map { FilePattern(glob: $0.value) } ?? [] }
  package var buildSteps: [(command: [String], outputs: [String])] {
    manifest?.build?.steps.map { ($0.run.map(\.value), $0.outputs.map(\.value)) } ?? []
  }
}

extension FilePattern {
  /// A glob of a manifest, whose form was checked: literal components, `*` for one, `**` last for everything below.
  init(glob: String) {
    var labels = glob.split(separator: "/").map(String.init)
    var extent = PatternExtent.exactly
    if labels.last == "**" {
      labels.removeLast()
      extent = .atAndBelow
    }
    self.init(labels.map { $0 == "*" ? .anyLabel : .literal($0) }, extent)
  }
}
