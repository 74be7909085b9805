internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Diagnostics
internal import Lowering
internal import PolicyIR
internal import Reports
internal import SystemIO

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check manifests and say what is wrong with them, all at once.",
    discussion: """
      A directory stands for every `locara.yaml` in it and below, `*`, `?` and `**` in quotes for what they match. Nothing \
      is written, unless --fix is given. Exits 0 when every manifest compiles, 65 when one has errors.

      With --strict it also refuses what a catalog of apps would: pictures that are missing or of the wrong size, licenses \
      that the SPDX list does not have, addresses that nobody else can open, grants that add nothing or that no facility of \
      `tooling` uses, and patterns of `files` that match nothing.

      Examples:
        locara check locara.yaml
        locara check --strict .
        locara check apps 'tools/*/locara.yaml'
        locara check locara.yaml --format sarif
        locara check locara.yaml --fix
        locara check locara.yaml --model-license Apache-2.0 --model-license MIT
      """)

  @Argument(
    help: ArgumentHelp("Manifests, directories or patterns.", valueName: "path"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var paths: [String] = ["."]

  @Flag(help: "Also refuse what a catalog of apps would refuse.")
  var strict = false

  @Option(help: "How to say it: text (on standard error), json, sarif or github (on standard output).")
  var format: Format = .text

  @Flag(help: "First mend the manifests where it is certain what was meant.")
  var fix = false

  @Flag(help: "With --fix: also where it is only probable.")
  var unsafeFixes = false

  @Option(help: ArgumentHelp("A license that models may have; may be repeated. Any without.", valueName: "spdx-id"))
  var modelLicense: [String] = []

  /// `DiagnosticFormat`, for the command line.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, sarif, github
    var format: DiagnosticFormat { DiagnosticFormat(rawValue: rawValue) ?? .text }
  }

  func validate() throws {
    if unsafeFixes, !fix { throw ValidationError("--unsafe-fixes is for use with --fix") }
  }

  func run() throws {
    let manifests = try ManifestSelection.paths(paths)
    if fix { for manifest in manifests { mend(manifest) } }
    guard manifests.count > 1 else { return try checkOne(manifests[0]) }
    try checkAll(manifests)
  }

  /// Nil for any.
  private var licenses: [String]? { modelLicense.isEmpty ? nil : modelLicense }

  private func checkOne(_ path: String) throws {
    let compilation = try Compilation(manifest: path, strict: strict, modelLicenses: licenses)
    if format == .text {
      Console.show(compilation.diagnostics, in: compilation.sources)
    } else {
      report(compilation.diagnostics, compilation.sources)
    }
    if compilation.hasErrors { throw Exit.badInput }
    if format == .text, let app = compilation.app { Console.print("\(app.id): \(compilation.verdict)") }
  }

  private func report(_ diagnostics: [Diagnostic], _ sources: [Source]) {
    let report = render(diagnostics, sources: sources, as: format.format, version: Version.text)
    if !report.isEmpty { Console.print(String(report.dropLast())) }
  }

  /// Reports in the order of the manifests, whichever was checked first.
  private func checkAll(_ manifests: [String]) throws {
    let checking = ManifestChecking(manifests, strict: strict, modelLicenses: licenses)
    let progress = ProgressLine("checking")
    var done = 0
    var (wrong, warned, failures) = (0, 0, 0)
    var diagnostics: [Diagnostic] = []
    var sources: [Source] = []
    checking.run { result in
      done += 1
      // Seldom enough that it costs nothing: this thread is the one that the others wait for.
      if done.isMultiple(of: 64) { progress.step("\(done) of \(manifests.count)") }
      switch result {
      case .failed(let failure):
        progress.end()
        StandardStream.error.write(failure.report(color: StandardStream.error.hasColor))
        failures += 1
      case .right: break
      case .noted(let found, let origins):
        if found.contains(where: { $0.severity == .error }) { wrong += 1 } else { warned += 1 }
        if format == .text {
          progress.end()
          Console.show(found, in: origins)
        } else {
          diagnostics += found
          sources += origins
        }
      }
    }
    progress.end()
    if format == .text {
      let parts = [(wrong, "with errors"), (warned, "with warnings only"), (failures, "unreadable")].filter { $0.0 > 0 }
      let verdict = parts.isEmpty ? "all right" : parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      Console.print("\(manifests.count) manifests: \(verdict)")
    } else {
      report(diagnostics, sources)
    }
    if wrong > 0 || failures > 0 { throw Exit.badInput }
  }

  /// Applies fixes until none is left; each pass sees what the one before it wrote. What cannot be read is left to the check
  /// that follows, which says so.
  private func mend(_ path: String) {
    var count = 0
    for _ in 0..<8 {
      guard let compilation = try? Compilation(manifest: path, strict: strict, modelLicenses: licenses) else { break }
      let source = compilation.sources[0]
      let fixes = compilation.diagnostics.filter { $0.primary.path == path }.compactMap(\.fix)
        .filter { unsafeFixes || $0.applicability == .safe }
      let mended = applying(fixes, to: source.bytes)
      guard mended.bytes != source.bytes else { break }
      do throws(Failure) {
        try Files.replace(path, with: mended.bytes, mode: try Files.permissions(of: path))
      } catch {
        // The check that follows says what is still wrong.
        StandardStream.error.write(error.report(color: StandardStream.error.hasColor))
        break
      }
      count += mended.applied
    }
    // Standard output is for the report.
    if count > 0 { Console.note("\(path): \(count) fix\(count == 1 ? "" : "es") applied") }
  }
}
