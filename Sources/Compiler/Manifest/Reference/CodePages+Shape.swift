extension CodePages {
  /// Keys and kinds of values.
  static let shape: [CodePage] = [
    CodePage(
      "LM001", "an unknown key",
      "Every key that the language does not know is refused: a misspelt key that is ignored would be a grant or a limit that does not exist.",
      wrong: "displaynam: Notes\n",
      right: "displayName: Notes\n"),
    CodePage(
      "LM002", "a value of the wrong kind",
      "Each key takes a boolean, an integer, a text, a list or a mapping. Nothing is converted silently: `no` is a word, `012` and `1.0` are numbers, and a text that looks like one needs quotes.",
      wrong: "capabilities: {net: no}\n",
      right: "capabilities: {net: false}\n"),
    CodePage(
      "LM003", "a key is missing",
      "Some keys are required, because there is no sensible default.",
      wrong: "!schema: locara/v1\nname: notes\npublisher: acme\nentry: {command: [python3, app/main.py]}\n",
      right:
        "!schema: locara/v1\nname: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3, app/main.py]}\n"),
    CodePage(
      "LM004", "an unknown word",
      "The key takes one word of a closed list; `locara explain KEY` shows it.",
      wrong: "category: cooking\n",
      right: "category: lifestyle\n"),
    CodePage(
      "LM005", "a number out of range",
      "The number is too small, too large, or begins with a zero, which older YAML reads as octal.",
      wrong: "limits: {processes: 0}\n",
      right: "limits: {processes: 16}\n"),
    CodePage(
      "LM006", "too few or too many entries",
      "A list that must say something cannot be empty, and every list has an upper bound.",
      wrong: "screenshots: []\n",
      right: "screenshots: [shots/main.png]\n"),
    CodePage(
      "LM007", "an entry is listed twice",
      "Listing something again changes nothing and often hides a mistake. This is a warning.",
      wrong: "tags: [notes, notes]\n",
      right: "tags: [notes]\n"),
    CodePage(
      "LM040", "another version of the language",
      "The first key says which language the rest is written in. This compiler knows `locara/v1`; the keys of another version may mean anything, so nothing else is checked.",
      wrong:
        "!schema: locara/v2\nname: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3, app/main.py]}\n",
      right:
        "!schema: locara/v1\nname: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3, app/main.py]}\n"),
    CodePage(
      "LM041", "an empty manifest",
      "There is nothing but comments in the file.",
      wrong: "!# soon\n",
      right:
        "!schema: locara/v1\nname: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3, app/main.py]}\n"),
    CodePage(
      "LM042", "a version that nothing leads on from",
      "`locara migrate-manifest` knows the way from every older version of the language to the newest. It does not know this one: the manifest may be of a newer locara.",
      wrong: "!schema: locara/v9\nname: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3]}\n",
      right: "!schema: locara/v1\nname: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3]}\n",
      command: ["migrate-manifest", "locara.yaml"]),
    CodePage(
      "LM043", "a manifest without its version",
      "`schema` says which version of the language the rest is written in. Without it nothing can be migrated.",
      wrong: "!name: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3]}\n",
      right: "!schema: locara/v1\nname: notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3]}\n",
      command: ["migrate-manifest", "locara.yaml"]),
    CodePage(
      "LM060", "accepted, not enforced yet",
      "The key is part of the language and is checked, but nothing in this version acts on it. It is said so that nobody relies on it. This is a warning.",
      wrong: "profiles: {low: {min_ram_gb: 8}}\n",
      right: "limits: {memory: 1GiB}\n"),
    CodePage(
      "LM044", "more diagnostics than are shown",
      "The first 200 are shown, in the order of the file. So many mostly have one reason: another kind of file, or a key that is misspelt in each entry. Mend them and check again.",
      wrong: "capabilities: {net: {allowed_hosts: [\u{2}201:a b,\u{3}]}}\n",
      right: "capabilities: {net: {allowed_hosts: [example.com]}}\n"),
  ]
}
