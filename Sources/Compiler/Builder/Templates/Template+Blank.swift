extension Template {
  static let blank = Template(
    name: "blank", summary: "a program that keeps a count, and nothing else",
    files: [
      (
        "locara.yaml",
        """
        # What this app is and what it may do. `locara explain KEY` says what each key means.
        schema: locara/v1
        name: {{name}}
        publisher: {{publisher}}
        version: 0.1.0

        displayName: {{name}}
        description: Counts how often it was started.
        license: Apache-2.0

        # What is not written here is denied.
        capabilities:
          net: false
          fs:
            app-data: read-write

        entry: {command: [python3, app/main.py]}
        files: [app/**]
        limits: {memory: 512MiB, processes: 16}

        # Compiling fails when one of these does not hold; `locara test` also tries them in the sandbox.
        tests:
          - name: nothing leaves the machine
            deny: ["connect example.com:443", "connect 1.1.1.1:53"]
          - name: the user's files stay private
            deny: ["read ~/Documents/diary.txt"]
          - name: the count can be kept
            allow: ["write app-data/count.txt"]

        """
      ),
      (
        "app/main.py",
        #"""
        """Counts how often it was started."""

        import os
        import pathlib

        # The app's own directory, the only place that can be written; it is there again the next time.
        count = pathlib.Path(os.environ["LOCARA_DATA"]) / "count.txt"


        def main():
            times = int(count.read_text()) + 1 if count.exists() else 1
            count.write_text(str(times))
            print(f"started {times} time{'' if times == 1 else 's'}")


        if __name__ == "__main__":
            main()

        """#
      ),
    ])
}
