internal import ArgumentParser
internal import CanonicalJSON
internal import Consent
internal import Glibc
internal import PolicyIR
internal import Review
internal import Runner
internal import SystemIO

/// `locara consent`: what this user agreed to.
struct ConsentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consent", abstract: "See and forget what you agreed that apps may do.",
    discussion: """
      `locara run` records what an app may do when it starts for the first time, and asks when an update may do more.

      Examples:
        locara consent list
        locara consent show acme/notes
        locara consent forget acme/notes
      """,
    subcommands: [
      ConsentListCommand.self, ConsentShowCommand.self, ConsentForgetCommand.self, ConsentAskCommand.self,
      ConsentCompareCommand.self,
    ])
}

/// An app by publisher and name.
struct AppName: ExpressibleByArgument {
  var publisher: String
  var name: String

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else { return nil }
    (publisher, name) = (parts[0], parts[1])
  }

  /// - Throws: LR065.
  func missing() -> Failure {
    Failure(
      "LR065", "nothing was agreed to for \(publisher)/\(name)", help: "`locara consent list` shows what there is")
  }
}

struct ConsentListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the apps that something was agreed to for.")

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let store = try ConsentStore.ofUser()
    var rows: [JSON] = []
    for app in try store.apps() {
      guard let name = AppName(argument: app) else { continue }
      guard let consent = try store.read(publisher: name.publisher, name: name.name) else { continue }
      let policy = consent.app.policy.digest
      if json {
        var row: [String: JSON] = [
          "app": .string(app), "version": .string(consent.app.id.version), "policy": .string("\(policy)"),
        ]
        if let pending = consent.pending {
          row["pending"] = ["version": .string(pending.app.id.version), "from": .integer(pending.from)]
        }
        rows.append(.object(row))
      } else {
        let waits = consent.pending.map { ", \($0.app.id.version) waits" } ?? ""
        Console.print("\(app) \(consent.app.id.version)  \(policy)\(waits)")
      }
    }
    if json { Console.write(JSON.array(rows).prettyBytes) }
  }
}

struct ConsentShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print the policy that was agreed to, in its text form.")

  @Argument(help: ArgumentHelp("The app, PUBLISHER/NAME.", valueName: "app"))
  var app: AppName

  func run() throws {
    guard let consent = try ConsentStore.ofUser().read(publisher: app.publisher, name: app.name) else {
      throw app.missing()
    }
    Console.write(Array(consent.app.text.utf8))
  }
}

struct ConsentForgetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Forget what was agreed to; the next start is a first one.")

  @Argument(help: ArgumentHelp("The app, PUBLISHER/NAME.", valueName: "app"))
  var app: AppName

  func run() throws {
    guard try ConsentStore.ofUser().forget(publisher: app.publisher, name: app.name) else { throw app.missing() }
  }
}

/// What `locara run` starts when it sees a bundle for the first time (`CompilerProgram.comparingVerb`).
struct ConsentCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare a bundle's plan, filters and schema with what its policy compiles to.",
    shouldDisplay: false)

  @Argument(help: ArgumentHelp("The digest of a bundle in the store.", valueName: "digest"))
  var bundle: String

  func run() throws { _ = try ReviewSource(bundle) }
}

/// What `locara run` becomes when it has to ask. It gives way to `locara run` again once there is an answer.
struct ConsentAskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask", abstract: "Ask for consent, then run.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough)
  var arguments: [String] = []

  func run() throws {
    do throws(Failure) {
      guard let parsed = try RunCommandLine.parse(arguments) else { return }
      var review = ConsentReview(store: try ConsentStore.ofUser(), now: Int64(time(nil))) { text in
        StandardStream.error.write(text)
      }
      review.acceptsWidening = parsed.options.acceptsWidening
      review.coolDown = parsed.options.coolDown
      if isatty(0) == 1, isatty(2) == 1 { review.ask = { question in Self.ask(question) } }
      try review.review(parsed.bundle)
      throw CompilerProgram.becomeLauncher(["locara", "run"] + arguments)
    } catch let failure {
      StandardStream.error.write(failure.report(color: StandardStream.error.hasColor))
      throw failure.code == "LR100" ? ExitCode(64) : Exit.runner
    }
  }

  private static func ask(_ question: String) -> Bool {
    StandardStream.error.write("\(question) [y/N] ")
    return ["y", "yes"].contains((readLine() ?? "").lowercased())
  }
}
