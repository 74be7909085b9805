internal import BundleFormat
internal import CanonicalJSON
internal import Digests
internal import KernelPlan
internal import Manifest
internal import PolicyIR
internal import SandboxPlan
internal import SystemIO

/// Runs the steps of a build, or finds in the cache what they made before.
struct BuildSteps {
  let compilation: Compilation
  let runtime: RuntimeEnvironment
  /// Where outputs go and are looked for.
  let cache: BuildCache
  let inputs: BuildInputs
  let variation: BuildVariation
  /// In which workspaces are made.
  let scratch: String

  struct Result {
    var sources: BuildTree
    /// The declared outputs, and what is in those that are directories.
    var outputs: [(path: String, entry: BuildTree.Entry)]
  }

  func run(_ build: Manifest.Build, progress: (String) -> Void) throws(Failure) -> Result {
    var result = Result(
      sources: try BuildTree.measure(
        PayloadSelection.items(matching: compilation.sourcePatterns, below: compilation.directory)),
      outputs: [])
    var tree = result.sources
    for input in build.inputs {
      tree.add(input.path.value, try inputs.fetch(input, progress: progress))
    }
    for (number, step) in build.steps.enumerated() {
      let command = step.run.map(\.value)
      let outputs = step.outputs.map(\.value)
      let title = "step \(number + 1)/\(build.steps.count): \(command.joined(separator: " "))"
      let key = try self.key(command, outputs, tree)
      let made: [(path: String, entry: BuildTree.Entry)]
      if let known = try cache.outputs(of: key) {
        progress("\(title) (unchanged)")
        made = known
      } else {
        progress(title)
        made = try run(command, outputs, tree)
        try cache.record(made, of: key)
      }
      // Of a step only what it declares goes on: what the next one sees must not depend on whether this one ran.
      for output in outputs {
        tree.replace(output, with: made.filter { $0.path == output || $0.path.hasPrefix(output + "/") })
      }
      result.outputs += made
    }
    return result
  }

  private func run(
    _ command: [String], _ outputs: [String], _ tree: BuildTree
  ) throws(Failure) -> [(path: String, entry: BuildTree.Entry)] {
    let workspace = try BuildWorkspace.create(in: scratch)
    try workspace.fill(tree, outputs: outputs, isReversed: variation.isReversed)
    try workspace.run(command, runtime: runtime, mounts: variation.mounts)
    var made: [(path: String, entry: BuildTree.Entry)] = []
    for output in outputs { made += try workspace.collect(output, into: cache) }
    return made
  }

  /// Everything that what a step makes can depend on.
  private func key(_ command: [String], _ outputs: [String], _ tree: BuildTree) throws(Failure) -> Digest {
    let document: JSON = [
      "compiler": .string(Version.text), "command": .array(command.map { .string($0) }),
      "outputs": .array(outputs.map { .string($0) }), "files": tree.json,
      "plan": KernelPlan.buildStep(command: command, runtime: runtime).sandbox.json,
      "tools": try ToolVersions.of(command, runtime: runtime),
    ]
    return Digest.of(document.canonicalBytes)
  }
}
