extension Template {
  static let search = Template(
    name: "search", summary: "texts that are found by their words, in SQLite with full-text search",
    files: [
      (
        "locara.yaml",
        """
        schema: locara/v1
        name: {{name}}
        publisher: {{publisher}}
        version: 0.1.0

        displayName: {{name}}
        description: Finds texts by their words, offline.
        license: Apache-2.0
        category: productivity

        # Search by words needs no model. For search by meaning add a model with the role `text-to-embedding`, list
        # `text-to-embedding` in `modalities` and `vector.search` here, and give `storage` a `vector` engine.
        tooling: [text.search]

        capabilities:
          net: false
          fs:
            app-data: read-write

        storage:
          schema: db/schema.sql
          database: texts.db

        entry: {command: [python3, app/main.py]}
        files: [app/**]
        limits: {memory: 1GiB, processes: 16}

        tests:
          - name: nothing leaves the machine
            deny: ["connect example.com:443", "connect 1.1.1.1:53"]
          - name: only what is handed in is known
            deny: ["read ~/Documents/diary.txt"]
          - name: texts are kept
            allow: ["write app-data/texts.db"]

        """
      ),
      (
        "db/schema.sql",
        """
        CREATE TABLE document (
          id INTEGER PRIMARY KEY,
          text TEXT NOT NULL
        ) STRICT;

        -- The index reads the texts from the table, and the triggers keep both the same.
        CREATE VIRTUAL TABLE word USING fts5(text, content='document', content_rowid='id');

        CREATE TRIGGER document_added AFTER INSERT ON document BEGIN
          INSERT INTO word (rowid, text) VALUES (new.id, new.text);
        END;

        CREATE TRIGGER document_removed AFTER DELETE ON document BEGIN
          INSERT INTO word (word, rowid, text) VALUES ('delete', old.id, old.text);
        END;

        """
      ),
      (
        "app/main.py",
        #"""
        """Keeps texts and finds them by their words.

            add TEXT...    keep one text for each argument
            find WORD...   show the texts that have all the words, the best first
        """

        import os
        import pathlib
        import sqlite3
        import sys


        def main(arguments):
            if len(arguments) < 2 or arguments[0] not in ("add", "find"):
                raise SystemExit(__doc__)
            data = pathlib.Path(os.environ["LOCARA_DATA"])
            with sqlite3.connect(data / "texts.db") as store:
                if arguments[0] == "add":
                    for text in arguments[1:]:
                        print(store.execute("INSERT INTO document (text) VALUES (?)", (text,)).lastrowid, text)
                else:
                    find(store, arguments[1:])


        def find(store, words):
            # In quotes a word is only a word, whatever the query language would make of it.
            query = " ".join('"' + word.replace('"', '""') + '"' for word in words)
            rows = store.execute(
                "SELECT document.id, document.text FROM word JOIN document ON document.id = word.rowid"
                " WHERE word MATCH ? ORDER BY bm25(word) LIMIT 20",
                (query,),
            ).fetchall()
            for identifier, text in rows:
                print(identifier, text)
            if not rows:
                print("nothing found")


        if __name__ == "__main__":
            main(sys.argv[1:])

        """#
      ),
    ])
}
