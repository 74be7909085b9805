/// Why valid cases of the YAML test suite are refused. Every one is in exactly one of these groups.
enum SuiteReasons {
  struct Group: Sendable {
    var code: String
    /// What is refused.
    var what: String
    /// Why that is right.
    var reason: String
    /// The cases, when the code alone does not tell.
    var cases: Set<String> = []
  }

  static let all: [Group] = [
    Group(
      code: "LY007", what: "tags and tag directives", reason: "a value would be something other than what it looks like"
    ),
    Group(
      code: "LY008", what: "several documents in one stream", reason: "one file is one manifest"),
    Group(
      code: "LY011", what: "keys that are collections, or empty",
      reason: "every key of the language is a word, and `{{ name }}` is a template that nobody filled in"),
    Group(
      code: "LY012", what: "tabs that stand where indentation could be",
      reason: "what a tab means there depends on the column that a reader counts, and editors disagree"),
    Group(
      code: "LY016", what: "a key in brackets that has several lines, or its `:` on another line",
      reason: "the key cannot be told from a forgotten comma before its `:` is found"),
    Group(
      code: "LY017", what: "keys without characters: a `:` that begins a line, and `?` with nothing or `:` after it",
      reason: "an empty key is almost always a line that lost its beginning"),
    Group(
      code: "LY019", what: "something after the end of the document", reason: "one file is one manifest",
      cases: ["7Z25", "M7A3"]),
    Group(
      code: "LY019", what: "versions of YAML other than 1.1 and 1.2",
      reason: "rules that do not exist yet cannot be followed", cases: ["BEC7", "ZYU8/03"]),
    Group(
      code: "LY019", what: "a block scalar at the root that is not indented",
      reason: "a manifest is a mapping, and indentation says where a text ends", cases: ["DK3J", "FP8R"]),
    Group(
      code: "LY020", what: "directives that YAML does not define, or with more arguments",
      reason: "the specification asks for a warning, and a misspelt `%YAML` is a mistake",
      cases: ["2LFX", "6LVF", "MUS6/05", "MUS6/06", "W4TN", "ZYU8/00", "ZYU8/01", "ZYU8/02"]),
    Group(
      code: "LY020",
      what: "a `:` in brackets with no key before it, or no value after it, or as the beginning of a word",
      reason: "an entry without a key or a value is a mistake; a word that begins with `:` needs quotes",
      cases: ["4ABK", "58MP", "5T43", "CFD4", "DBG4", "FRK4", "HM87/00"]),
    Group(
      code: "LY020", what: "anchors named with other characters than letters, digits, `-` and `_`",
      reason: "a name that looks like something else cannot be told from it", cases: ["8XYN", "W5VH"]),
    Group(
      code: "LY020", what: "the end of a document before its beginning", reason: "there is nothing to end",
      cases: ["HWV9", "QT73"]),
    Group(
      code: "LY021", what: "a word in brackets that begins with `?`",
      reason: "it is read as the mark of a key by some tools: it needs quotes", cases: ["652Z", "HM87/01"]),
    Group(
      code: "LY021", what: "a `:` in the name of an anchor", reason: "some tools end the name there", cases: ["Y2GN"]),
  ]
}
