internal import ArgumentParser
internal import Builder
internal import Diagnostics
internal import Reports
internal import SystemIO

/// The argument that every command on a manifest takes, and how its diagnostics are shown.
struct ManifestOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("The manifest, or the directory that holds `locara.yaml`.", valueName: "manifest"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var path: String

  /// The manifest's path: a directory stands for the manifest in it.
  var manifest: String {
    guard Files.isDirectory(path) else { return path }
    let inside = path.hasSuffix("/") ? "\(path)locara.yaml" : "\(path)/locara.yaml"
    return Files.exists(inside) ? inside : path
  }

  /// Compiles the manifest and shows what there is to say about it.
  ///
  /// - Throws: `ExitCode` 65 when there are errors.
  func compile(quietly: Bool = false, modelLicenses: [String]? = nil) throws -> Compilation {
    let compilation = try Compilation(manifest: manifest, modelLicenses: modelLicenses)
    if !quietly || compilation.hasErrors { Console.show(compilation.diagnostics, in: compilation.sources) }
    if compilation.hasErrors { throw Exit.badInput }
    return compilation
  }
}

extension Console {
  /// Renders diagnostics on standard error, with a closing count.
  static func show(_ diagnostics: [Diagnostic], in sources: [Source]) {
    guard !diagnostics.isEmpty else { return }
    let terminal = StandardStream.error
    terminal.write(renderText(diagnostics, sources: sources, color: terminal.hasColor, width: terminal.width ?? 120))
  }
}
