internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import CanonicalJSON
internal import PolicyIR
internal import Reports
internal import Review
internal import SystemIO

extension ChangeReport.Gate: ExpressibleByArgument {}
extension ChangeSeverity: ExpressibleByArgument {}

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Say what a change lets an app do that it could not do before.",
    discussion: """
      Compares policies, not texts: what is permitted on one side and not on the other, with an operation that shows it. \
      A side is a manifest, a directory of manifests, a bundle, a digest in the store, or `git:REVISION[:PATH]`.

      Exits 0 when nothing is at the gate, 2 when the gate is tripped, 1 when something failed, 64 for a wrong command \
      line, 65 when a side could not be read.

      Examples:
        locara diff old/locara.yaml new/locara.yaml
        locara diff git:v1.0.0:locara.yaml notes.locapp
        locara diff --git origin/main --format markdown
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, markdown, json, sarif, github, html
  }

  @Argument(help: "The side before.")
  var before: String?
  @Argument(help: "The side after.")
  var after: String?
  @Option(
    help: ArgumentHelp("Compare the work tree with this revision; one argument limits it to a path.", valueName: "base")
  )
  var git: String?
  @Option(help: "How to show the changes: text, markdown, json, sarif, github, html.")
  var format = Format.text
  @Option(
    name: [.short, .long], help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var output: String?
  @Option(help: "What trips the gate: none, widening, any.")
  var failOn = ChangeReport.Gate.widening
  @Option(help: "Leave out changes that matter less: note, low, medium, high.")
  var minSeverity = ChangeSeverity.note
  @Option(help: ArgumentHelp("The approvals; by default locara.approvals.yaml, if there is one.", valueName: "file"))
  var approvals: String?

  func validate() throws {
    if git == nil, before == nil || after == nil {
      throw ValidationError("expected two sides to compare, or `--git BASE`")
    }
    if git != nil, after != nil { throw ValidationError("`--git` takes at most one path beside it") }
  }

  func run() throws {
    let report = try review()
    let bytes = rendered(report)
    if let output { try Files.replace(output, with: bytes) } else { Console.write(bytes) }
    if report.failures > 0 { throw Exit.badInput }
    if report.trips(failOn) { throw Exit.difference }
  }

  private func review() throws(Failure) -> ChangeReport {
    let entries: [ChangeReport.Entry]
    let sides: (String, String)
    if let git {
      entries = try WorkTreeReview.entries(base: git, path: before)
      sides = ("git:\(git)", "work tree")
    } else {
      sides = (before ?? "", after ?? "")
      entries = try Reviewer.review(try ReviewSource(sides.0), try ReviewSource(sides.1))
    }
    var known = Approvals()
    if let path = approvals ?? (Files.exists(ApprovalsFile.name) ? ApprovalsFile.name : nil) {
      known = try ApprovalsFile.read(path, today: Day.fromNow())
    }
    return ChangeReport(
      before: sides.0, after: sides.1, entries: entries, approvals: known, minimumSeverity: minSeverity)
  }

  private func rendered(_ report: ChangeReport) -> [UInt8] {
    switch format {
    case .text: Array(report.text(color: output == nil && StandardStream.output.hasColor).utf8)
    case .markdown: Array(report.markdown.utf8)
    case .json: report.json(gate: failOn).prettyBytes
    case .sarif: report.sarif(version: Version.text).prettyBytes
    case .github: Array(report.annotations.utf8)
    case .html: Array(report.html.utf8)
    }
  }
}
