internal import CSandbox

extension Denial {
  /// What the launcher says when it is started in the place of a tool's program: a call that no filter permits, with a
  /// text of a certain form. An app could say the same, which would only mislead whoever reads it.
  ///
  /// - Parameter arguments: decoded.
  init?(toolStartedByPath call: String, _ arguments: [String]) {
    let prefix = "\"" + LOCARA_TOOL_BY_PATH
    guard call == "setdomainname", let text = arguments.first, text.hasPrefix(prefix), text.hasSuffix("\"") else {
      return nil
    }
    let parts = text.dropFirst(prefix.count).dropLast().split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    self.init(
      call: "execve", arguments: ["\"\(parts[1])\""], answer: "EACCES", capability: "tools", manifest: "",
      reason:
        "this is the program of the tool `\(parts[0])`, which is started by its name, `\(parts[0])`, so that it runs "
        + "with its own rights")
  }
}
