internal import BundleFormat
internal import CanonicalJSON
internal import Exports
internal import KernelPlan
internal import Manifest
internal import PolicyIR
internal import SandboxPlan
package import SystemIO
internal import Text

// What `locara compile` prints and writes.

extension Compilation {
  /// What `--emit` can name.
  package enum Stage: String, Sendable, CaseIterable {
    case syntax, manifest, policy, plan, all
  }

  /// The text of one stage, or of all of them under headings.
  package func emit(_ stage: Stage) throws(Failure) -> [UInt8] {
    switch stage {
    case .syntax: return SyntaxTree(parsing: sources[0]).json.prettyBytes
    case .manifest: return manifest?.json.prettyBytes ?? []
    case .policy: return Array((app?.text ?? "").utf8)
    case .plan: return try sandbox().plan.json.prettyBytes
    case .all:
      var text: [UInt8] = []
      for stage in [Stage.syntax, .manifest, .policy, .plan] {
        text += Array("# \(stage.rawValue)\n".utf8) + (try emit(stage)) + Array("\n".utf8)
      }
      return text
    }
  }

  /// The one line that says what can leave the machine.
  package var verdict: String { app.map { Verdict.text($0.policy.authority) } ?? "" }

  /// Writes every artifact into a directory: all of them aside first, so that a full disk leaves none.
  ///
  /// - Returns: the paths, in the order of a bundle.
  @discardableResult
  package func writeArtifacts(to directory: String) throws(Failure) -> [String] {
    let artifacts = try artifacts()
    let isNew = !Files.exists(directory)
    try Directories.create(directory)
    do throws(Failure) {
      let staging = try Directories.createTemporary(in: directory)
      defer { try? Directories.removeTree(staging) }
      for artifact in artifacts { try Files.replace("\(staging)/\(artifact.name)", with: artifact.bytes) }
      var written: [String] = []
      for artifact in artifacts {
        let path = "\(directory)/\(artifact.name)"
        try Files.move("\(staging)/\(artifact.name)", to: path)
        written.append(path)
      }
      // What an earlier compilation wrote and this one does not make would be taken for a part of it.
      for kind in LayerKind.all where !artifacts.contains(where: { $0.kind == kind }) {
        try Files.remove("\(directory)/\(kind.title)")
      }
      try Files.synchronizeDirectory(directory)
      return written
    } catch let failure {
      if isNew { try? Directories.removeTree(directory) }
      throw failure
    }
  }
}
