/// The pages by what they are about, each in a file of its own.
enum CodePages {}

extension CodePages {
  /// What is refused before the language of manifests is looked at.
  static let syntax: [CodePage] = [
    CodePage(
      "LY001", "not UTF-8",
      "Manifests are UTF-8, without exception: another encoding would be read differently by different tools. Save the file as UTF-8. A binary file is no manifest.",
      wrong: "displayName: caf\u{1}E9\n",
      right: "displayName: café\n"),
    CodePage(
      "LY002", "a control character",
      "YAML allows tabs and line breaks and no other control character, because a terminal or an editor may hide them. U+0085, U+2028 and U+2029 are refused as well: they end a line for readers of YAML 1.1 and stand in one for those of 1.2. In double quotes all of them can be written as escapes.",
      wrong: "displayName: \"a\u{1}07b\"\n",
      right: "displayName: \"a b\"\n"),
    CodePage(
      "LY003", "the file is too large",
      "At most 1 MiB (1048576 bytes) of a manifest is read. A manifest says what an app may do; data belongs in files of the bundle.",
      wrong: "tags: []\n\u{2}100000:# a remark\n\u{3}",
      right: "tags: [] # remarks are in a file of their own\n"),
    CodePage(
      "LY004", "nested too deeply",
      "At most 64 levels of lists and mappings are read, aliases followed. The language itself needs seven.",
      wrong:
        "tests: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
      right: "tests: []\n"),
    CodePage(
      "LY005", "too many nodes",
      "At most 200000 values are read, and an alias counts as all that it stands for, so that a few lines cannot stand for millions of values.",
      wrong: "tags: [\u{2}200001:a,\u{3}]\n",
      right: "tags: [a]\n"),
    CodePage(
      "LY006", "a key is written twice",
      "YAML does not say which of the two counts, and tools disagree. Keep one.",
      wrong: "displayName: Notes\ndisplayName: My Notes\n",
      right: "displayName: My Notes\n"),
    CodePage(
      "LY007", "a tag",
      "Tags (`!!str`, `!include`) would make a value something other than what it looks like. A value is a string when it is in quotes, and otherwise what the core schema of YAML 1.2 says.",
      wrong: "displayName: !!str 12\n",
      right: "displayName: \"12\"\n"),
    CodePage(
      "LY008", "more than one document",
      "One file is one manifest.",
      wrong: "displayName: Notes\n---\nname: other\n",
      right: "displayName: Notes\n"),
    CodePage(
      "LY009", "an alias to nothing",
      "`*name` repeats the value that was marked with `&name` before it.",
      wrong: "tags: *words\n",
      right: "tags: &words [notes]\n"),
    CodePage(
      "LY010", "an alias to itself",
      "A value cannot contain itself.",
      wrong: "tags: &words [notes, *words]\n",
      right: "tags: [notes]\n"),
    CodePage(
      "LY011", "a key that is a collection",
      "Keys are single words. `{{ name }}` of a template language is read as a mapping whose key is a mapping: quote it.",
      wrong: "displayName: {{ name }}\n",
      right: "displayName: \"{{ name }}\"\n"),
    CodePage(
      "LY012", "a character that begins no value",
      "Indentation is made of spaces, never of tabs. A value that begins with `@`, `%` or a backtick needs quotes.",
      wrong: "displayName: @home\n",
      right: "displayName: \"@home\"\n"),
    CodePage(
      "LY013", "a `:` or `-` where none can be",
      "Usually a text contains `: ` and needs quotes, or a line is indented too far, or a list begins on the line of its key.",
      wrong: "description: Notes: find them by meaning\n",
      right: "description: \"Notes: find them by meaning\"\n"),
    CodePage(
      "LY014", "a key without `:`",
      "Between a key and its value stands a `:` and a space.",
      wrong: "displayName:Notes\nlicense: MIT\n",
      right: "displayName: Notes\nlicense: MIT\n"),
    CodePage(
      "LY015", "a quote that is not closed",
      "A text that begins with a quote ends with the same quote.",
      wrong: "displayName: \"Notes\n",
      right: "displayName: \"Notes\"\n"),
    CodePage(
      "LY016", "a bracket that is not closed",
      "A list in `[` `]` and a mapping in `{` `}` separate their entries with commas and end with their bracket.",
      wrong: "tags: [notes, search\n",
      right: "tags: [notes, search]\n"),
    CodePage(
      "LY017", "lines that do not align",
      "The entries of one list, and the keys of one mapping, begin in the same column.",
      wrong: "tags:\n  - notes\n - search\n",
      right: "tags:\n  - notes\n  - search\n"),
    CodePage(
      "LY018", "an unknown escape",
      "In double quotes a backslash begins an escape: `\\n`, `\\t`, `\\x41`, `\\u00e9`, `\\\\`. In single quotes it stands for itself.",
      wrong: "displayName: \"50\\% more\"\n",
      right: "displayName: \"50% more\"\n"),
    CodePage(
      "LY019", "something beside the document",
      "A manifest is one document of YAML 1.2, with nothing after its end.",
      wrong: "!%YAML 2.0\n---\nschema: locara/v1\n",
      right: "displayName: Notes\n"),
    CodePage(
      "LY021", "a spelling that YAML 1.2 refuses",
      "The parser underneath would accept this, other tools would not, or would read it differently: a comment directly after a value, lines in brackets or quotes that are not indented further than their key, a bare `-` in brackets.",
      wrong: "displayName: \"Notes\"# a comment\n",
      right: "displayName: \"Notes\" # a comment\n"),
    CodePage(
      "LY020", "not YAML",
      "What does not fall under a code of its own: a value that is missing between two commas, a name of an anchor with other characters than letters, digits, `-` and `_`. What we have no words for has those of the parser.",
      wrong: "tags: [: a]\n",
      right: "tags: [a]\n"),
    CodePage(
      "LY022", "a text that `locara fmt` leaves as it is",
      "Laying a text out must not change a value or a comment. The result is read again and compared; when it says something else, the file is left as it is and this is said. Writing the text that is spread over lines in an unusual way in quotes, or as a `|` text, helps.",
      wrong: "", right: ""),
  ]
}
