internal import ArgumentParser
internal import CanonicalJSON
internal import ModelStore
internal import PolicyIR
internal import Review
internal import SystemIO

struct ModelLicensesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "licenses", abstract: "List the licenses of locked models, and refuse those that are not allowed.",
    discussion: """
      Licenses are ids and expressions of the SPDX list. With --allow, a model is in order when one side of its `OR`, or \
      every side of its `AND`, is allowed.

      Exit codes: 0 all are allowed, 2 some are not.

      Examples:
        locara model licenses
        locara model licenses locara.lock.json --allow Apache-2.0 --allow MIT
      """)

  @Argument(help: "A lock file, a directory that holds one, or a revision of git.")
  var lock = LockFile.name

  @Option(help: ArgumentHelp("A license that models may have; may be repeated. Any without.", valueName: "spdx-id"))
  var allow: [String] = []

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let models = try LockHistory.lock(lock).models
    let allowed = Set(allow.map { LicenseList.canonical($0) ?? $0 })
    let refused = allow.isEmpty ? [] : models.filter { !LicenseList.isPermitted($0.license, by: allowed) }
    switch format {
    case .text:
      for model in models { Console.print("\(model.id)  \(model.license.isEmpty ? "(none stated)" : model.license)") }
    case .json:
      let list = models.map { model in
        JSON.object([
          "model": .string(model.id), "license": .string(model.license),
          "ids": .array(LicenseList.ids(in: model.license).map(JSON.string)),
          "isKnown": .bool(LicenseList.canonical(model.license) != nil),
        ])
      }
      Console.write(JSON.object(["licenses": .array(list)]).prettyBytes)
    }
    for model in refused { Console.note("not allowed: \(model.id)  \(model.license)") }
    if !refused.isEmpty { throw Exit.difference }
  }
}
