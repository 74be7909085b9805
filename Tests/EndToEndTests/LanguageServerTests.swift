import CanonicalJSON
import TestSupport
import Testing

/// `locara lsp` by a real client library, and by hand what no client would send.
@Suite struct LanguageServerTests {
  @Test(.enabled(if: PythonPackages.areExpected, "\(PythonPackages.reason)")) func anEditorIsServed() throws {
    let world = World("lsp")
    world.directory.write("print('notes')\n", to: "app/app/main.py")
    world.directory.write("CREATE TABLE note (text TEXT) STRICT;\n", to: "app/db/schema.sql")
    let outcome = world.command(
      [
        "/usr/bin/python3", "\(Locations.repository)/Tests/editors/session.py", Locations.locara,
        world.directory("app"),
      ],
      environment: ["PYTHONPATH": PythonPackages.path ?? ""], timeout: 60)
    expectSuccess(outcome)
    let said = try JSON(parsing: outcome.bytes)
    #expect(said["server"] == "locara" && said["encoding"] == "utf-16" && said["exit"] == 0, "\(outcome)")
    #expect(said["first"] == [["LM002", 6, 7, 9]])
    #expect(said["action"] == ["write `false`", true])
    #expect(said["mended"] == [])
    let page = said["hover key"]?.stringValue ?? ""
    #expect(page.contains("app's own data directory") && page.contains("files app-data"), "\(page)")
    #expect(page.contains("fully local"), "\(page)")
    #expect(said["hover description"]?.stringValue?.contains("`description`") == true)
    #expect(said["hover net"]?.stringValue?.contains("Connections to other machines") == true)
    #expect(
      said["symbols"] == [
        "schema", "name", "publisher", "version", "description", "capabilities", "entry", "tags", "storage", "files",
        "limits",
      ])
    #expect(said["file"] == ["main.py", 0, 0] && said["schema file"] == ["schema.sql", 0, 0], "\(outcome)")
    #expect(said["in brackets"] == ["camera", "gpu", "microphone", "speaker"])
    #expect(said["documentation"]?.stringValue?.contains("Record sound") == true)
    #expect(said["top keys"] == "category: ")
    #expect(said["words"] == true)
    #expect(said["alias"] == ["locara.yaml", 9, 6])
    #expect(
      said["models"] == [["locara.yaml", 14, 14], ["locara.yaml", 14, 14], ["locara.lock.json", 1, 15]], "\(outcome)")
    // The text is what the changes made of it, the emoji and the letter after it included.
    #expect(
      said["layout"] == [
        [
          4, 9,
          "description: \"- unïcode\"  # kept\ncapabilities:\n  net: false\n  fs: {app-data: read-write}\nentry: {command: [python3, app/main.py]}\n",
        ]
      ], "\(outcome)")
    #expect(said["answers"] == 20 && said["unknown"] == -32601)
  }

  private func frame(_ json: String) -> [UInt8] { Array("Content-Length: \(json.utf8.count)\r\n\r\n\(json)".utf8) }

  private let open = [
    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#,
    #"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"untitled:locara.yaml","version":1,"text":"schema: locara/v1\n"}}}"#,
  ]

  /// The messages of an output.
  private func messages(_ outcome: Outcome) throws -> [JSON] {
    try outcome.output.split(separator: "Content-Length: ").map { part in
      let body = part.drop { $0 != "{" }
      return try JSON(parsing: Array(body.utf8))
    }
  }

  @Test func canceledRequestsAreNotWorkedOn() throws {
    let world = World("lsp-cancel")
    let hover =
      #""method":"textDocument/hover","params":{"textDocument":{"uri":"untitled:locara.yaml"},"position":{"line":0,"character":1}}}"#
    var input = open.flatMap(frame)
    input += frame(#"{"jsonrpc":"2.0","id":2,"# + hover) + frame(#"{"jsonrpc":"2.0","id":"x","# + hover)
    input += frame(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"x"}}"#)
    input += frame(#"{"jsonrpc":"2.0","id":3,"method":"shutdown"}"#) + frame(#"{"jsonrpc":"2.0","method":"exit"}"#)
    let outcome = world.locara(["lsp"], input: input, timeout: 20)
    expectSuccess(outcome)
    let said = try messages(outcome)
    #expect(said.first { $0["id"] == "x" }?["error"]?["code"] == -32800, "\(outcome)")
    #expect(said.first { $0["id"] == 2 }?["result"]?["contents"] != nil, "\(outcome)")
    #expect(said.contains { $0["method"] == "textDocument/publishDiagnostics" })
  }

  @Test func whatNoClientSendsIsAnswered() throws {
    let world = World("lsp-wrong")
    let requests = [
      (#"{"jsonrpc":"2.0","id":5,"method":"textDocument/hover","params":{}}"#, Int64(-32602)),
      (
        #"{"jsonrpc":"2.0","id":6,"method":"textDocument/hover","params":{"textDocument":{"uri":"untitled:locara.yaml"},"position":{"line":-1,"character":0}}}"#,
        -32602
      ),
      (#"{"jsonrpc":"2.0","id":7,"method":"textDocument/completion","params":[1]}"#, -32602),
      (#"{"jsonrpc":"2.0","id":8,"method":"nothing"}"#, -32601),
    ]
    var input = frame(#"{"jsonrpc":"2.0","id":0,"method":"textDocument/hover"}"#) + frame("nonsense") + frame("[1]")
    input += open.flatMap(frame) + requests.flatMap { frame($0.0) }
    // A change outside of the text, and one that is none.
    let change =
      #"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"untitled:locara.yaml","version":2},"contentChanges":"#
    input += frame(
      change
        + #"[{"range":{"start":{"line":900,"character":900},"end":{"line":9000,"character":0}},"text":"name: \ud83d\ude00"}]}}"#
    )
    input += frame(
      #"{"jsonrpc":"2.0","id":9,"method":"textDocument/completion","params":{"textDocument":{"uri":"untitled:locara.yaml"},"position":{"line":99999,"character":99999}}}"#
    )
    input += frame(change + "[{}]}}") + frame(#"{"jsonrpc":"2.0","id":10,"method":"shutdown"}"#)
    input += frame(#"{"jsonrpc":"2.0","id":11,"method":"textDocument/hover","params":{}}"#)
    let outcome = world.locara(["lsp"], input: input, timeout: 20)
    // The input ended after `shutdown`.
    expectSuccess(outcome)
    let said = try messages(outcome)
    func code(_ id: JSON) -> Int64? { said.first { $0["id"] == id }?["error"]?["code"]?.integerValue }
    #expect(code(0) == -32002 && code(11) == -32600, "\(outcome)")
    #expect(said.count { $0["error"]?["code"] == -32700 } == 2, "\(outcome)")
    for (index, request) in requests.enumerated() {
      #expect(code(.integer(Int64(5 + index))) == request.1, "\(outcome)")
    }
    #expect(said.contains { $0["id"] == 9 && $0["result"] != nil }, "\(outcome)")
    #expect(said.contains { $0["method"] == "window/logMessage" }, "\(outcome)")
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\n\r\n", "Content-Length: 99999999999\r\n\r\n", "Content-Length: -5\r\n\r\n",
    "Content-Length: 10\r\n\r\n{}",
    String(repeating: "x", count: 9000),
  ])
  func whatIsNotTheProtocolEndsIt(_ input: String) {
    let world = World("lsp-noise")
    expectRefused(world.locara(["lsp"], input: Array(input.utf8), timeout: 20), status: 65, codes: ["LX010"])
  }

  @Test func aClientThatGoesAwayIsNoSuccess() {
    let world = World("lsp-gone")
    #expect(world.locara(["lsp"], input: frame(open[0]), timeout: 20).status == 1)
    #expect(world.locara(["lsp"], timeout: 20).status == 1)
  }
}
