import TestSupport
import Testing

/// `locara init`: every template checks strictly, is laid out, builds, and runs in its sandbox.
@Suite struct TemplateTests {
  struct Start: Sendable, CustomTestStringConvertible {
    var template: String
    /// What the app is given, and lines that its output must have.
    var arguments: [String] = []
    var options: [String] = []
    var input = ""
    var expected: [String]
    var testDescription: String { template }
  }

  static let starts = [
    Start(template: "blank", expected: ["started 1 time"]),
    Start(template: "chat", input: "hello\n", expected: ["no model is installed: what you say is kept"]),
    Start(
      template: "search", arguments: ["add", "the quick brown fox", "a lazy dog"], expected: ["1 the quick brown fox"]),
    Start(template: "transcribe", options: ["--open", "speech.wav"], expected: ["speech.wav     0.5 s to     1.0 s"]),
    Start(
      template: "mcp-server",
      input: """
        {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26"}}
        {"jsonrpc":"2.0","method":"notifications/initialized"}
        {"jsonrpc":"2.0","id":2,"method":"tools/list"}
        {"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"keep_note","arguments":{"text":"buy milk"}}}
        {"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"find_notes","arguments":{"word":"MILK"}}}
        nonsense

        """,
      expected: ["\"protocolVersion\": \"2025-03-26\"", "\"keep_note\"", "\"text\": \"buy milk\"", "-32700"]),
  ]

  /// Half a second of silence, half of a tone, half of silence: 16 bits, 8000 samples a second.
  private static var recording: [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) } }
    var samples: [UInt8] = []
    for index in 0..<12_000 {
      let isLoud = (4000..<8000).contains(index)
      samples += little(isLoud ? (index % 8 < 4 ? 8000 : 57536) : 0, 2)
    }
    return Array("RIFF".utf8) + little(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2)
      + little(1, 2) + little(8000, 4) + little(16000, 4) + little(2, 2) + little(16, 2) + Array("data".utf8)
      + little(samples.count, 4) + samples
  }

  @Test(arguments: starts) func runsAsItIs(_ start: Start) {
    let world = World("init")
    let made = world.locara("init", "my App", "--template", start.template)
    expectSuccess(made)
    #expect(made.output.hasPrefix("my App/locara.yaml\n"))
    let check = world.locara("check", "--strict", "my App")
    expectSuccess(check)
    #expect(check.errors == "" && check.output.hasPrefix("me/my-app@0.1.0: fully local"), "\(check)")
    #expect(world.locara("fmt", "--check", "my App").status == 0, "it has another layout than `locara fmt`")
    expectSuccess(world.locara("test", "my App/locara.yaml"))
    expectSuccess(world.locara("build", "my App/locara.yaml", "-o", "app.locapp"))
    world.directory.write(Self.recording, to: "speech.wav")
    let ran = world.locara(
      ["run", "app.locapp"] + start.options + ["--"] + start.arguments, input: Array(start.input.utf8), timeout: 60)
    expectSuccess(ran)
    for line in start.expected { #expect(ran.output.contains(line), "\(ran)") }
  }

  @Test func whatAnAppKeepsIsThereTheNextTime() {
    let world = World("init-keeps")
    for (template, first, second, expected) in [
      ("blank", [], [], "started 2 times"), ("search", ["add", "a lazy dog"], ["find", "dog"], "1 a lazy dog"),
      ("chat", ["--history"], ["--history"], ""),
    ] as [(String, [String], [String], String)] {
      expectSuccess(world.locara("init", template, "--template", template))
      expectSuccess(world.locara("build", "\(template)/locara.yaml", "-o", "\(template).locapp"))
      expectSuccess(world.locara(["run", "\(template).locapp", "--"] + first))
      let again = world.locara(["run", "\(template).locapp", "--"] + second)
      expectSuccess(again)
      #expect(expected.isEmpty ? again.output == "" : again.output.contains(expected), "\(again)")
    }
  }

  @Test func nothingIsOverwritten() {
    let world = World("init-twice")
    world.directory.write("mine\n", to: "app/app/main.py")
    expectRefused(world.locara("init", "app"), status: 65, codes: ["LX012"], naming: ["app/app/main.py"])
    #expect(entries(below: world.directory("app")) == ["app", "app/main.py"])
    expectRefused(
      world.locara("init", "other", "--name", "Not A Name"), status: 65, codes: ["LX011"], naming: ["--name"])
    #expect(contents(of: world.directory("other/locara.yaml")) == nil)
    #expect(world.locara("init", "x", "--template", "poetry").status == 64)
  }

  @Test func theDirectoryIsTheName() {
    let world = World("init-here")
    world.directory.write("", to: "Été 2/.keep")
    expectSuccess(world.locara("init", in: world.directory("Été 2")))
    let manifest = String(decoding: contents(of: world.directory("Été 2/locara.yaml")) ?? [], as: UTF8.self)
    #expect(manifest.contains("\nname: t-2\n"), "\(manifest)")
  }
}
