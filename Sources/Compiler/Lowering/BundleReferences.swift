internal import Diagnostics
internal import Manifest
internal import Text

// What the manifest refers to must be in the bundle.

extension Lowering {
  mutating func checkReferences() {
    guard let files = input.files, isIntact("files", "build") else { return }
    let known = Set(files)
    if isIntact("entry") {
      let program = manifest.entry.command[0]
      if program.value.contains("/") { requireFile(program, known, "the app cannot start") }
      if let directory = manifest.entry.directory, !known.contains(where: { $0.hasPrefix(directory.value + "/") }),
        !isInOutput(directory.value + "/")
      {
        report(
          "LM084", "the bundle has no directory `\(directory.value)`", directory.span, "nothing in `files` is below it")
      }
    }
    for program in manifest.capabilities.spawn where isIntact("capabilities") && program.value.contains("/") {
      requireFile(program, known, "it could never be started")
    }
    for tool in manifest.tools where isIntact("tools") && tool.command[0].value.contains("/") {
      requireFile(tool.command[0], known, "the tool cannot start")
    }
    if let library = manifest.storage?.vectorExtension, isIntact("storage") {
      requireFile(library, known, "the database cannot be opened")
    }
    for pattern in manifest.files {
      guard let glob = try? BundleGlob(parsing: pattern.value), !known.contains(where: glob.matches) else { continue }
      diagnostics.append(
        Diagnostic(
          "LM085", input.isStrict ? .error : .warning, "`\(pattern.value)` matches no file",
          at: .init(source, pattern.span, "adds nothing to the bundle"),
          notes: ["patterns are relative to the manifest's directory"]))
    }
  }

  private mutating func requireFile(_ path: Located<String>, _ known: Set<String>, _ consequence: String) {
    let bare = path.value.hasPrefix("./") ? String(path.value.dropFirst(2)) : path.value
    guard !known.contains(bare), !isInOutput(bare) else { return }
    let nearest = nearestMatch(to: bare, among: known.sorted())
    report(
      "LM084", "the bundle has no file `\(bare)`", path.span,
      nearest.map { "did you mean `\($0)`?" } ?? consequence,
      notes: ["add it to `files`, or to the `outputs` of a build step"])
  }

  /// Whether a path is below something that a build step makes, which may be a directory.
  private func isInOutput(_ path: String) -> Bool {
    (manifest.build?.steps ?? []).contains { step in step.outputs.contains { path.hasPrefix($0.value + "/") } }
  }

  /// What the steps of a build find and make has one place each.
  mutating func checkBuild() {
    guard let build = manifest.build, isIntact("build") else { return }
    var seen: [String: Span] = [:]
    for input in build.inputs {
      if let problem = BundlePath.problem(in: input.path.value) {
        report(
          "LM088", "the input has no usable name: \(problem.label)", input.path.span, "say where the steps find it",
          notes: ["add `path: NAME`"])
      }
      claim(input.path, "an input", &seen)
    }
    for output in build.steps.flatMap(\.outputs) { claim(output, "an output", &seen) }
  }

  private mutating func claim(_ path: Located<String>, _ kind: String, _ seen: inout [String: Span]) {
    let parents = seen.keys.filter {
      path.value == $0 || path.value.hasPrefix($0 + "/") || $0.hasPrefix(path.value + "/")
    }
    if let other = parents.min(), let span = seen[other] {
      report(
        "LM088", "`\(path.value)` is \(kind), and `\(other)` is at the same place", path.span, "again here",
        secondary: [.init(source, span, "first here")])
    } else {
      seen[path.value] = path.span
    }
  }
}
