internal import BundleFormat
internal import CanonicalJSON
internal import Diagnostics
internal import Manifest
internal import ModelStore
internal import PolicyIR
package import Reports
internal import Schemas
package import SystemIO

/// The smallest change of a manifest that allows what an app was denied.
package struct ManifestSuggestion: Sendable {
  /// As `diff -u`; empty when no change would allow anything.
  package private(set) var patch = ""
  /// What the change lets the app do that it could not do before; nil when there is no change.
  package private(set) var report: ChangeReport?
  /// Lines of a manifest that would be needed, but that no patch can write: the author has to choose.
  package private(set) var open: [String] = []
  /// Kinds of denials that no manifest can allow.
  package private(set) var refused = 0

  /// - Parameters:
  ///   - denials: JSON lines as `locara run --denials` writes them.
  ///   - place: where they come from, for errors.
  /// - Throws: LP005, LP006 when the manifest cannot be read or does not compile; LP020 for other denials.
  package init(_ source: ManifestSource, denials: [UInt8], place: String) throws(Failure) {
    let lines = try ManifestSuggestion.lines(denials, place: place)
    refused = lines.count(where: \.isEmpty)
    let before = try source.policy(source.manifest)
    var edits: [ManifestEdit] = []
    for line in Set(lines).subtracting([""]).sorted() {
      if let found = ManifestEdit.edits(of: line), ManifestSuggestion.apply(found, to: source.manifest) != nil {
        edits += found
      } else {
        open.append(line)
      }
    }
    func policy(_ edits: [ManifestEdit]) -> ComparisonSide? {
      ManifestSuggestion.apply(edits, to: source.manifest).flatMap { try? source.policy($0) }
    }
    // An edit that by itself makes the manifest wrong is for the author; all others together are what is wanted.
    edits.removeAll { edit in
      guard let problem = ManifestSuggestion.problem(edit, source) else { return false }
      open.append("\(edit.path.joined(separator: ".")): \(edit.value) (\(problem))")
      return true
    }
    guard !edits.isEmpty, let wanted = policy(edits) else { return }
    // Smallest: what the other edits bring along is left out.
    for edit in edits.reversed() {
      let fewer = edits.filter { $0 != edit }
      if policy(fewer)?.app.policy.authority == wanted.app.policy.authority { edits = fewer }
    }
    guard let text = ManifestSuggestion.apply(edits, to: source.manifest), let after = policy(edits) else { return }
    patch = UnifiedDiff.text(source.manifest, text, path: source.path)
    guard !patch.isEmpty else { return }
    report = ChangeReport(
      before: source.path, after: "with the patch",
      entries: [
        ChangeReport.Entry(
          name: source.path, outcome: .compared(PolicyComparison(before: before, after: after)), path: source.path)
      ])
  }

  /// What is wrong with the manifest after one edit, in a line; nil when nothing is.
  private static func problem(_ edit: ManifestEdit, _ source: ManifestSource) -> String? {
    guard let text = apply([edit], to: source.manifest) else { return "there is no place for it" }
    do throws(Failure) {
      _ = try source.policy(text)
      return nil
    } catch {
      // The first error of the compiler, which stands in a line of its own.
      let lines = error.message.split(separator: "\n")
      return String(lines.first { $0.hasPrefix("error[") } ?? lines.first ?? "")
    }
  }

  private static func apply(_ edits: [ManifestEdit], to text: String) -> String? {
    edits.reduce(text) { text, edit in text.flatMap { edit.applied(to: $0) } }
  }

  /// The manifest's line of each denial; empty where there is none.
  private static func lines(_ bytes: [UInt8], place: String) throws(Failure) -> [String] {
    var lines: [String] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      let text = (try? JSON(parsing: Array(line)))?["manifest"]?.stringValue
      guard let text, number < 100_000 else {
        throw Failure(
          "LP020", "line \(number + 1) is no denial", path: place,
          help: "give the file that `locara run --denials FILE` wrote")
      }
      lines.append(text)
    }
    return lines
  }
}

/// A manifest with what it is compiled with.
package struct ManifestSource: Sendable {
  let path: String
  let manifest: String
  private let others: [String: [UInt8]]

  /// The manifest at a path, or the one that a bundle carries.
  package init(_ name: String) throws(Failure) {
    let isManifest = name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json")
    var files: [String: [UInt8]] = [:]
    let bytes: [UInt8]
    if isManifest {
      bytes = try Files.read(name, limit: ManifestFiles.limit)
      path = Files.name(of: name)
      let directory = Files.parent(of: name)
      for other in [ManifestFiles.lock, ManifestSource.schema(bytes)].compactMap(\.self)
      where Files.exists("\(directory)/\(other)") {
        files[other] = try Files.read("\(directory)/\(other)", limit: ManifestFiles.limit)
      }
    } else {
      let bundle = try Bundle.open(name)
      bytes = try bundle.layer(.manifest)
      path = ManifestFiles.name
      files[ManifestFiles.lock] = bundle.contents(of: .lock)
      if let schema = ManifestSource.schema(bytes) { files[schema] = bundle.contents(of: .schema) }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure("LP006", "the manifest is not valid UTF-8", path: name)
    }
    manifest = text
    others = files
  }

  private static func schema(_ bytes: [UInt8]) -> String? {
    parseManifest(Source(path: "", bytes: bytes)).0?.storage?.schema?.value
  }

  /// What the manifest means with another text.
  func policy(_ text: String) throws(Failure) -> ComparisonSide {
    do {
      return try ManifestLoader.load(path, from: MemoryTree(files: others.merging([path: Array(text.utf8)]) { $1 }))
    } catch {
      throw Failure("LP006", error.text, path: path)
    }
  }

  private struct MemoryTree: SourceTree {
    let files: [String: [UInt8]]
    var name: String { "" }
    var paths: [String] { files.keys.sorted() }
    func read(_ path: String) throws(Failure) -> [UInt8]? { files[path] }
  }
}
