import Diagnostics
import Foundation
import Lowering
import Reports
import TestSupport
import Testing

/// Every manifest of `fixtures/diagnostics` is wrong in one way; beside it is what people are told.
@Suite struct WrongManifestsTests {
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: Locations.fixture("diagnostics"))) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test func thereAreMany() { #expect(Self.names.count >= 150) }

  @Test(arguments: names) func isExplained(_ name: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Locations.fixture("diagnostics/\(name).yaml")))
    let source = Source(path: "locara.yaml", bytes: [UInt8](data))
    let output = compile(CompilerInput(manifest: source))
    #expect(!output.diagnostics.isEmpty, "\(name) is not wrong")
    let text = renderText(output.diagnostics, sources: [source], color: false, width: 100)
    expectGolden(text, "diagnostics/\(name).txt")
  }

  /// A fix changes what it is about, and leaves one mistake less or none of the same kind at that place.
  @Test(arguments: names) func fixesHelp(_ name: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Locations.fixture("diagnostics/\(name).yaml")))
    let source = Source(path: "locara.yaml", bytes: [UInt8](data))
    let before = compile(CompilerInput(manifest: source)).diagnostics
    for diagnostic in before {
      guard let fix = diagnostic.fix else { continue }
      let fixed = Source(path: "locara.yaml", bytes: applying(fix.edits, to: source.bytes))
      let after = compile(CompilerInput(manifest: fixed)).diagnostics
      #expect(
        !after.contains { $0.code == diagnostic.code && $0.primary.span == diagnostic.primary.span },
        "\(name): \(fix.message) does not help")
      if fix.applicability == .safe {
        #expect(after.count < before.count, "\(name): \(fix.message) is not safe: \(after.map(\.headline))")
      }
    }
  }
}
