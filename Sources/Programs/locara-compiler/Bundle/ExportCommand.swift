internal import ArgumentParser
internal import Builder
internal import CanonicalJSON
internal import Exports
internal import SandboxPlan
internal import SystemIO

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write what another program needs to run an app with the same policy.",
    discussion: """
      Targets are oci-runtime (crun, runc), bwrap, systemd, docker and kubernetes. The directory gets the app's files, the \
      target's own, and `enforcement.txt`: how each grant and denial is enforced there. What is weaker than under \
      `locara run` is printed.

      Examples:
        locara export oci-runtime notes.locapp -o notes-oci
        locara export bwrap notes.locapp -o notes-bwrap
      """)

  @Argument(help: "oci-runtime, bwrap, systemd, docker or kubernetes.")
  var target: ExportTarget

  @Argument(help: "The bundle, a `.locapp` file.", completion: .file(extensions: ["locapp"]))
  var bundle: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The directory to make.", valueName: "directory"), completion: .directory)
  var output: String

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let rows = try BundleExport.write(bundle: bundle, for: target, to: output)
    let weaker = rows.filter(\.isWeaker)
    switch format {
    case .text:
      for exported in weaker {
        Console.print("\(exported.row.isGrant ? "grant" : "deny") \(exported.row.subject): \(exported.row.remark)")
      }
      Console.note(
        "\(weaker.count) of \(rows.count) rows are weaker than under locara; all are in \(output)/enforcement.txt")
    case .json:
      let list = rows.map { exported -> JSON in
        let row = exported.row
        return [
          "subject": .string(row.subject), "grant": .bool(row.isGrant), "weaker": .bool(exported.isWeaker),
          "exactness": .string(row.exactness.rawValue), "mechanisms": .array(row.mechanisms.map { .string($0) }),
          "remark": .string(row.remark),
        ]
      }
      Console.write(JSON.object(["target": .string(target.rawValue), "rows": .array(list)]).prettyBytes)
    }
  }
}

extension ExportTarget: ExpressibleByArgument {}
