internal import BundleFormat
internal import CanonicalJSON
internal import Compiler
internal import PolicyIR
internal import SandboxPlan
package import SystemIO

// What `locara compile` prints and writes.

extension Compilation {
  /// What `--emit` can name.
  package enum Stage: String, Sendable, CaseIterable {
    case manifest, policy, plan, all
  }

  /// The text of one stage, or of all of them under headings.
  package func emit(_ stage: Stage) -> [UInt8] {
    switch stage {
    case .manifest: manifest?.json.prettyBytes ?? []
    case .policy: Array((app?.text ?? "").utf8)
    case .plan: plan?.json.prettyBytes ?? []
    case .all:
      [Stage.manifest, .policy, .plan].flatMap { stage in
        Array("# \(stage.rawValue)\n".utf8) + emit(stage) + Array("\n".utf8)
      }
    }
  }

  /// The one line that says what can leave the machine.
  package var verdict: String { app.map { Verdict.text($0.policy.authority) } ?? "" }

  /// Writes every artifact into a directory: all of them aside first, so that a full disk leaves none.
  ///
  /// - Returns: the paths, in the order of a bundle.
  @discardableResult
  package func writeArtifacts(to directory: String) throws(Failure) -> [String] {
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
      try Files.synchronizeDirectory(directory)
      return written
    } catch let failure {
      if isNew { try? Directories.removeTree(directory) }
      throw failure
    }
  }
}
