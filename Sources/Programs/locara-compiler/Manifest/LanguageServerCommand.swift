internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Diagnostics
internal import LanguageServer
internal import Lowering
internal import SystemIO

struct LanguageServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsp", abstract: "Serve editors: the Language Server Protocol on standard input and output.",
    discussion: """
      Diagnostics as you type, completion and hover with documentation, definitions, fixes, layout and symbols. \
      `spec/editors.md` has what to put into the settings of Visual Studio Code and Neovim. Writes nothing to disk. Exits 0 \
      after the client's `shutdown`, 1 when it goes away without.

      Example:
        locara lsp
      """)

  func run() throws {
    let server = Server(version: Version.text) { source, isFile in
      LanguageServerCommand.analyze(source, isFile: isFile)
    }
    let status = try server.run()
    if status != 0 { throw ExitCode(status) }
  }

  private static func analyze(_ source: Source, isFile: Bool) -> Analysis {
    guard isFile else {
      let output = compile(CompilerInput(manifest: source))
      return Analysis(
        diagnostics: output.diagnostics, sources: [source], origins: output.origins, toolOrigins: output.toolOrigins)
    }
    do throws(Failure) {
      let compilation = try Compilation(source: source)
      return Analysis(
        diagnostics: compilation.diagnostics, sources: compilation.sources, origins: compilation.origins,
        toolOrigins: compilation.toolOrigins, verdict: compilation.verdict)
    } catch {
      // A file beside the manifest cannot be read, the lock for example.
      let label = Diagnostic.Label(path: source.path, span: Span(0, 0))
      let problem = Diagnostic(
        error.code, .error, (error.path.map { "\($0): " } ?? "") + error.message, at: label,
        notes: error.help.map { [$0] } ?? [])
      let output = compile(CompilerInput(manifest: source))
      return Analysis(
        diagnostics: [problem] + output.diagnostics, sources: [source], origins: output.origins,
        toolOrigins: output.toolOrigins)
    }
  }
}
