extension Shape {
  var wantsBoolean: Bool {
    switch self {
    case .boolean, .no: true
    case .either(let shapes): shapes.contains(where: \.wantsBoolean)
    default: false
    }
  }

  /// Whether this boolean may be written here.
  func accepts(boolean: Bool) -> Bool {
    switch self {
    case .boolean, .anything: true
    case .no: !boolean
    case .either(let shapes): shapes.contains { $0.accepts(boolean: boolean) }
    default: false
    }
  }

  /// The words that may be written here, and what else may, for messages.
  var knownValues: [String] {
    switch self {
    case .choice(let choices): choices.map { "`\($0.word)`" }
    case .either(let shapes): shapes.flatMap(\.knownValues)
    default: [expectation]
    }
  }

  /// The form of the texts that may be written here, when there is one.
  var textForm: TextForm? {
    switch self {
    case .text(let form), .scalar(let form): form
    case .either(let shapes): shapes.lazy.compactMap(\.textForm).first
    default: nil
    }
  }

  var wantsText: Bool {
    switch self {
    case .text, .scalar, .choice: true
    case .either(let shapes): shapes.contains(where: \.wantsText)
    default: false
    }
  }
}
