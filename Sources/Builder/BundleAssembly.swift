internal import BundleFormat
package import Digests
internal import PolicyIR
package import SystemIO

/// A compiled app on its way into a bundle.
package struct BundleAssembly: Sendable {
  private let compilation: Compilation
  private let app: AppPolicy

  package init(_ compilation: Compilation) throws(Failure) {
    guard let app = compilation.app, !compilation.hasErrors else {
      throw Failure("LP011", "the manifest did not compile", path: compilation.path)
    }
    self.compilation = compilation
    self.app = app
  }

  /// `name-version.locapp`
  package var defaultName: String { "\(app.id.name)-\(app.id.version).locapp" }

  /// Runs the build steps, collects the payload and writes the bundle.
  ///
  /// - Parameter progress: told what happens next, a line each.
  /// - Returns: the digest by which the bundle is known.
  package func write(to path: String, progress: (String) -> Void) throws(Failure) -> Digest {
    guard !Files.isDirectory(path) else {
      throw Failure(
        "LX008", "expected a file to write, found a directory", path: path,
        help: "name the file, as in `-o \(path)/\(defaultName)`")
    }
    let workspace = try BuildWorkspace.create()
    var items = try PayloadSelection.items(matching: compilation.payloadPatterns, below: compilation.directory)
    let steps = compilation.buildSteps
    if !steps.isEmpty {
      try workspace.copy(try PayloadSelection.items(matching: compilation.sourcePatterns, below: compilation.directory))
      for (number, step) in steps.enumerated() {
        progress("step \(number + 1)/\(steps.count): \(step.command.joined(separator: " "))")
        try workspace.prepare(outputs: step.outputs)
        try workspace.run(step.command)
      }
      for output in steps.flatMap(\.outputs) {
        items.removeAll { $0.path == output }
        items.append(try workspace.output(output))
      }
    }
    progress("packing \(items.count) \(items.count == 1 ? "entry" : "entries")")
    var writer = BundleWriter(
      BundleConfiguration(
        publisher: app.id.publisher, name: app.id.name, version: app.id.version,
        displayName: compilation.displayName, compiler: "locara \(Version.text)",
        fullyLocal: app.policy.authority.isFullyLocal, hermetic: app.policy.runtime != .host))
    for artifact in try compilation.artifacts() { try writer.add(artifact.kind, artifact.bytes) }
    try writer.setPayload(items)
    return try writer.write(to: path)
  }
}
