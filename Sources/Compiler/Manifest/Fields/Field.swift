// INVARIANT: what a manifest may contain is said once, in this folder's table. The checker, `locara explain`, the JSON
// Schema and the reference page are all made from it.

/// One key of the manifest.
package struct Field: Sendable {
  /// What becomes of what is written under the key.
  package enum Effect: Sendable, Hashable {
    /// It decides what the app may do or what is built, and is enforced.
    case enforced
    /// It describes the app to people.
    case descriptive
    /// It is checked and kept, and nothing enforces it yet; the sentence says what that means.
    case accepted(String)
  }

  package var name: String
  package var shape: Shape
  package var isRequired: Bool
  /// As it would be written; nil when being absent is not the same as any value.
  package var defaultValue: String?
  /// The version of the language that brought it.
  package var since: String
  /// One line for people.
  package var documentation: String
  package var effect: Effect

  init(
    _ name: String, _ shape: Shape, _ documentation: String, required: Bool = false, default value: String? = nil,
    effect: Effect = .enforced
  ) {
    self.name = name
    self.shape = shape
    self.isRequired = required
    self.defaultValue = value
    self.since = "locara/v1"
    self.documentation = documentation
    self.effect = effect
  }
}

/// What may be written under a key.
package enum Shape: Sendable {
  case boolean
  /// `false` and nothing else.
  case no
  case integer(ClosedRange<Int64>)
  /// A string of a form of its own.
  case text(TextForm)
  /// A string or a number of a form of its own, read from its characters.
  case scalar(TextForm)
  /// One word of a closed list.
  case choice([Choice])
  indirect case list(Shape, ClosedRange<Int>)
  case record([Field])
  /// Keys that the author chooses.
  indirect case map(keys: TextForm, values: Shape)
  /// The alternatives differ in the kind of value.
  case either([Shape])
  /// Any value; what it means comes later.
  case anything
}

/// One word of a closed list.
package struct Choice: Sendable, Hashable {
  package var word: String
  package var documentation: String

  init(_ word: String, _ documentation: String) {
    self.word = word
    self.documentation = documentation
  }
}

/// How a text is written.
package final class TextForm: Sendable {
  /// With an article: "a semantic version".
  package let name: String
  /// Of the diagnostic when a text is not of this form.
  package let code: String
  package let example: String
  /// A regular expression (ECMA-262) for JSON Schema; the check itself is stricter.
  package let pattern: String?
  /// In code points.
  package let maximumLength: Int?
  /// What reads it.
  let type: any TextValue.Type

  init(
    _ name: String, _ code: String, as type: any TextValue.Type, example: String, pattern: String? = nil,
    maximum: Int? = nil
  ) {
    self.name = name
    self.code = code
    self.example = example
    self.pattern = pattern
    self.maximumLength = maximum
    self.type = type
  }

  func problem(_ text: String) -> TextProblem? { TextForm.problem(text, as: type, maximum: maximumLength ?? .max) }

  /// - Parameter maximum: in code points.
  static func problem(_ text: String, as type: any TextValue.Type, maximum: Int) -> TextProblem? {
    // Code points, as JSON Schema counts. They are never more than bytes, and counting them takes time.
    if text.utf8.count > maximum, text.unicodeScalars.count > maximum {
      var problem = TextProblem("it has \(text.unicodeScalars.count) characters, \(maximum) are allowed")
      problem.isTooLong = true
      return problem
    }
    return type.problem(in: text)
  }
}

extension Shape {
  /// With an article, for messages: "a boolean", "one of `read`, `read-write`".
  package var expectation: String {
    switch self {
    case .boolean: "`true` or `false`"
    case .no: "`false`"
    case .integer: "an integer"
    case .text(let form), .scalar(let form): form.name
    case .choice(let choices):
      choices.count > 6 ? "one of \(choices.count) words" : Shape.alternatives(choices.map { "`\($0.word)`" })
    case .list(let element, _): "a list of \(element.plural)"
    case .record, .map: "a mapping"
    case .either(let shapes): Shape.alternatives(shapes.flatMap(\.alternatives))
    case .anything: "any value"
    }
  }

  private var alternatives: [String] {
    guard case .choice(let choices) = self, choices.count <= 6 else { return [expectation] }
    return choices.map { "`\($0.word)`" }
  }

  private var plural: String {
    switch self {
    case .text(let form), .scalar(let form): "values such as `\(form.example)`"
    case .choice: "words"
    case .record, .map: "mappings"
    case .list: "lists"
    default: "values"
    }
  }

  package static func alternatives(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension String {
  /// In lower case at the beginning and without its full stop, as notes are written.
  var sentence: String {
    let bare = hasSuffix(".") ? String(dropLast()) : self
    return bare.prefix(1).lowercased() + bare.dropFirst()
  }
}
