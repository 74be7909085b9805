internal import ArgumentParser
internal import CanonicalJSON

/// The argument parser's description of all commands, as JSON.
enum CommandDescription {
  /// The root command.
  static func root() throws -> JSON {
    let dump = try JSON(parsing: Array(LocaraCommand._dumpHelp().utf8))
    guard let command = dump["command"] else { throw Exit.operational }
    return command
  }

  /// What `--help` shows of a list of commands or arguments.
  static func visible(_ list: JSON?) -> [JSON] {
    (list?.arrayValue ?? []).filter {
      $0["shouldDisplay"]?.boolValue != false && $0["commandName"]?.stringValue != "help"
    }
  }
}
