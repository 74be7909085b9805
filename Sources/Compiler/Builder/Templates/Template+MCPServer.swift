extension Template {
  static let mcpServer = Template(
    name: "mcp-server", summary: "tools for an assistant: the Model Context Protocol on standard input and output",
    files: [
      (
        "locara.yaml",
        """
        schema: locara/v1
        name: {{name}}
        publisher: {{publisher}}
        version: 0.1.0

        displayName: {{name}}
        description: Keeps notes for an assistant.
        license: Apache-2.0
        category: developer-tools

        tooling: [mcp.server]

        capabilities:
          net: false
          fs:
            app-data: read-write
          tools: {mcp: stdio}

        entry: {command: [python3, app/main.py]}
        files: [app/**]
        limits: {memory: 512MiB, processes: 16}

        tests:
          - name: an assistant cannot make it reach out
            deny: ["connect example.com:443", "connect 1.1.1.1:53"]
          - name: an assistant cannot make it read the user's files
            deny: ["read ~/Documents/diary.txt", "read ~/.ssh/id_ed25519"]
          - name: it serves tools
            allow: [serve mcp-stdio]

        """
      ),
      (
        "app/main.py",
        #"""
        """A server of the Model Context Protocol, 2025-06-18: one JSON-RPC message a line. It keeps notes."""

        import json
        import os
        import pathlib
        import sys

        VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")
        NOTES = pathlib.Path(os.environ["LOCARA_DATA"]) / "notes.jsonl"
        LIMIT = 1 << 20  # bytes of one message


        def text_schema(name, description):
            return {
                "type": "object",
                "properties": {name: {"type": "string", "description": description}},
                "required": [name],
            }


        TOOLS = [
            {"name": "keep_note", "description": "Keep a note.", "inputSchema": text_schema("text", "The note.")},
            {
                "name": "find_notes",
                "description": "Find the notes that have a word.",
                "inputSchema": text_schema("word", "The word; empty for all notes."),
            },
        ]


        class WrongRequest(Exception):
            def __init__(self, code, message):
                super().__init__(message)
                self.code = code


        def call(name, arguments):
            if name == "keep_note" and isinstance(arguments.get("text"), str):
                with NOTES.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(arguments["text"]) + "\n")
                return "kept"
            if name == "find_notes" and isinstance(arguments.get("word"), str):
                notes = NOTES.read_text(encoding="utf-8").splitlines() if NOTES.exists() else []
                found = [note for note in map(json.loads, notes) if arguments["word"].lower() in note.lower()]
                return "\n".join(found) or "nothing found"
            raise WrongRequest(-32602, f"no such tool, or not its arguments: {name}")


        def answer(method, parameters):
            if method == "initialize":
                asked = parameters.get("protocolVersion")
                return {
                    "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "{{name}}", "version": "0.1.0"},
                }
            if method == "ping":
                return {}
            if method == "tools/list":
                return {"tools": TOOLS}
            if method == "tools/call":
                arguments = parameters.get("arguments")
                text = call(parameters.get("name"), arguments if isinstance(arguments, dict) else {})
                return {"content": [{"type": "text", "text": text}], "isError": False}
            raise WrongRequest(-32601, f"no such method: {method}")


        def reply(line):
            """The answer to one message; None for a notification."""
            try:
                message = json.loads(line)
            except ValueError:
                return {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "not JSON"}}
            if not isinstance(message, dict) or not isinstance(message.get("method"), str):
                return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "not a request"}}
            if "id" not in message:
                return None
            parameters = message.get("params")
            try:
                result = answer(message["method"], parameters if isinstance(parameters, dict) else {})
                return {"jsonrpc": "2.0", "id": message["id"], "result": result}
            except WrongRequest as problem:
                error = {"code": problem.code, "message": str(problem)}
                return {"jsonrpc": "2.0", "id": message["id"], "error": error}


        def main():
            while line := sys.stdin.readline(LIMIT):
                message = reply(line)
                if message is not None:
                    print(json.dumps(message), flush=True)


        if __name__ == "__main__":
            main()

        """#
      ),
    ])
}
