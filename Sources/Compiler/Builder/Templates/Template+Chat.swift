extension Template {
  static let chat = Template(
    name: "chat", summary: "a conversation in the terminal that is kept; a model can be added",
    files: [
      (
        "locara.yaml",
        """
        schema: locara/v1
        name: {{name}}
        publisher: {{publisher}}
        version: 0.1.0

        displayName: {{name}}
        description: A conversation that stays on this machine.
        license: Apache-2.0
        category: productivity

        # No model's weights come with this template: until one is added, the app keeps what is said and answers nothing.
        # To add one, put its file into models/assistant/, remove the `#` before the lines below, and run `locara lock`. A program
        # that generates text goes into app/generate.py.
        #
        # modalities: [text-to-text]
        # models:
        #   - id: assistant
        #     role: text-to-text
        #     source: file:models/assistant
        #     files: [model.gguf]

        capabilities:
          net: false
          fs:
            app-data: read-write

        storage:
          schema: db/schema.sql
          database: chat.db

        entry: {command: [python3, app/main.py]}
        files: [app/**]
        limits: {memory: 4GiB, processes: 32}

        tests:
          - name: what is said stays here
            deny: ["connect example.com:443", "connect 1.1.1.1:53"]
          - name: nobody listens in
            deny: [use microphone]
          - name: the conversation is kept
            allow: ["write app-data/chat.db"]

        """
      ),
      (
        "db/schema.sql",
        """
        -- Every line of the conversation, in order.
        CREATE TABLE turn (
          id INTEGER PRIMARY KEY,
          speaker TEXT NOT NULL CHECK (speaker IN ('user', 'assistant')),
          text TEXT NOT NULL
        ) STRICT;

        """
      ),
      (
        "app/main.py",
        #"""
        """A conversation: one line from standard input is one turn. `--history` shows what was said so far."""

        import os
        import pathlib
        import sqlite3
        import sys

        sys.dont_write_bytecode = True  # the app's own files are read-only
        from generate import Generator  # noqa: E402


        def main():
            data = pathlib.Path(os.environ["LOCARA_DATA"])
            with sqlite3.connect(data / "chat.db") as store:
                if sys.argv[1:] == ["--history"]:
                    for speaker, text in store.execute("SELECT speaker, text FROM turn ORDER BY id"):
                        print(f"{speaker}: {text}")
                    return
                converse(store, Generator(os.environ.get("LOCARA_MODELS")))


        def converse(store, generator):
            if not generator.is_ready:
                print("no model is installed: what you say is kept, and not answered (see locara.yaml)", flush=True)
            for line in sys.stdin:
                text = line.strip()
                if not text:
                    continue
                say(store, "user", text)
                if generator.is_ready:
                    turns = store.execute("SELECT speaker, text FROM turn ORDER BY id").fetchall()
                    answer = generator.answer(turns)
                    say(store, "assistant", answer)
                    print(answer, flush=True)


        def say(store, speaker, text):
            store.execute("INSERT INTO turn (speaker, text) VALUES (?, ?)", (speaker, text))
            store.commit()


        if __name__ == "__main__":
            main()

        """#
      ),
      (
        "app/generate.py",
        #"""
        """Where the model answers. This template brings none: `answer` is for the program that you add."""

        import pathlib


        class Generator:
            def __init__(self, models):
                self.model = pathlib.Path(models or "/nonexistent") / "assistant" / "model.gguf"

            @property
            def is_ready(self):
                return self.model.exists()

            def answer(self, turns):
                """The next turn after `turns`, pairs of speaker and text, the newest last."""
                raise SystemExit(
                    f"{self.model} is here, and nothing that reads it: put a program for it below app/ "
                    "and call it in app/generate.py"
                )

        """#
      ),
    ])
}
