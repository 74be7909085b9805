import CanonicalJSON
import Diagnostics
import Foundation
import Lowering
import Manifest
import TestSupport
import Testing

@Suite struct ReferenceTests {
  @Test(arguments: CodePage.all.filter { !$0.wrong.isEmpty && $0.needsNothingElse }.map(\.code))
  func examplesAreWhatTheySay(_ code: String) throws {
    let page = try #require(CodePage.page(of: code))
    func codes(_ example: String) -> [Diagnostic] {
      let schema = Source(path: "db/schema.sql", bytes: Array("CREATE TABLE t (a INTEGER) STRICT;".utf8))
      return compile(
        CompilerInput(manifest: Source(path: "l", bytes: CodePage.manifest(example)), schema: schema)
      ).diagnostics
    }
    #expect(codes(page.wrong).contains { $0.code == code }, "\(codes(page.wrong).map(\.code))")
    let after = codes(page.right).filter { $0.code == code || $0.severity == .error }
    #expect(after.isEmpty, "\(after.map(\.headline))")
  }

  /// Those that need files beside the manifest, or another command, by the program itself.
  @Test(arguments: CodePage.all.filter { !$0.wrong.isEmpty && !$0.needsNothingElse }.map(\.code))
  func examplesWithFilesAreWhatTheySay(_ code: String) throws {
    let page = try #require(CodePage.page(of: code))
    func answer(_ example: String, _ files: [String: String]) -> Outcome {
      let directory = TemporaryDirectory("page")
      directory.write(CodePage.manifest(example), to: "locara.yaml")
      // What the manifest's identity starts is there, unless the example is about that.
      for (path, text) in files { directory.write(CodePage.bytes(text), to: path) }
      return run([Locations.locara] + page.command, in: directory.path, environment: ["TERM": "dumb"])
    }
    let wrong = answer(page.wrong, page.files)
    #expect(wrong.errors.contains("[\(code)]"), "\(wrong)")
    let right = answer(page.right, page.files.merging(page.rightFiles) { $1 })
    #expect(right.status == 0 && !right.errors.contains("[\(code)]"), "\(right)")
  }

  /// Every code that the compiler's front end can report has a page, and every page a code that is reported.
  @Test func everyCodeHasAPage() throws {
    var reported: Set<String> = []
    for module in ["Support/Text", "Compiler/Manifest", "Compiler/Lowering"] {
      let root = "\(Locations.repository)/Sources/\(module)"
      for case let file as String in try #require(FileManager.default.enumerator(atPath: root))
      where file.hasSuffix(".swift") && !file.hasPrefix("Reference/") {
        let text = try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
        for match in text.matches(of: /"(L[A-Z]\d\d\d)"/) { reported.insert(String(match.1)) }
      }
    }
    // Of the builder: what needs files.
    reported.formUnion(["LM087", "LM050", "LM051"])
    #expect(reported.subtracting(CodePage.all.map(\.code)) == [])
    #expect(Set(CodePage.all.map(\.code)).subtracting(reported) == [])
  }

  @Test func theSchemaIsCurrent() { expectGolden(ManifestSchema.json.prettyBytes, "../spec/manifest.schema.json") }

  @Test func theReferenceIsCurrent() { expectGolden(FieldPage.reference, "../spec/manifest-reference.md") }

  @Test func everyKeyHasAPage() throws {
    for path in FieldPage.paths { #expect(FieldPage.text(of: path) != nil, "\(path)") }
    #expect(FieldPage.text(of: "capabilities.fs.app-data")?.contains("read-write") == true)
    #expect(FieldPage.text(of: "nothing") == nil)
  }
}
