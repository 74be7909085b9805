import TestSupport

/// Manifests that are right, written in all the ways that people write them.
enum ManifestWriter {
  private indirect enum Value {
    case word(String)
    case text(String)
    case list([Value])
    case mapping([(String, Value)])
  }

  static func manifest(_ choices: inout Choices) -> String {
    var members: [(String, Value)] = [
      ("schema", .word("locara/v1")), ("name", .word(choices.pick(["app", "notes", "a-1"]))),
      ("publisher", .word("acme")), ("version", .word(choices.pick(["0.1.0", "1.2.3-rc.1"]))),
      (
        "entry",
        .mapping([("command", .list([.word("python3"), .text(choices.pick(["app/main.py", "-c: x", "# no"]))]))])
      ),
    ]
    if choices.bool() { members.append(("capabilities", capabilities(&choices))) }
    if choices.bool() {
      members.append(
        ("limits", .mapping([("memory", .word(choices.pick(["1GiB", "512MiB"]))), ("processes", .word("16"))])))
    }
    if choices.bool() {
      members.append(
        ("description", .text(choices.pick(["Notes: find them", "it's #1", "plain words here", "ü and 日本"]))))
    }
    if choices.bool() { members.append(("tags", .list(choices.some(["one", "two", "three"]).map { .word($0) }))) }
    var writer = Writer(choices: choices)
    writer.block(members, indentation: 0)
    choices = writer.choices
    return writer.text
  }

  private static func capabilities(_ choices: inout Choices) -> Value {
    var members: [(String, Value)] = []
    let net: Value =
      choices.bool()
      ? .word("false") : .mapping([("allowed_hosts", .list([.word("a.example.com"), .text("*.example.org")]))])
    members.append(("net", net))
    var files: [(String, Value)] = [("app-data", .word(choices.pick(["read", "read-write", "false"])))]
    if choices.bool() { files.append(("read", .list([.text("~/Documents/**"), .text("/usr/share/dict/*")]))) }
    members.append(("fs", .mapping(files)))
    if choices.bool() { members.append(("environment", .list([.word("LANG"), .word("TZ")]))) }
    return .mapping(members)
  }

  private struct Writer {
    var choices: Choices
    var text = ""

    /// Maybe comments and empty lines, before a line with this indentation.
    mutating func interlude(_ indentation: Int) {
      switch choices.below(8) {
      case 1: text += "\n"
      case 2: text += "\n\n\n"
      case 3: text += spaces(indentation) + "# a remark: with [signs\n"
      case 4: text += "#at the margin\n\n"
      case 5: text += "  \n" + spaces(indentation + choices.below(3)) + "# indented \n"
      default: break
      }
    }

    mutating func endLine() {
      switch choices.below(6) {
      case 1: text += " # why"
      case 2: text += "     # far away: x"
      case 3: text += "  "
      default: break
      }
      text += choices.below(12) == 11 ? "\r\n" : "\n"
    }

    func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    mutating func block(_ members: [(String, Value)], indentation: Int) {
      for (key, value) in members {
        interlude(indentation)
        text +=
          spaces(indentation) + (choices.below(6) == 5 ? "\"\(key)\"" : key) + (choices.below(6) == 5 ? " :" : ":")
        switch value {
        case .mapping(let inner) where choices.bool():
          endLine()
          block(inner, indentation: indentation + choices.pick([2, 1, 3, 4]))
        case .list(let elements) where !elements.isEmpty && choices.bool():
          endLine()
          let dash = indentation + choices.pick([2, 0, 4])
          for element in elements {
            interlude(dash)
            text += spaces(dash) + "-" + spaces(choices.pick([1, 2, 3]))
            scalar(element, inFlow: false, indentation: dash)
            endLine()
          }
        default:
          text += spaces(choices.pick([1, 2, 5]))
          flow(value, indentation: indentation)
          endLine()
        }
      }
    }

    mutating func flow(_ value: Value, indentation: Int) {
      switch value {
      case .list(let elements):
        brackets("[", "]", elements.count, indentation) { $0.flow(elements[$1], indentation: indentation) }
      case .mapping(let members):
        brackets("{", "}", members.count, indentation) {
          $0.text += members[$1].0 + ": "
          $0.flow(members[$1].1, indentation: indentation)
        }
      default: scalar(value, inFlow: true, indentation: indentation)
      }
    }

    mutating func brackets(
      _ open: String, _ close: String, _ count: Int, _ indentation: Int, _ element: (inout Writer, Int) -> Void
    ) {
      text += open + spaces(choices.below(2))
      let isSpread = choices.below(3) == 2
      for index in 0..<count {
        if isSpread {
          text += choices.below(4) == 3 ? " # first\n" : "\n"
          text += spaces(indentation + choices.pick([2, 1, 6]))
        }
        element(&self, index)
        if index < count - 1 { text += choices.below(4) == 3 ? " ," : "," + spaces(choices.below(3)) }
      }
      if isSpread, count > 0 { text += "\n" + spaces(indentation + choices.pick([1, 2])) }
      text += spaces(choices.below(2)) + close
    }

    mutating func scalar(_ value: Value, inFlow: Bool, indentation: Int) {
      switch value {
      case .word(let word): text += word == "false" || word == "16" ? word : choices.below(5) == 4 ? "'\(word)'" : word
      case .text(let content):
        let needsQuotes = content.contains { ":#*~'-/".contains($0) }
        switch choices.below(needsQuotes ? 2 : 4) {
        case 0: text += "\"\(content)\""
        case 1:
          text += "'" + content.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case 2: text += content
        // Over several lines: each break is read as one space.
        default:
          text +=
            "\"" + content.split(separator: " ").joined(separator: "\n" + spaces(indentation + 1 + choices.below(5)))
            + "\""
        }
      default: flow(value, indentation: indentation)
      }
    }
  }
}
