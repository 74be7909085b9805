import Diagnostics
import Lowering
import Testing

/// What fixes write.
@Suite struct FixTests {
  private static let identity = """
    schema: locara/v1
    name: app
    publisher: acme
    version: 0.1.0

    """

  /// A line of a manifest, the line after all of its fixes, and whether all of them are safe.
  @Test(arguments: [
    ("'display-name': X", "'displayName': X", true),
    ("\"display-name\": X", "\"displayName\": X", true),
    ("category: 'financee'", "category: 'finance'", false),
    ("{\"display-name\":\"X\",\"license\":\"MIT\"}", "{\"displayName\":\"X\",\"license\":\"MIT\"}", true),
    ("display-name: a\ndisplay_name: b", "displayName: a\ndisplay_name: b", true),
    ("entry: {command: bin/app --json}", "entry: {command: [bin/app, --json]}", false),
    ("entry:\n  command: sh -c 'a, b'", "entry:\n  command: sh -c 'a, b'", true),
    ("screenshots: a, b.png", "screenshots: [\"a, b.png\"]", true),
    ("screenshots: 'a.png'", "screenshots: [a.png]", true),
    (
      "tests: [{name: x, deny: \"connect a.example.com:443\"}]",
      "tests: [{name: x, deny: [connect a.example.com:443]}]", true
    ),
    ("capabilities: {fs: {user-selected: No}}", "capabilities: {fs: {user-selected: false}}", true),
    ("capabilities: {fs: {user-selected: yes}}", "capabilities: {fs: {user-selected: yes}}", true),
    ("capabilities: {net: 'false'}", "capabilities: {net: false}", true),
    ("capabilities: {tools: {mcp: on}}", "capabilities: {tools: {mcp: on}}", true),
    ("limits: {processes: '010'}", "limits: {processes: 10}", true),
    ("capabilities {net: true}", "capabilities: {net: true}", false),
    ("author: {name: A, url: 'http://a.b'}", "author: {name: A, url: 'https://a.b'}", false),
    (
      "capabilities: {net: {allowed_hosts: [\"https://[2001:db8::1]/x\"]}}",
      "capabilities: {net: {allowed_hosts: [\"[2001:db8::1]\"]}}", false
    ),
    (
      "capabilities:\n  net:\n    allowed_hosts:\n      - https://[2001:db8::1]/x",
      "capabilities:\n  net:\n    allowed_hosts:\n      - \"[2001:db8::1]\"", false
    ),
  ])
  func write(_ text: String, _ expected: String, _ isSafe: Bool) {
    let isWhole = text.hasPrefix("{")
    let source = Source(path: "t", bytes: Array(((isWhole ? "" : Self.identity) + text).utf8))
    let fixes = compile(CompilerInput(manifest: source)).diagnostics.compactMap(\.fix)
    let fixed = applying(fixes.flatMap(\.edits), to: source.bytes)
    #expect(String(decoding: fixed, as: UTF8.self) == (isWhole ? "" : Self.identity) + expected)
    #expect(fixes.allSatisfy { $0.applicability == .safe } == isSafe)
  }
}
