import TestSupport
import Testing

/// `check` over many manifests, and what `--strict` adds.
@Suite struct CheckManyTests {
  @Test func directoriesAndPatternsAreExpandedInOrder() {
    let world = World("many")
    for name in ["b/one", "a/two", "a/deep/er", ".hidden/x"] {
      world.directory.write(BadManifestTests.good, to: "tree/\(name)/locara.yaml")
      world.directory.write("a program\n", to: "tree/\(name)/bin/small")
    }
    world.directory.write(CheckCommandTests.misspelt, to: "tree/a/two/locara.yaml")
    world.directory.write("nonsense: [", to: "tree/b/other.yaml")
    let all = world.locara("check", "tree")
    expectRefused(all, status: 65, codes: ["LM001"], naming: ["tree/a/two/locara.yaml:7:1"])
    #expect(all.output == "3 manifests: 1 with errors\n", "\(all)")
    let some = world.locara("check", "tree/b", "tree/**/er/locara.yaml", "tree/b/one/locara.yaml")
    expectSuccess(some)
    #expect(some.output == "2 manifests: all right\n", "\(some)")
    let files = world.locara("check", "tree/?/*.yaml", "tree/a")
    expectRefused(files, status: 65, codes: ["LM001", "LY016"], naming: ["tree/b/other.yaml:1:"])
    let json = world.locara("check", "tree", "--format", "json")
    #expect(json.status == 65 && json.errors == "", "\(json)")
    #expect(
      CheckCommandTests().query("[d['primary']['path'] for d in document['diagnostics']]", json) == [
        "tree/a/two/locara.yaml"
      ])
    expectRefused(world.locara("check", "tree/none*"), status: 65, codes: ["LX007"])
    expectRefused(world.locara("check", "tree/a/two/bin"), status: 65, codes: ["LX002"], naming: ["locara.yaml"])
  }

  /// Whatever the threads do, the report is the same.
  @Test func reportsAreInTheOrderOfTheManifests() {
    let world = World("order")
    for index in 0..<700 {
      let text = index % 3 == 0 ? BadManifestTests.good + "displaynam: x\n" : BadManifestTests.good
      world.directory.write(text, to: "tree/\(String(index + 1000))/locara.yaml")
    }
    let first = world.locara("check", "tree", "--format", "github")
    #expect(first.status == 65)
    let paths = first.output.matches(of: /file=([^,]+),[^\n]*title=LM001/).map { String($0.output.1) }
    #expect(paths.count == 234 && paths == paths.sorted())
    #expect(world.locara("check", "tree", "--format", "github").output == first.output)
  }

  @Test func strictSaysWhatACatalogWouldRefuse() {
    let world = World("strict")
    let manifest = world.directory.write(
      """
      schema: locara/v1
      name: small
      publisher: acme
      version: 0.1.0
      license: Apache2
      author: {name: Ada, url: "https://example.com/"}
      icon: icon.png
      screenshots: [none.png]
      tooling: [file.read]
      capabilities:
        process: {spawn: [sh]}
        fs: {user-selected: read, read: ["~/Music/a", "~/Music/**"]}
      entry: {command: [python3]}
      files: [app/**]

      """, to: "app/locara.yaml")
    let png: [UInt8] =
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8) + [0, 0, 2, 0, 0, 0, 1, 255]
    world.directory.write(png, to: "app/icon.png")
    #expect(world.locara("check", manifest).status == 0)
    let outcome = world.locara("check", "--strict", manifest, "--format", "json")
    #expect(outcome.status == 65, "\(outcome)")
    let codes = CheckCommandTests().query("sorted(d['code'] for d in document['diagnostics'])", outcome)
    #expect(codes == ["LM050", "LM051", "LM052", "LM053", "LM054", "LM054", "LM085"])
    let text = world.locara("check", "--strict", manifest)
    for word in [
      "512 by 511 pixels", "did you mean `Apache-2.0`?", "reserved for examples", "`process.spawn`", "adds nothing",
    ] {
      #expect(text.errors.contains(word), "\(word): \(text)")
    }
  }
}
