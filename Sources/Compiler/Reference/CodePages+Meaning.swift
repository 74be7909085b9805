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
      right: "tags: []\n"),
    CodePage(
      "LM081", "a lock that does not fit the manifest",
      "The manifest and the lock name different sources, revisions or files for a model. Run `locara lock` again.",
      wrong: "",
      right: ""),
    CodePage(
      "LM082", "a database without a writable place",
      "The database is a file in `app-data`, so the app must be allowed to write there.",
      wrong: "storage: {schema: db/schema.sql}\ncapabilities: {fs: {app-data: read}}\n",
      right: "storage: {schema: db/schema.sql}\ncapabilities: {fs: {app-data: read-write}}\n"),
    CodePage(
      "LM083", "the library for vectors is missing",
      "Searching vectors needs the library of sqlite-vec in the bundle, by default the one file named `vec0.so`.",
      wrong: "",
      right: ""),
    CodePage(
      "LM084", "a file that is not in the bundle",
      "What the manifest starts or loads must be in `files`, or in the `outputs` of a build step.",
      wrong: "",
      right: ""),
    CodePage(
      "LM085", "a pattern that matches nothing",
      "The pattern adds no file to the bundle. This is a warning.",
      wrong: "",
      right: ""),
    CodePage(
      "LM086", "a vector table without an engine",
      "The SQL has a vec0 table, and `storage.vector` does not say that sqlite-vec is needed.",
      wrong: "",
      right: ""),
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
      wrong: "",
      right: ""),
    CodePage(
      "LM096", "a vector whose length is not checked",
      "The app has several models that make vectors and does not say which fills this column, or the lock does not know the length. This is a warning.",
      wrong: "",
      right: ""),
    CodePage(
      "LM088", "two files of a build at one place",
      "Inputs and outputs of a build have a path each, and none lies in another: what a step sees and what it made must not depend on which came last.",
      wrong: "build: {steps: [{run: [make], outputs: [bin, bin/a]}]}\n",
      right: "build: {steps: [{run: [make], outputs: [bin]}]}\n"),
  ]
}
