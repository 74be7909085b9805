internal import Text

/// The field table as manifests are compared with it: the same shapes, each by its number, in memory that is only read. What is
/// said about a mistake is taken from the shapes themselves.
struct ShapeTable: Sendable {
  /// What may be written at a place.
  struct Entry: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
      case boolean, no, integer, text, statement, scalar, choice, list, record, map, either, anything
    }

    var kind: Kind
    /// Whether a boolean may be written here, or could be if it were another.
    var wantsBoolean: Bool
    /// Whether a list may have the same text twice.
    var mayRepeat = false
    /// Where the keys of a mapping, the words of a choice or the alternatives are; of a list and of a mapping with names of
    /// the author's own, the number of what is in it.
    var first = 0
    var count = 0
    /// Of an integer's values, and of the number of a list's elements.
    var lowest: Int64 = 0
    var highest: Int64 = 0
    /// By position, of the keys that must be there.
    var required: UInt64 = 0
    /// Of texts, and of names of the author's own.
    var form: Form?

    var parts: Range<Int> { first..<first + count }
  }

  struct Form: BitwiseCopyable {
    var type: any TextValue.Type
    /// In code points.
    var maximum: Int

    func problem(_ text: String) -> TextProblem? { TextForm.problem(text, as: type, maximum: maximum) }
  }

  struct Key: BitwiseCopyable {
    /// Where the name is in the table's characters.
    var start: Int
    var head: TextHead
    /// The number of what may be written under it.
    var shape = 0
    /// Whether what is written has no effect yet.
    var isOnlyAccepted = false
  }

  /// A table's number of what a manifest as a whole may be.
  static let root = 0

  private let entries: Permanent<Entry>
  private let keys: Permanent<Key>
  private let alternatives: Permanent<Int>
  private let words: Permanent<Key>
  private let characters: Permanent<UInt8>
  /// By number, for messages.
  private let shapes: [Shape]

  init(_ fields: [Field]) {
    var builder = Builder()
    builder.number(of: .record(fields))
    entries = Permanent(builder.entries)
    keys = Permanent(builder.keys)
    alternatives = Permanent(builder.alternatives)
    words = Permanent(builder.words)
    characters = Permanent(builder.characters)
    shapes = builder.shapes
  }

  subscript(number: Int) -> Entry { entries[number] }
  func key(_ index: Int) -> Key { keys[index] }
  func shape(_ number: Int) -> Shape { shapes[number] }

  /// The fields of a mapping, in the order of its keys.
  func fields(_ number: Int) -> [Field] {
    guard case .record(let fields) = shapes[number] else { return [] }
    return fields
  }

  func words(_ number: Int) -> [Choice] {
    guard case .choice(let choices) = shapes[number] else { return [] }
    return choices
  }

  /// Of texts, and of the names in a mapping of the author's own.
  func textForm(_ number: Int) -> TextForm? {
    switch shapes[number] {
    case .text(let form), .scalar(let form), .map(let form, _): form
    default: nil
    }
  }

  /// The name of a key.
  func name(_ index: Int) -> String {
    let key = keys[index]
    return unsafe String(decoding: characters[key.start..<key.start + key.head.count], as: UTF8.self)
  }

  /// Which key of a mapping has this name.
  func key(_ name: SyntaxRecord, in document: SyntaxBuffer, of mapping: Entry) -> Int? {
    position(of: name, in: document, among: keys, mapping.parts)
  }

  func has(word: SyntaxRecord, in document: SyntaxBuffer, of choice: Entry) -> Bool {
    position(of: word, in: document, among: words, choice.parts) != nil
  }

  /// Comparing a few is faster than hashing.
  private func position(
    of name: SyntaxRecord, in document: SyntaxBuffer, among names: Permanent<Key>, _ range: Range<Int>
  ) -> Int? {
    let head = name.head
    for index in range where names[index].head == head {
      let start = names[index].start
      if unsafe head.isAll || document.has(characters[start..<start + head.count], at: name) { return index }
    }
    return nil
  }

  /// The number of the alternative that is about nodes of this kind; the node may still be wrong in detail.
  func alternative(of entry: Entry, for record: SyntaxRecord) -> Int? {
    for index in entry.parts where accepts(record, entries[alternatives[index]]) { return alternatives[index] }
    return nil
  }

  private func accepts(_ record: SyntaxRecord, _ entry: Entry) -> Bool {
    switch (entry.kind, record.kind) {
    case (.anything, _), (.boolean, .boolean), (.integer, .integer), (.text, .string), (.statement, .string),
      (.choice, .string), (.list, .sequence), (.record, .mapping), (.map, .mapping), (.scalar, .string),
      (.scalar, .integer), (.scalar, .number):
      true
    case (.no, .boolean): record.integer == 0
    case (.either, _): alternative(of: entry, for: record) != nil
    default: false
    }
  }
}

extension ShapeTable {
  /// Gives numbers to shapes; what is in a shape comes after it.
  private struct Builder {
    var entries: [Entry] = []
    var keys: [Key] = []
    var alternatives: [Int] = []
    var words: [Key] = []
    var characters: [UInt8] = []
    var shapes: [Shape] = []

    @discardableResult
    mutating func number(of shape: Shape) -> Int {
      let number = entries.count
      entries.append(Entry(kind: .anything, wantsBoolean: shape.wantsBoolean))
      shapes.append(shape)
      var entry = entries[number]
      switch shape {
      case .anything: break
      case .boolean: entry.kind = .boolean
      case .no: entry.kind = .no
      case .integer(let range):
        (entry.kind, entry.lowest, entry.highest) = (.integer, range.lowerBound, range.upperBound)
      case .text(let form):
        entry.kind = form === TextForm.operation ? .statement : .text
        entry.form = Form(form)
      case .scalar(let form): (entry.kind, entry.form) = (.scalar, Form(form))
      case .choice(let choices):
        (entry.kind, entry.first, entry.count) = (.choice, words.count, choices.count)
        for choice in choices { words.append(key(choice.word)) }
      case .list(let element, let count):
        (entry.kind, entry.lowest, entry.highest) = (.list, Int64(count.lowerBound), Int64(count.upperBound))
        // A command may well repeat a word.
        entry.mayRepeat = element.textForm === TextForm.word
        entry.first = self.number(of: element)
      case .record(let fields):
        precondition(fields.count <= UInt64.bitWidth, "a mapping has at most 64 keys")
        (entry.kind, entry.first, entry.count) = (.record, keys.count, fields.count)
        for field in fields { keys.append(key(field.name)) }
        for (position, field) in fields.enumerated() {
          if field.isRequired { entry.required |= 1 << UInt64(position) }
          if case .accepted = field.effect { keys[entry.first + position].isOnlyAccepted = true }
          keys[entry.first + position].shape = self.number(of: field.shape)
        }
      case .map(let form, let values):
        (entry.kind, entry.form) = (.map, Form(form))
        entry.first = self.number(of: values)
      case .either(let shapes):
        let numbers = shapes.map { self.number(of: $0) }
        (entry.kind, entry.first, entry.count) = (.either, alternatives.count, numbers.count)
        alternatives += numbers
      }
      entries[number] = entry
      return number
    }

    private mutating func key(_ name: String) -> Key {
      let start = characters.count
      characters += name.utf8
      return unsafe characters[start...].withUnsafeBufferPointer { unsafe Key(start: start, head: TextHead($0)) }
    }
  }
}

extension ShapeTable.Form {
  init(_ form: TextForm) { self.init(type: form.type, maximum: form.maximumLength ?? .max) }
}
