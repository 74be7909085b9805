extension Template {
  static let transcribe = Template(
    name: "transcribe", summary: "recordings that the user hands over; a model that transcribes can be added",
    files: [
      (
        "locara.yaml",
        """
        schema: locara/v1
        name: {{name}}
        publisher: {{publisher}}
        version: 0.1.0

        displayName: {{name}}
        description: Finds what is spoken in recordings.
        license: Apache-2.0
        category: media

        # No model's weights come with this template: until one is added, the app says when somebody speaks, and not what.
        # To add one, put its file into models/listener/, remove the `#` before the lines below, and run `locara lock`. A program
        # that reads it goes into app/words.py.
        #
        # modalities: [audio-to-text]
        # models:
        #   - id: listener
        #     role: audio-to-text
        #     source: file:models/listener
        #     files: [model.gguf]

        tooling: [file.read]

        capabilities:
          net: false
          fs:
            app-data: read-write
            # Only the recordings that are named on the command line of `locara run`.
            user-selected: read

        entry: {command: [python3, app/main.py]}
        files: [app/**]
        limits: {memory: 4GiB, processes: 32}

        tests:
          - name: nothing leaves the machine
            deny: ["connect example.com:443", "connect 1.1.1.1:53"]
          - name: nothing is recorded
            deny: [use microphone]
          - name: recordings are not changed
            allow: ["read user-selected/speech.wav"]
            deny: ["write user-selected/speech.wav"]

        """
      ),
      (
        "app/main.py",
        #"""
        """Says when somebody speaks in the recordings (WAV, 16 bits) that the user hands over, and what, with a model."""

        import array
        import os
        import pathlib
        import sys
        import wave

        sys.dont_write_bytecode = True  # the app's own files are read-only
        from words import Listener  # noqa: E402

        WINDOW = 0.1  # seconds
        QUIET = 500  # of 32768


        def main():
            recordings = [path for path in os.environ.get("LOCARA_SELECTED", "").split(":") if path]
            if not recordings:
                raise SystemExit("hand recordings over: locara run APP --open speech.wav")
            listener = Listener(os.environ.get("LOCARA_MODELS"))
            if not listener.is_ready:
                print("no model is installed: this says when somebody speaks, and not what (see locara.yaml)")
            for path in recordings:
                for start, end in spoken(path):
                    words = listener.words(path, start, end) if listener.is_ready else ""
                    print(f"{pathlib.Path(path).name} {start:7.1f} s to {end:7.1f} s {words}".rstrip())


        def spoken(path):
            """Pairs of seconds between which the recording is louder than quiet."""
            with wave.open(path, "rb") as recording:
                if recording.getsampwidth() != 2:
                    raise SystemExit(f"{path}: expected 16 bits a sample, found {8 * recording.getsampwidth()}")
                count = max(1, int(recording.getframerate() * WINDOW))
                begin, now = None, 0.0
                while frames := recording.readframes(count):
                    samples = array.array("h", frames)
                    is_loud = max(map(abs, samples)) > QUIET
                    if is_loud and begin is None:
                        begin = now
                    if not is_loud and begin is not None:
                        yield begin, now
                        begin = None
                    now += WINDOW
                if begin is not None:
                    yield begin, now


        if __name__ == "__main__":
            main()

        """#
      ),
      (
        "app/words.py",
        #"""
        """Where the model listens. This template brings none: `words` is for the program that you add."""

        import pathlib


        class Listener:
            def __init__(self, models):
                self.model = pathlib.Path(models or "/nonexistent") / "listener" / "model.gguf"

            @property
            def is_ready(self):
                return self.model.exists()

            def words(self, path, start, end):
                """What is said in a recording between two times in seconds."""
                raise SystemExit(
                    f"{self.model} is here, and nothing that reads it: put a program for it below app/ "
                    "and call it in app/words.py"
                )

        """#
      ),
    ])
}
