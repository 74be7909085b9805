internal import BundleFormat
internal import CanonicalJSON

/// The manual page, locara(1), in the macros of man(7), from the argument parser's description of the commands.
struct ManualPage {
  private(set) var text = ""

  init(_ root: JSON) {
    // No date: the page is the same whenever it is made.
    line(".TH LOCARA 1 \"\" \"locara \(Version.text)\" \"User Commands\"")
    line(".SH NAME")
    line("locara \\- \(escaped(sentence(root["abstract"]?.stringValue ?? "")))")
    line(".SH SYNOPSIS")
    line(".B locara")
    line(".I command")
    line("[\\fIoptions\\fR] [\\fIarguments\\fR]")
    line(".SH DESCRIPTION")
    discussion(root["discussion"]?.stringValue ?? "")
    line(".SH COMMANDS")
    for command in CommandDescription.visible(root["subcommands"]) { describe(command, path: ["locara"]) }
    line(".SH SEE ALSO")
    line(".BR bwrap (1),")
    line(".BR landlock (7),")
    line(".BR seccomp (2)")
  }

  private mutating func describe(_ command: JSON, path: [String]) {
    let path = path + [command["commandName"]?.stringValue ?? ""]
    let below = CommandDescription.visible(command["subcommands"])
    let arguments = CommandDescription.visible(command["arguments"]).filter { !isCommon($0) }
    line(".SS \(escaped(path.joined(separator: " ")))")
    line(escaped(command["abstract"]?.stringValue ?? ""))
    let positionals = arguments.filter { $0["kind"]?.stringValue == "positional" }
    let words =
      path.map(escaped) + (arguments.count > positionals.count ? ["[\\fIoptions\\fR]"] : [])
      + (below.isEmpty ? [] : ["\\fIcommand\\fR"]) + positionals.map(placeholder)
    line(".PP")
    line(
      "\\fB\(words[..<path.count].joined(separator: " "))\\fR \(words[path.count...].joined(separator: " "))".trimmed)
    for argument in arguments {
      line(".TP")
      line(label(argument))
      line(escaped(argument["abstract"]?.stringValue ?? ""))
      if let values = argument["allValues"]?.arrayValue?.compactMap(\.stringValue), !values.isEmpty {
        line("One of \(escaped(values.joined(separator: ", "))).")
      }
      if let value = argument["defaultValue"]?.stringValue { line("The default is `\(escaped(value))`.") }
    }
    if let text = command["discussion"]?.stringValue {
      line(".PP")
      discussion(text)
    }
    for command in below { describe(command, path: path) }
  }

  /// `--help` and `--version`, which every command has.
  private func isCommon(_ argument: JSON) -> Bool {
    ["help", "version"].contains(argument["preferredName"]?["name"]?.stringValue)
  }

  private func placeholder(_ argument: JSON) -> String {
    let name = "\\fI\(escaped(argument["valueName"]?.stringValue ?? "argument"))\\fR"
    let repeated = argument["isRepeating"]?.boolValue == true ? name + " ..." : name
    return argument["isOptional"]?.boolValue == true ? "[\(repeated)]" : repeated
  }

  private func label(_ argument: JSON) -> String {
    let kind = argument["kind"]?.stringValue
    guard kind != "positional" else { return placeholder(argument) }
    let names = (argument["names"]?.arrayValue ?? []).compactMap { name -> String? in
      guard let text = name["name"]?.stringValue else { return nil }
      return "\\fB\(escaped((name["kind"]?.stringValue == "short" ? "-" : "--") + text))\\fR"
    }
    let value = kind == "option" ? " \\fI\(escaped(argument["valueName"]?.stringValue ?? "value"))\\fR" : ""
    return names.joined(separator: ", ") + value
  }

  /// Paragraphs as they are; lines that are indented keep their breaks.
  private mutating func discussion(_ text: String) {
    var isIndented = false
    for row in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indented = row.hasPrefix("  ")
      if indented != isIndented {
        line(indented ? ".PP\n.RS 4\n.nf" : ".fi\n.RE")
        isIndented = indented
      }
      if row.isEmpty { line(isIndented ? "" : ".PP") } else { line(escaped(String(indented ? row.dropFirst(2) : row))) }
    }
    if isIndented { line(".fi\n.RE") }
  }

  /// Two paragraph marks in a row mean no more than one.
  private mutating func line(_ line: String) {
    if line == ".PP" || line.hasPrefix(".PP\n") || line.hasPrefix(".S") || line == ".TP", text.hasSuffix("\n.PP\n") {
      text.removeLast(4)
    }
    text += line + "\n"
  }

  /// groff_char(7): a backslash, a hyphen that is one, and a dot or a quote that begins a line.
  private func escaped(_ text: String) -> String {
    let plain = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": "\\e"
      case "-": "\\-"
      case _ where !scalar.isASCII:
        "\\[u" + String(repeating: "0", count: max(0, 4 - String(scalar.value, radix: 16).count))
          + String(scalar.value, radix: 16, uppercase: true) + "]"
      default: String(scalar)
      }
    }.joined()
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }

  private func sentence(_ text: String) -> String {
    let bare = text.hasSuffix(".") ? String(text.dropLast()) : text
    return bare.prefix(1).lowercased() + bare.dropFirst()
  }
}

extension String {
  fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
