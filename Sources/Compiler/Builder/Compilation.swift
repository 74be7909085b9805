// INVARIANT: `Builder` is the one place that knows the sequence of the stages. It holds no stage of its own.

internal import BundleFormat
package import CanonicalJSON
package import Diagnostics
package import KernelPlan
internal import Lowering
package import Manifest
internal import Migrations
internal import ModelStore
package import PolicyIR
internal import SandboxPlan
internal import Structures
package import SystemIO
internal import Text

/// A manifest with everything that was read for it and everything that it became.
///
/// A class, as `Manifest` is: it has too many parts to copy.
package final class Compilation: Sendable {
  /// Of the manifest, as it was given.
  package let path: String
  /// The manifest and the files that it names, for showing diagnostics.
  package let sources: [Source]
  /// In source order.
  package let diagnostics: [Diagnostic]
  package let manifest: Manifest?
  private let output: CompilerOutput?
  private let lock: (source: Source, value: LockFile)?

  /// Bytes that a manifest, a schema or a lock may have at the most.
  package static let sourceLimit = 1 << 20

  /// The directory that relative paths of the manifest start from.
  package var directory: String { Files.parent(of: path) }
  /// Nil when there are errors.
  package var app: AppPolicy? { hasErrors ? nil : output?.policy }
  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  package var origins: Origins { output?.origins ?? Origins() }
  package var toolOrigins: Origins { output?.toolOrigins ?? Origins() }
  package var displayName: String { manifest?.about.displayName?.value ?? manifest?.name.value ?? "" }

  /// Reads and compiles the manifest at `path`.
  ///
  /// - Parameter modelLicenses: SPDX ids of the licenses that models may have; nil for any.
  /// - Throws: when a file cannot be read. What is wrong in one is a diagnostic.
  package convenience init(
    manifest path: String, strict: Bool = false, modelLicenses: [String]? = nil
  ) throws(Failure) {
    try self.init(source: try Compilation.source(path), strict: strict, modelLicenses: modelLicenses)
  }

  /// Compiles a manifest that may differ from the file at its path, with the files beside that path.
  ///
  /// - Parameters:
  ///   - strict: whether to say as well what a catalog of apps would refuse.
  ///   - modelLicenses: as above.
  /// - Throws: when a file cannot be read. What is wrong in one is a diagnostic.
  package init(source: Source, strict: Bool = false, modelLicenses: [String]? = nil) throws(Failure) {
    path = source.path
    let reading = ManifestReading(source)
    manifest = reading.validManifest
    guard let manifest else {
      (sources, diagnostics, output, lock) = ([source], reading.diagnostics, nil, nil)
      return
    }
    let directory = Files.parent(of: path)
    var schema: Source?
    if let name = manifest.storage?.schema {
      do throws(Failure) { schema = try Compilation.source("\(directory)/\(name.value)") } catch let failure {
        let label = Diagnostic.Label(path: path, span: name.span, text: failure.message)
        let problem = Diagnostic(
          "LM087", .error, "the schema `\(name.value)` cannot be read", at: label,
          notes: ["paths are relative to the manifest's directory"])
        (sources, diagnostics, output, lock) = ([source], reading.diagnostics + [problem], nil, nil)
        return
      }
    }
    lock = manifest.models.isEmpty ? nil : try Compilation.lock(in: directory)
    sources = [source] + [schema, lock?.source].compactMap(\.self)
    let payload = try PayloadSelection.paths(
      matching: manifest.files.map { FilePattern(glob: $0.value) }, below: directory)
    let output = compile(
      CompilerInput(
        manifest: source, lock: lock?.value.models, vectorDimensions: lock?.value.vectorDimensions ?? [:],
        schema: schema,
        files: payload.map(\.path) + (manifest.build?.steps ?? []).flatMap { $0.outputs.map(\.value) }, isStrict: strict
      ),
      reading: reading)
    self.output = output
    var diagnostics = output.diagnostics
    if let lock {
      diagnostics += ModelChecks.diagnostics(manifest, lock: lock.value, path: path, allowed: modelLicenses)
    }
    if strict { diagnostics += AssetChecks.diagnostics(manifest, in: source, directory: directory) }
    if !diagnostics.contains(where: { $0.severity == .error }), let refusals = output.policy.map(KernelPlan.refusals) {
      diagnostics += refusals.map { Compilation.explain($0, output.origins, in: source) }
    }
    self.diagnostics = diagnostics
  }

  /// The lock beside a manifest; nil when there is none.
  private static func lock(in directory: String) throws(Failure) -> (source: Source, value: LockFile)? {
    let path = "\(directory)/\(LockFile.name)"
    guard Files.exists(path) else { return nil }
    let source = Source(path: path, bytes: try Files.read(path, limit: LockFile.sizeLimit))
    return (source, try LockFile(parsing: source.bytes, path: path))
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
  private static func explain(_ refusal: KernelPlan.Refusal, _ origins: Origins, in source: Source) -> Diagnostic {
    let origin = refusal.witness.flatMap { origins.origins(of: $0).first }
    let offset = origin.map { source.offset(line: $0.line, column: $0.column) } ?? 0
    return Diagnostic(
      "LP010", .error, "`\(refusal.subject)` cannot be enforced, so nothing is built from it",
      at: Diagnostic.Label(path: source.path, span: Span(offset, offset), text: "granted here"),
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
