extension CodePages {
  /// What a manifest says as a whole.
  static let meaning: [CodePage] = [
    CodePage(
      "LM070", "a modality without a model",
      "Every modality needs a model with that role.",
      wrong: "modalities: [text-to-text]\n",
      right: "tags: []\n"),
    CodePage(
      "LM071", "a model whose modality is missing",
      "The model serves a kind of work that the app does not declare, so its grants do not apply. This is a warning.",
      wrong: "models: [{id: m, role: text-to-text, source: \"hf:a/b@main\", files: [w]}]\n",
      right: "tags: []\n"),
    CodePage(
      "LM072", "two things of one name",
      "Models and tools are told apart by their names.",
      wrong: "tools: [{name: ocr, command: [python3]}, {name: ocr, command: [sh]}]\n",
      right: "tools: [{name: ocr, command: [python3]}, {name: ocr-fast, command: [sh]}]\n"),
    CodePage(
      "LM073", "tooling without its grant",
      "Tooling is a requirement on the grants and never a grant: nothing is widened silently. The note names the line that is missing.",
      wrong: "tooling: [net.fetch]\n",
      right: "tooling: [net.fetch]\ncapabilities: {net: {allowed_hosts: [api.example.com]}}\n"),
    CodePage(
      "LM074", "a tool that exceeds its app",
      "A tool runs with less than its app, never with more. The label is an operation that the tool may do and the app may not.",
      wrong: "tools: [{name: fetch, command: [python3], capabilities: {net: {allowed_hosts: [a.example]}}}]\n",
      right:
        "capabilities: {net: {allowed_hosts: [a.example]}}\ntools: [{name: fetch, command: [python3], capabilities: {net: {allowed_hosts: [a.example]}}}]\n"
    ),
    CodePage(
      "LM075", "a tool with larger limits than its app",
      "Limits of a tool are at most those of its app.",
      wrong: "limits: {memory: 1GiB}\ntools: [{name: ocr, command: [python3], limits: {memory: 2GiB}}]\n",
      right: "limits: {memory: 2GiB}\ntools: [{name: ocr, command: [python3], limits: {memory: 1GiB}}]\n"),
    CodePage(
      "LM076", "a test of the policy fails",
      "`tests:` are statements about what the policy permits and denies. One that does not hold stops the compilation; what grants the operation is shown.",
      wrong: "tests: [{name: the feed can be read, allow: [\"connect feed.example.com:443\"]}]\n",
      right:
        "capabilities: {net: {allowed_hosts: [feed.example.com]}}\ntests: [{name: the feed can be read, allow: [\"connect feed.example.com:443\"]}]\n"
    ),
    CodePage(
      "LM077", "a test that states nothing",
      "A test without `allow` and `deny` always holds. This is a warning.",
      wrong: "tests: [{name: quiet}]\n",
      right: "tests: [{name: quiet, deny: [use microphone]}]\n"),
    CodePage(
      "LM080", "a model that is not locked",
      "The policy names models by the hashes of their files, which `locara lock` writes to `locara.lock.json`.",
      wrong: "modalities: [text-to-text]\nmodels: [{id: m, role: text-to-text, source: \"hf:a/b@main\", files: [w]}]\n",
      right: "modalities: [text-to-text]\nmodels: [{id: m, role: text-to-text, source: \"hf:a/b@main\", files: [w]}]\n",
      rightFiles: ["locara.lock.json": lock]),
    CodePage(
      "LM081", "a lock that does not fit the manifest",
      "The manifest and the lock name different sources, revisions or files for a model. Run `locara lock` again.",
      wrong:
        "modalities: [text-to-text]\nmodels: [{id: m, role: text-to-text, source: \"hf:a/b@main\", files: [w, config.json]}]\n",
      right: "modalities: [text-to-text]\nmodels: [{id: m, role: text-to-text, source: \"hf:a/b@main\", files: [w]}]\n",
      files: ["locara.lock.json": lock]),
    CodePage(
      "LM082", "a database without a writable place",
      "The database is a file in `app-data`, so the app must be allowed to write there.",
      wrong: "storage: {schema: db/schema.sql}\ncapabilities: {fs: {app-data: read}}\n",
      right: "storage: {schema: db/schema.sql}\ncapabilities: {fs: {app-data: read-write}}\n"),
    CodePage(
      "LM083", "the library for vectors is missing",
      "Searching vectors needs the library of sqlite-vec in the bundle, by default the one file named `vec0.so`.",
      wrong: "storage: {schema: db/schema.sql, vector: {engine: sqlite-vec}}\nfiles: [db/**, lib/**]\n",
      right: "storage: {schema: db/schema.sql, vector: {engine: sqlite-vec}}\nfiles: [db/**, lib/**]\n",
      files: ["db/schema.sql": table, "lib/readme": "the library of sqlite-vec\n"],
      rightFiles: ["lib/vec0.so": "(the library itself)\n"]),
    CodePage(
      "LM084", "a file that is not in the bundle",
      "What the manifest starts or loads must be in `files`, or in the `outputs` of a build step.",
      wrong: "capabilities: {process: {spawn: [bin/ocr]}}\n",
      right: "capabilities: {process: {spawn: [bin/ocr]}}\nfiles: [bin/*]\n",
      files: ["bin/ocr": "#!/bin/sh\n"]),
    CodePage(
      "LM085", "a pattern that matches nothing",
      "The pattern adds no file to the bundle. This is a warning.",
      wrong: "files: [docs/**]\n",
      right: "files: [docs/**]\n",
      rightFiles: ["docs/notes.txt": "notes\n"]),
    CodePage(
      "LM086", "a vector table without an engine",
      "The SQL has a vec0 table, and `storage.vector` does not say that sqlite-vec is needed.",
      wrong: "storage: {schema: db/schema.sql}\n",
      right: "storage: {schema: db/schema.sql, vector: {engine: sqlite-vec}}\nfiles: [lib/*]\n",
      files: [
        "db/schema.sql": "CREATE VIRTUAL TABLE v USING vec0(embedding float[4]);\n",
        "lib/vec0.so": "(the library of sqlite-vec)\n",
      ]),
    CodePage(
      "LM087", "a schema that cannot be read",
      "`storage.schema` names a file of SQL beside the manifest, at most 1 MiB.",
      wrong: "storage: {schema: db/schema.sql}\n",
      right: "storage: {schema: db/schema.sql}\n",
      rightFiles: ["db/schema.sql": table]),
    CodePage(
      "LM090", "not a name in a database",
      "Names of tables and columns have from 1 to 128 bytes and no control characters. vec0 reads no quotes, so names in a vector table are a letter, then letters, digits and `_`.",
      wrong: "storage: {vector: {tables: {\"2d\": {columns: {e: {type: float, dimension: 4}}}}}}\n",
      right: "storage: {vector: {extension: v.so, tables: {plane: {columns: {e: {type: float, dimension: 4}}}}}}\n"),
    CodePage(
      "LM091", "a piece of SQL that is not whole",
      "Expressions of a declared schema are put between words of SQL, so each must be complete in itself: quotes and parentheses close, and there is no semicolon and no comment.",
      wrong: "storage: {tables: {t: {columns: {a: {type: integer, check: \"a > (1\"}}}}}\n",
      right: "storage: {tables: {t: {columns: {a: {type: integer, check: \"a > (1)\"}}}}}\n"),
    CodePage(
      "LM092", "two schemas",
      "A database has one schema: in the file that `storage.schema` names, or declared in the manifest.",
      wrong: "storage: {schema: db/schema.sql, tables: {t: {columns: {a: integer}}}}\n",
      right: "storage: {tables: {t: {columns: {a: integer}}}}\n"),
    CodePage(
      "LM093", "a vector that is not there",
      "`storage.vector.models` says which model fills which column of vectors, and the schema has no such column.",
      wrong:
        "storage: {vector: {extension: v.so, models: {m.f: none}, tables: {m: {columns: {e: {type: float, dimension: 4}}}}}}\n",
      right:
        "storage: {vector: {extension: v.so, models: {m.e: none}, tables: {m: {columns: {e: {type: float, dimension: 4}}}}}}\n"
    ),
    CodePage(
      "LM094", "a vector that no such model fills",
      "The model that is named for a vector is one of `models`, with a role that makes vectors; `none` says that no model of the app does.",
      wrong:
        "storage: {vector: {extension: v.so, tables: {m: {columns: {e: {type: float, dimension: 4, model: small}}}}}}\n",
      right:
        "storage: {vector: {extension: v.so, tables: {m: {columns: {e: {type: float, dimension: 4, model: none}}}}}}\n"),
    CodePage(
      "LM095", "a vector of another length than its model makes",
      "The lock says how many elements the vectors of a model have. A column of another dimension refuses every one of them.",
      wrong: vectors(dimension: 8, model: "m"),
      right: vectors(dimension: 4, model: "m"),
      files: vectorFiles(facts: ",\"facts\":{\"format\":\"safetensors\",\"dimension\":4}")),
    CodePage(
      "LM096", "a vector whose length is not checked",
      "The app has several models that make vectors and does not say which fills this column, or the lock does not know the length. This is a warning.",
      wrong: vectors(dimension: 8, model: "m"),
      right: vectors(dimension: 8, model: "none"),
      files: vectorFiles(facts: "")),
    CodePage(
      "LM088", "two files of a build at one place",
      "Inputs and outputs of a build have a path each, and none lies in another: what a step sees and what it made must not depend on which came last.",
      wrong: "build: {steps: [{run: [make], outputs: [bin, bin/a]}]}\n",
      right: "build: {steps: [{run: [make], outputs: [bin]}]}\n"),
    CodePage(
      "LM089", "a wildcard over names that strangers are given",
      "Below some domains a company gives names to whoever asks, so that `*` in front of such a public suffix is a stranger's host as well. This is a warning. Suffixes of registries, such as `com` and `co.uk`, are refused (LM015).",
      wrong: "capabilities: {net: {allowed_hosts: [\"*.github.io\"]}}\n",
      right: "capabilities: {net: {allowed_hosts: [acme.github.io]}}\n"),
    CodePage(
      "LM050", "a picture that cannot be read",
      "The icon and the screenshots are files beside the manifest.",
      wrong: "icon: icon.png\n",
      right: "icon: icon.png\n",
      rightFiles: ["icon.png": picture], command: strict),
    CodePage(
      "LM051", "a picture that cannot be shown",
      "An icon is a PNG of 512 by 512 pixels and at most 200 KB; a screenshot is a PNG or a JPEG of at most 2 MB. The first bytes of the file say so, not its name.",
      wrong: "icon: logo.png\n",
      right: "icon: icon.png\n",
      files: ["logo.png": "<svg/>\n", "icon.png": picture], command: strict),
    CodePage(
      "LM052", "a license that the SPDX list does not have",
      "Whoever gets the app wants to know its terms by a name that exists. What is not in the list is `LicenseRef-` and a name of your own.",
      wrong: "license: GPL-3.0\n",
      right: "license: GPL-3.0-or-later\n",
      command: strict),
    CodePage(
      "LM053", "an address that others cannot open",
      "An address in a published manifest has a host by name that the public name system can know.",
      wrong: "author: {name: Ada, url: \"https://wiki.local/ada\"}\n",
      right: "author: {name: Ada, url: \"https://www.swift.org/\"}\n",
      command: strict),
    CodePage(
      "LM054", "a grant that nothing needs",
      "A grant that others make already, or that no facility of `tooling` uses, says more than the app does. People who read it cannot tell.",
      wrong: "capabilities: {fs: {read: [\"~/Music/**\", \"~/Music/new/**\"]}}\n",
      right: "capabilities: {fs: {read: [\"~/Music/**\"]}}\n",
      command: strict),
  ]

  private static let strict = ["check", "--strict", "locara.yaml"]
  private static let table = "CREATE TABLE note (text TEXT NOT NULL) STRICT;\n"
  /// The head of a PNG of 512 by 512 pixels.
  private static let picture =
    "\u{1}89PNG\r\n\u{1}1A\n\u{1}00\u{1}00\u{1}00\u{1}0DIHDR\u{1}00\u{1}00\u{1}02\u{1}00\u{1}00\u{1}00\u{1}02\u{1}00"
  private static let lock =
    "{\"lockVersion\":1,\"models\":{\"m\":{\"files\":[{\"path\":\"w\",\"sha256\":\"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\",\"size\":3}],\"license\":\"\",\"load\":\"lazy\",\"revision\":\"main\",\"role\":\"text-to-text\",\"source\":\"hf:a/b\"}}}\n"

  private static func vectors(dimension: Int, model: String) -> String {
    """
    modalities: [text-to-embedding]
    models: [{id: m, role: text-to-embedding, source: "hf:a/b@main", files: [w]}]
    files: [lib/*]
    storage:
      vector:
        extension: lib/vec0.so
        tables: {plane: {columns: {e: {type: float, dimension: \(dimension), model: \(model)}}}}

    """
  }

  private static func vectorFiles(facts: String) -> [String: String] {
    let pin = lock.replacing("text-to-text", with: "text-to-embedding").replacing(
      "\"size\":3", with: "\"size\":3\(facts)")
    return ["lib/vec0.so": "(the library of sqlite-vec)\n", "locara.lock.json": pin]
  }
}
