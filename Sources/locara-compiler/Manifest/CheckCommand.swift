internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Compiler
internal import Diagnostics
internal import PolicyIR
internal import Reports
internal import SystemIO

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a manifest and say what is wrong with it, all at once.",
    discussion: """
      Nothing is written, unless --fix is given. Exits 0 when the manifest compiles, 65 when it has errors.

      Examples:
        locara check locara.yaml
        locara check .
        locara check locara.yaml --format sarif
        locara check locara.yaml --fix
        locara check locara.yaml --model-license Apache-2.0 --model-license MIT
      """)

  @OptionGroup var options: ManifestOptions

  @Option(help: "How to say it: text (on standard error), json, sarif or github (on standard output).")
  var format: Format = .text

  @Flag(help: "First mend the manifest where it is certain what was meant.")
  var fix = false

  @Flag(help: "With --fix: also where it is only probable.")
  var unsafeFixes = false

  @Option(help: ArgumentHelp("A licence that models may have; may be repeated. Any without.", valueName: "spdx-id"))
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
    if fix { try mend() }
    guard format == .text else { return try reportForMachines() }
    let compilation = try options.compile(modelLicenses: modelLicense.isEmpty ? nil : modelLicense)
    guard let app = compilation.app else { throw Exit.badInput }
    Console.print("\(app.id): \(compilation.verdict)")
  }

  private func reportForMachines() throws {
    let compilation = try Compilation(
      manifest: options.manifest, modelLicenses: modelLicense.isEmpty ? nil : modelLicense)
    let report = render(
      compilation.diagnostics, sources: compilation.sources, as: format.format, version: Version.text)
    if !report.isEmpty { Console.print(String(report.dropLast())) }
    if compilation.hasErrors { throw Exit.badInput }
  }

  /// Applies fixes until none is left; each pass sees what the one before it wrote.
  private func mend() throws {
    let path = options.manifest
    var count = 0
    for _ in 0..<8 {
      let source = Source(path: path, bytes: try Files.read(path, limit: Compilation.sourceLimit))
      let fixes = parseManifest(source).1.compactMap(\.fix).filter { unsafeFixes || $0.applicability == .safe }
      guard !fixes.isEmpty else { break }
      let mended = applying(fixes.flatMap(\.edits), to: source.bytes)
      guard mended != source.bytes else { break }
      try Files.replace(path, with: mended)
      count += fixes.count
    }
    if count > 0 { Console.print("\(path): \(count) fix\(count == 1 ? "" : "es") applied") }
  }
}
