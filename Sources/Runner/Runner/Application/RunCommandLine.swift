package import SystemIO

/// The command line of `locara run`. Read by hand, since starting an app should cost what its
/// sandbox costs: the argument parser alone takes longer.
package enum RunCommandLine {
  /// The exit code when the app could not be started.
  package static let failureCode: Int32 = 125

  /// Runs the app and gives the exit code of the process.
  ///
  /// - Parameter arguments: what follows `run`.
  /// - Returns: nil when help is asked for or nothing is given: whoever has a help text prints it.
  package static func main(_ arguments: [String]) -> Int32? {
    if let code = AdoptedStart.goOn() { return code }
    do throws(Failure) {
      // First: nothing of this process may become a stream of the app.
      try StandardStream.openMissing()
      guard let parsed = try parse(arguments) else { return nil }
      var (path, line) = (parsed.bundle, arguments)
      if PublishedBundle.isReference(path) {
        guard let kept = try PublishedBundle.kept(path) else { throw PublishedBundle.fetch(path, arguments) }
        line = PublishedBundle.arguments(arguments, replacing: path, by: kept)
        path = kept
      }
      var options = parsed.options
      options.asksConsent = { [line] in CompilerProgram.become(["locara", "consent", "ask"] + line) }
      return try Application(bundle: path, options).run().shellCode
    } catch let failure {
      StandardStream.error.write(failure.report(color: StandardStream.error.hasColor))
      return failure.code == "LR100" ? 64 : failureCode
    }
  }

  /// - Returns: nil when help is asked for or nothing is given.
  /// - Throws: LR100 for what is no such command line.
  package static func parse(_ arguments: [String]) throws(Failure) -> (bundle: String, options: Application.Options)? {
    var options = Application.Options()
    var bundle: String?
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--":
        options.arguments = Array(rest)
        rest = []
      case "-h", "--help": return nil
      case "--paranoid": options.isParanoid = true
      case "--no-namespaces": options.acceptsNoNamespaces = true
      case "--data": options.dataDirectory = try value(of: argument, &rest)
      case "--open", "--open-rw":
        options.selected.append(
          LaunchRequest.SelectedFile(path: try value(of: argument, &rest), isReadOnly: argument == "--open"))
      case "--egress": options.egressLog = try value(of: argument, &rest)
      case "--denials": options.denials = try value(of: argument, &rest)
      case "--accept-widening": options.acceptsWidening = true
      case "--cool-down": options.coolDown = try seconds(try value(of: argument, &rest))
      case "--suggest": options.suggests = true
      case "--explain-files": options.explainsFiles = true
      case "--timeout": options.timeLimit = try milliseconds(try value(of: argument, &rest))
      case _ where argument.hasPrefix("-") && argument != "-":
        throw Failure("LR100", "unknown option `\(argument)`", help: "what is for the app comes after `--`")
      case _ where bundle != nil:
        throw Failure("LR100", "more than one bundle: `\(argument)`", help: "what is for the app comes after `--`")
      default: bundle = argument
      }
    }
    return bundle.map { ($0, options) }
  }

  private static func value(of option: String, _ rest: inout ArraySlice<String>) throws(Failure) -> String {
    guard let value = rest.popFirst() else { throw Failure("LR100", "`\(option)` needs a value") }
    return value
  }

  /// A whole number of days, or with another unit: `7d`, `12h`, `30m`, `90s`.
  private static func seconds(_ text: String) throws(Failure) -> Int64 {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let factors: [String: Int64] = ["": 86_400, "d": 86_400, "h": 3600, "m": 60, "s": 1]
    guard let number = Int64(digits), number > 0, let factor = factors[String(text[digits.endIndex...])],
      number <= 3650 * 86_400 / factor
    else { throw Failure("LR100", "`--cool-down` takes a duration such as 7d, 12h or 30m, not `\(text)`") }
    return number * factor
  }

  /// A whole number of seconds, or with a unit: `500ms`, `30s`, `5m`, `2h`.
  private static func milliseconds(_ text: String) throws(Failure) -> UInt64 {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let factors: [String: UInt64] = ["": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
    guard let number = UInt64(digits), number > 0, let factor = factors[String(text[digits.endIndex...])],
      number < UInt64.max / factor
    else { throw Failure("LR100", "`--timeout` takes a duration such as 30s, 500ms or 5m, not `\(text)`") }
    return number * factor
  }
}
