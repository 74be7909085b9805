// What may be written at a place of a manifest: for editors.

extension FieldTable {
  /// What may be written under a key path, as the author writes it: names of the author's own count as a component,
  /// elements of lists do not. Nil when there is no such key.
  package static func shape(at path: some Sequence<String>) -> Shape? {
    var shape = Shape.record(root)
    for name in path {
      guard let next = shape.below(name) else { return nil }
      shape = next
    }
    return shape
  }

  /// The key at a path as the author writes it; nil when the last component is a name of the author's own.
  package static func field(along path: [String]) -> (path: String, field: Field)? {
    var shape = Shape.record(root)
    var found: (path: String, field: Field)?
    var written: [String] = []
    for name in path {
      guard let next = shape.below(name) else { return nil }
      let field = shape.fields.first { $0.name == name }
      written.append(field == nil ? "*" : name)
      found = field.map { (written.joined(separator: "."), $0) }
      shape = next
    }
    return found
  }
}

extension Shape {
  /// What may be written under a key, in lists and alternatives as well.
  fileprivate func below(_ name: String) -> Shape? {
    switch self {
    case .record(let fields): fields.first { $0.name == name }?.shape
    case .map(_, let values): values
    case .list(let element, _): element.below(name)
    case .either(let shapes): shapes.lazy.compactMap { $0.below(name) }.first
    default: nil
    }
  }

  /// Keys that may be written in a mapping here, in alternatives and as elements of a list as well; those of a mapping with
  /// names of the author's own are not known.
  package var keys: [Field] {
    switch self {
    case .record(let fields): fields
    case .list(let element, _): element.keys
    case .either(let shapes): shapes.flatMap(\.keys)
    default: []
    }
  }

  /// The words that may be written here, in alternatives and as elements of a list as well.
  package var words: [Choice] {
    switch self {
    case .boolean: [Choice("true", ""), Choice("false", "")]
    case .no: [Choice("false", "")]
    case .choice(let choices): choices
    case .list(let element, _): element.words
    case .either(let shapes): shapes.flatMap(\.words)
    default: []
    }
  }

  /// A value of the right form, when the form has one; `$` is no part of it.
  package var example: String? {
    switch self {
    case .text(let form), .scalar(let form): form.example
    case .list(let element, _): element.example
    case .either(let shapes): shapes.lazy.compactMap(\.example).first
    default: nil
    }
  }

  /// Whether a mapping or a list goes on below the key.
  package var isCollection: Bool {
    switch self {
    case .record, .map, .list: true
    case .either(let shapes): shapes.allSatisfy(\.isCollection)
    default: false
    }
  }
}
