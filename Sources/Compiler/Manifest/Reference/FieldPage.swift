/// What there is to know about a key, from the field table.
package enum FieldPage {
  /// The page of a key path such as `capabilities.fs.app-data`, for a terminal; nil when there is no such key.
  package static func text(of path: String) -> String? {
    guard let field = FieldTable.field(at: path) else { return nil }
    var lines = ["\(path)", "", "  \(field.documentation)", ""]
    for (name, value) in facts(field) { lines.append("  \(name.padded(10)) \(value)") }
    for (name, values) in details(field.shape) {
      lines += ["", "  \(name):"] + values.map { "    \($0.word.padded(18)) \($0.documentation)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// All key paths, for a list and for the nearest match.
  package static var paths: [String] { FieldTable.all.map(\.path) }

  /// The reference of the whole language in Markdown: `spec/manifest-reference.md`.
  package static var reference: String {
    var text = """
      # Manifest reference

      Every key of `\(FieldTable.schemaTag)`, made from the compiler's field table by `make golden`; do not edit.
      `[]` stands for the elements of a list, `*` for a name of the author's. `spec/manifest.md` says what it all means.

      | key | type | default | |
      |---|---|---|---|

      """
    for (path, field) in FieldTable.all {
      let needed = field.isRequired ? "**required**" : field.defaultValue.map { "`\($0)`" } ?? ""
      var remark = field.documentation
      if case .accepted(let meaning) = field.effect { remark += " *Not enforced yet: \(meaning).*" }
      text += "| `\(path)` | \(type(field.shape)) | \(needed) | \(remark) |\n"
    }
    text += "\n## Closed lists\n"
    for (title, choices) in [
      ("Categories", Vocabulary.categories), ("Modalities", Modality.choices), ("Tooling", Tooling.choices),
    ] {
      text += "\n### \(title)\n\n"
      for choice in choices { text += "* `\(choice.word)`: \(choice.documentation)\n" }
    }
    return text
  }

  private static func facts(_ field: Field) -> [(String, String)] {
    var facts = [("type", type(field.shape)), ("since", field.since)]
    if field.isRequired { facts.append(("required", "yes")) }
    if let value = field.defaultValue { facts.append(("default", value)) }
    switch field.effect {
    case .enforced: break
    case .descriptive: facts.append(("effect", "describes the app, grants nothing"))
    case .accepted(let meaning): facts.append(("effect", "accepted but not enforced yet: \(meaning)"))
    }
    return facts
  }

  private static func details(_ shape: Shape) -> [(String, [Choice])] {
    let choices = shape.choices
    let fields = shape.fields.map { Choice($0.name, $0.documentation) }
    return (choices.isEmpty ? [] : [("values", choices)]) + (fields.isEmpty ? [] : [("keys", fields)])
  }

  private static func type(_ shape: Shape) -> String {
    switch shape {
    case .boolean: "`true` or `false`"
    case .no: "`false`"
    case .integer(let range): "integer, \(range.lowerBound) to \(range.upperBound)"
    case .text(let form), .scalar(let form):
      "\(form.bareName)" + (form.maximumLength.map { ", at most \($0) characters" } ?? "") + ", `\(form.example)`"
    case .choice(let choices):
      choices.count > 4 ? "one of \(choices.count) words" : Shape.alternatives(choices.map { "`\($0.word)`" })
    case .list(let element, let count): "list of \(count.lowerBound) to \(count.upperBound): \(type(element))"
    case .record: "mapping"
    case .map(_, let values): "mapping of names: \(type(values))"
    case .either(let shapes): shapes.map(type).joined(separator: ", or ")
    case .anything: "any value"
    }
  }
}

extension TextForm {
  /// Without the article.
  fileprivate var bareName: String {
    let words = name.split(separator: " ", maxSplits: 1)
    return words.count == 2 && (words[0] == "a" || words[0] == "an") ? String(words[1]) : name
  }
}

extension Shape {
  /// The words that may be written here, in lists and alternatives as well.
  fileprivate var choices: [Choice] {
    switch self {
    case .choice(let choices): choices
    case .list(let element, _): element.choices
    case .either(let shapes): shapes.flatMap(\.choices)
    default: []
    }
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}
