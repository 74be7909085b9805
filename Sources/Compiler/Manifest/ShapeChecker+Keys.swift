internal import Diagnostics
internal import Text

/// The keys that a misspelt one of a mapping may stand for: those that are not written there, each for one of them.
struct FreeKeys {
  private let fields: [String]
  private let written: Set<String>
  private var taken: Set<String> = []

  init(_ fields: [Field], _ members: SyntaxMembers) {
    self.fields = fields.map(\.name)
    written = Set(members.lazy.map(\.name))
  }

  func isTaken(_ name: String) -> Bool { taken.contains(name) }

  /// The key that is meant, and whether it differs in nothing but capitals, `_` and `-`.
  mutating func take(meantBy name: String) -> (name: String, isCertain: Bool)? {
    let free = fields.filter { !written.contains($0) && !taken.contains($0) }
    let bare = FreeKeys.bare(name)
    let spelt = free.first { FreeKeys.bare($0) == bare }
    guard let found = spelt ?? nearestMatch(to: name, among: free) else { return nil }
    taken.insert(found)
    return (found, spelt != nil)
  }

  private static func bare(_ name: String) -> [UInt8] {
    name.utf8.lazy.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }.map { byte in
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
  }
}

// What is said about keys.
extension ShapeChecker {
  mutating func unknown(_ member: SyntaxMember, _ keys: inout FreeKeys, _ fields: [Field]) {
    let place = trail.isEmpty ? "a manifest" : "`\(path)`"
    damage(member.name)
    var fix: Fix?
    var label = "unknown key"
    var notes: [String] = []
    if let begun = valueOnKey(member, fields) {
      label = "a `:` is missing after `\(begun)`"
      let end = member.nameSpan.start + begun.utf8.count
      fix = Fix("write `\(begun):`", .unsafe, edits: [.init(Span(end, end), ":")])
    } else if let meant = keys.take(meantBy: member.name) {
      label = "did you mean `\(meant.name)`?"
      fix = Fix(
        "replace it with `\(meant.name)`", meant.isCertain ? .safe : .unsafe,
        edits: [.init(member.nameSpan, respelt(meant.name, at: member.nameSpan))])
    } else if let elsewhere = FieldTable.home(of: member.name, seenFrom: trail) {
      label = elsewhere.isEmpty ? "this key belongs to the top level" : "this key belongs to `\(elsewhere)`"
    } else if member.name == "<<" {
      notes = ["merge keys are not part of YAML 1.2: repeat the keys, or use an alias for a whole value"]
    } else if fields.count <= 12 {
      notes = ["known keys are " + fields.map { "`\($0.name)`" }.joined(separator: ", ")]
    }
    report("LM001", "\(place) has no key `\(member.name.excerpt)`", member.nameSpan, label, notes: notes, fix: fix)
  }

  /// The key of `capabilities {net: true}`, which is one long key in YAML.
  private func valueOnKey(_ member: SyntaxMember, _ fields: [Field]) -> String? {
    guard let space = member.name.firstIndex(of: " "), source.text(member.nameSpan) == member.name else { return nil }
    let first = String(member.name[..<space])
    guard fields.contains(where: { $0.name == first }), let next = member.name[space...].first(where: { $0 != " " }),
      next == "{" || next == "["
    else { return nil }
    return first
  }

  mutating func missing(_ field: Field, _ node: SyntaxNode) {
    let place = trail.isEmpty ? "the manifest" : "`\(path)`"
    damage(field.name)
    let start = node.span.start
    report(
      "LM003", "\(place) lacks the key `\(field.name)`", Span(start, min(start + 1, node.span.end)),
      "expected `\(field.name): …` in this mapping", notes: [field.documentation.sentence])
  }

  /// A word in place of what is written at `span`, in the quotes of what is written there: a JSON file stays one.
  func respelt(_ word: String, at span: Span) -> String {
    switch source.text(Span(span.start, span.start + 1)) {
    case "\"": "\"\(word)\""
    case "'": "'\(word)'"
    default: word
    }
  }
}
