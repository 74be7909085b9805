import Diagnostics
import Lowering
import Reports
import TestSupport
import Testing
import Text

/// What a fuzzer found once, or what hostile hands would try: none of it crashes, hangs or takes much memory.
@Suite struct ManifestFuzzCorpusTests {
  static let names = entries(below: Locations.fixture("fuzz/manifests"))

  @Test func thereIsACorpus() { #expect(Self.names.count >= 30) }

  @Test(.timeLimit(.minutes(1)), arguments: names) func isHandled(_ name: String) throws {
    let bytes = try #require(contents(of: Locations.fixture("fuzz/manifests/\(name)")))
    let source = Source(path: name, bytes: bytes)
    let start = ContinuousClock.now
    let output = compile(CompilerInput(manifest: source, files: ["app/main.py"], isStrict: true))
    for diagnostic in output.diagnostics {
      let span = diagnostic.primary.span
      #expect(0 <= span.start && span.start <= span.end && span.start <= bytes.count, "\(diagnostic)")
    }
    // None of these is a manifest.
    #expect(output.policy == nil)
    _ = renderText(output.diagnostics, sources: [source], color: true, width: 80)
    if case .formatted(let laid) = Formatting(source) {
      guard case .formatted(laid) = Formatting(Source(path: name, bytes: laid)) else {
        Issue.record("the layout changes when it is laid out again")
        return
      }
    }
    #expect(start.duration(to: .now) < .seconds(5))
  }

  /// As large as a manifest can be, and wrong all over.
  static let large: [String: String] = [
    "a line for each unknown key": (0..<15_000).map { "unknown-key-\($0): 1\n" }.joined(),
    "unknown keys in one line": "{" + (0..<15_000).map { "\"unknown-key-\($0)\": 1" }.joined(separator: ", ") + "}",
    "a long word": "category: " + String(repeating: "a", count: 900_000),
    "a long key": String(repeating: "a", count: 1000) + ": 1",
    "keys written twice": String(repeating: "name: app\n", count: 90_000),
  ]

  @Test(.timeLimit(.minutes(1)), arguments: large.keys.sorted()) func largeOnesAreHandled(_ name: String) {
    let source = Source(path: name, bytes: Array((Self.large[name] ?? "").utf8))
    let output = compile(CompilerInput(manifest: source, isStrict: true))
    #expect(output.diagnostics.contains { $0.severity == .error } && output.diagnostics.count <= 201)
    #expect(renderText(output.diagnostics, sources: [source], color: true).utf8.count < 200_000)
  }
}
