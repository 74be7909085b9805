import TestSupport
import Testing

/// `locara explain`: every code has a page, and what the pages show is so.
@Suite struct ExplainCommandTests {
  /// All codes of the tables of `spec/diagnostics.md`.
  private func codes() throws -> [String] {
    let page = try #require(contents(of: "\(Locations.repository)/spec/diagnostics.md"))
    return String(decoding: page, as: UTF8.self).matches(of: /\n\| (L[A-Z][0-9]{3}) \|/).map { String($0.output.1) }
  }

  /// Those that no file is known to bring about: what guards against mistakes of our own or of SQLite.
  private let withoutExample = ["LY022", "LS009", "LS011", "LS018", "LS019"]

  @Test func everyCodeHasAPage() throws {
    let world = World("explain")
    let codes = try codes()
    #expect(codes.count > 200)
    let script = codes.map { "locara explain \($0) || echo FAILED $?; printf '\\036'" }.joined(separator: "\n")
    let outcome = world.command(
      ["/bin/bash", "-c", "locara() { '\(Locations.locara)' \"$@\"; }\n\(script)"], timeout: 300)
    let pages = outcome.output.split(separator: "\u{1E}", omittingEmptySubsequences: false)
    #expect(pages.count == codes.count + 1)
    for (code, page) in zip(codes, pages) {
      #expect(page.hasPrefix(code) && !page.contains("FAILED"), "\(code): \(page)")
      #expect(page.split(separator: "\n").count >= 3, "\(code) says next to nothing: \(page)")
      // What a manifest gets wrong is shown wrong and right.
      if code.hasPrefix("LY") || code.hasPrefix("LM") || code.hasPrefix("LS0"), !withoutExample.contains(code) {
        #expect(page.contains("\nWrong:\n") && page.contains("\nRight:\n"), "\(code): \(page)")
      }
    }
    let unknown = world.locara("explain", "LM0O1")
    #expect(unknown.status == 64 && unknown.errors.contains("did you mean `LM001`?"), "\(unknown)")
  }
}
