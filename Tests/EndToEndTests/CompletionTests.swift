import CanonicalJSON
import TestSupport
import Testing

/// What `locara lsp` offers at a cursor, and what a text is after it was taken.
@Suite struct CompletionTests {
  private func frame(_ json: JSON) -> [UInt8] {
    let bytes = json.canonicalBytes
    return Array("Content-Length: \(bytes.count)\r\n\r\n".utf8) + bytes
  }

  /// What the server answers at the `|` of a text.
  private func answer(
    _ method: String, _ marked: String, in world: World = World("lsp-cursor"), uri: String = "untitled:locara.yaml"
  ) throws -> JSON {
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    let before = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
    let place: JSON = [
      "line": .integer(Int64(before.count - 1)), "character": .integer(Int64(before.last?.utf16.count ?? 0)),
    ]
    let document: JSON = ["uri": .string(uri)]
    let opened: JSON = ["uri": .string(uri), "version": 1, "text": .string(parts.joined())]
    let messages: [JSON] = [
      ["jsonrpc": "2.0", "id": 1, "method": "initialize", "params": [:]],
      ["jsonrpc": "2.0", "method": "textDocument/didOpen", "params": ["textDocument": opened]],
      [
        "jsonrpc": "2.0", "id": 2, "method": .string("textDocument/\(method)"),
        "params": ["textDocument": document, "position": place],
      ],
      ["jsonrpc": "2.0", "id": 3, "method": "shutdown"], ["jsonrpc": "2.0", "method": "exit"],
    ]
    let outcome = world.locara(["lsp"], input: messages.flatMap(frame), timeout: 20)
    expectSuccess(outcome)
    let said = try outcome.output.split(separator: "Content-Length: ").map { part in
      try JSON(parsing: Array(part.drop { $0 != "{" }.utf8))
    }
    return try #require(said.first { $0["id"] == 2 }?["result"])
  }

  /// The line of the cursor after an item was taken, by the item.
  private func taken(_ marked: String) throws -> [String: String] {
    let text = marked.replacing("|", with: "")
    var found: [String: String] = [:]
    for item in try answer("completion", marked).arrayValue ?? [] {
      let label = try #require(item["label"]?.stringValue)
      let range = try #require(item["textEdit"]?["range"])
      let line = try #require(range["start"]?["line"]?.integerValue)
      let start = try #require(range["start"]?["character"]?.integerValue)
      let end = try #require(range["end"]?["character"]?.integerValue)
      #expect(range["end"]?["line"]?.integerValue == line)
      let units = Array(text.split(separator: "\n", omittingEmptySubsequences: false)[Int(line)].utf16)
      let new = Array(try #require(item["textEdit"]?["newText"]?.stringValue).utf16)
      found[label] = String(decoding: units[..<Int(start)] + new + units[Int(end)...], as: UTF16.self)
    }
    return found
  }

  @Test(arguments: [
    ("capabilities:\n  net:|\n", "true", "  net: true"),
    ("capabilities:\n  net: |\n", "true", "  net: true"),
    ("capabilities:\n  n|et: true\n", "net", "  net: true"),
    ("capabilities:\n  fs: {user-selected: re|ad}\n", "read-write", "  fs: {user-selected: read-write}"),
    ("capabilities:\n  fs:\n    user-selected: \"re|\"\n", "read-write", "    user-selected: \"read-write\""),
    ("capabilities:\n  fs:\n    user-selected: 're|\n", "read-write", "    user-selected: 'read-write'"),
    ("{\"name\":\"x\",\"capabilities\":{\"|\"}}", "net", "{\"name\":\"x\",\"capabilities\":{\"net\"}}"),
    ("{\"name\":\"x\",\"category\":\"fin|\"}", "finance", "{\"name\":\"x\",\"category\":\"finance\"}"),
    ("models:\n  - id: a\n    |\n", "role", "    role: "),
  ])
  func isWrittenInPlace(_ marked: String, _ label: String, _ line: String) throws {
    #expect(try taken(marked)[label] == line)
  }

  /// What is there is not offered again, and a comment is no place for anything.
  @Test(arguments: [
    ("models:\n  - id: a\n    |\n", "id"), ("models:\n  - id: a\n  - id: b\n    |\n", "id"),
    ("tests:\n  - name: a\n    |\n", "name"), ("build:\n  steps:\n    - run: [a]\n      |\n", "run"),
    ("{\"name\":\"x\",\"capabilities\":{\"|\"}}", "category"), ("capabilities:\n  net: true # fal|\n", "false"),
    ("capabilities:\n  net: true # |\n", "true"), ("name: a\nnet # ca|\n", "category"),
  ])
  func isNotOffered(_ marked: String, _ label: String) throws {
    #expect(try taken(marked)[label] == nil)
  }

  /// A new element of a list has no keys yet.
  @Test func anElementBeginsWithAllKeys() throws {
    let labels = try taken("models:\n  - id: a\n    role: text-to-text\n  - |\n")
    #expect(labels["id"] == "  - id: " && labels["role"] == "  - role: ")
  }

  @Test(arguments: [
    "files: [./bin/ap|p]\n", "models: [{id: a, role: text-to-text, source: \"file:bin/ap|p\", files: [x]}]\n",
    "entry: {command: [././bin/ap|p]}\n",
  ])
  func definitionsAreFiles(_ marked: String) throws {
    let world = World("lsp-files")
    world.directory.write("a program\n", to: "app/bin/app")
    let found = try answer(
      "definition", marked, in: world, uri: "file://\(world.directory("app"))/locara.yaml")
    #expect(found["uri"]?.stringValue?.hasSuffix("/app/bin/app") == true, "\(found.canonicalText)")
  }

  /// What a tool may do is told as what the app may do is.
  @Test func aToolsGrantIsTold() throws {
    let manifest = """
      schema: locara/v1
      name: small
      publisher: acme
      version: 0.1.0
      entry: {command: [bin/small]}
      tools:
        - name: helper
          command: [bin/helper]
          capabilities: {fs: {app-|data: read}}

      """
    let page = try answer("hover", manifest)["contents"]?["value"]?.stringValue ?? ""
    #expect(page.contains("In the policy:") && page.contains("app-data"), "\(page)")
  }

  /// A layout without the byte order mark.
  @Test func aByteOrderMarkIsNoReasonToRefuseALayout() throws {
    let edits = try answer("formatting", "\u{FEFF}a:   1\nb: 2\n|").arrayValue
    #expect(edits?.count == 1)
  }
}
