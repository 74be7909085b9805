internal import Diagnostics

// What the manifest refers to must be in the bundle.

extension Lowering {
  mutating func checkReferences() {
    guard let files = input.files, isIntact("files", "build") else { return }
    let known = Set(files)
    if isIntact("entry") {
      let program = manifest.entry.command[0]
      if program.value.contains("/") { requireFile(program, known, "the app cannot start") }
      if let directory = manifest.entry.directory, !known.contains(where: { $0.hasPrefix(directory.value + "/") }) {
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
    guard !known.contains(bare) else { return }
    let nearest = nearestMatch(to: bare, among: known.sorted())
    report(
      "LM084", "the bundle has no file `\(bare)`", path.span,
      nearest.map { "did you mean `\($0)`?" } ?? consequence,
      notes: ["add it to `files`, or to the `outputs` of a build step"])
  }
}
