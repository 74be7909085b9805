import Diagnostics
import Manifest
import Testing

@Suite struct ManifestTests {
  static let identity = "schema: locara/v1\nname: app\npublisher: acme\nversion: 0.1.0\nentry: {command: [bin/app]}\n"

  private func check(_ text: String) -> [Diagnostic] {
    parseManifest(Source(path: "locara.yaml", bytes: Array((Self.identity + text).utf8))).1
  }

  /// Code and underlined text of every diagnostic.
  private func marks(_ text: String) -> [String] {
    let source = Source(path: "locara.yaml", bytes: Array((Self.identity + text).utf8))
    return parseManifest(source).1.map { "\($0.code) \(source.text($0.primary.span))" }
  }

  @Test func theSmallestManifestIsAccepted() {
    let source = Source(path: "locara.yaml", bytes: Array(Self.identity.utf8))
    let (manifest, diagnostics) = parseManifest(source)
    #expect(diagnostics == [])
    #expect(manifest?.name.value == "app")
    #expect(manifest?.entry.command.map(\.value) == ["bin/app"])
  }

  @Test(arguments: [
    ("displayNam: x", "LM001 displayNam"), ("capabilities: {net: maybe}", "LM002 maybe"),
    ("capabilities: {net: no}", "LM002 no"), ("capabilities: {fs: {app-data: off}}", "LM002 off"),
    ("category: gaems", "LM004 gaems"), ("limits: {processes: 0}", "LM005 0"),
    ("limits: {processes: 012}", "LM005 012"),
    ("limits: {memory: 2G}", "LM012 G"), ("limits: {memory: 1024}", "LM002 1024"),
    ("limits: {wall-time: 5 m}", "LM013  "),
    ("capabilities: {net: {allowed_hosts: []}}", "LM006 []"),
    ("capabilities: {net: {allowed_hosts: [\"https://a.example/x\"]}}", "LM015 \"https://a.example/x\""),
    ("capabilities: {net: {allowed_hosts: ['a.*.example']}}", "LM015 *"),
    ("capabilities: {net: {allowed_hosts: ['*']}}", "LM015 '*'"),
    ("capabilities: {net: {allowed_hosts: [10.0.0.1/8]}}", "LM015 10.0.0.1/8"),
    ("capabilities: {net: {allowed_hosts: [a.example], allowed_ports: [0]}}", "LM014 0"),
    ("capabilities: {fs: {read: [\"~/a/../b\"]}}", "LM019 .."),
    ("capabilities: {fs: {read: [\"~/*.pdf\"]}}", "LM019 *.pdf"),
    ("capabilities: {fs: {read: [\"/**\"]}}", "LM019 \"/**\""),
    ("capabilities: {fs: {read: [\"~/**/a\"]}}", "LM019 **"),
    ("capabilities: {environment: [LD_PRELOAD]}", "LM025 LD_PRELOAD"),
    ("runtime: {image: oci:a/b:1}", "LM026 oci:a/b:1"),
    ("license: Apache 2.0", "LM027 Apache 2.0"), ("tests: [{name: x, deny: [fly]}]", "LM024 fly"),
    ("tests: [{name: x, deny: [\"read  /\"]}]", "LM024  /"),
    ("tests: [{name: x, deny: [\"connect x\"]}]", "LM024  x"), ("modalities: [text-to-txt]", "LM004 text-to-txt"),
    ("storage: {vector: {engine: zvec}}", "LM004 zvec"), ("tags: [a, a]", "LM007 a"),
    ("displayName: 12", "LM002 12"), ("description: \"a\\nb\"", "LM034 \"a\\nb\""),
    ("storage: {database: a/b}", "LM032 a/b"),
    ("profiles: {low: {min_ram_gb: 8}}", "LM060 profiles"), ("models: [m@sha256:12]", "LM029 12"),
    ("build: {steps: [{run: [cc]}]}", "LM003 {"), ("icon: ../icon.png", "LM017 .."),
  ])
  func pointsAtWhatIsWrong(_ text: String, _ expected: String) { #expect(marks(text) == [expected]) }

  @Test func everyMistakeIsReportedOnceInSourceOrder() {
    #expect(
      marks("nam: x\ncapabilities:\n  net: 5\n  fz: {app-data: reed}\nlimits: {memory: 1X, cpu: 0}\n") == [
        "LM001 nam", "LM002 5", "LM001 fz", "LM012 X", "LM028 0",
      ])
  }

  @Test func missingKeysAreNamed() {
    let source = Source(path: "locara.yaml", bytes: Array("schema: locara/v1\nname: a\n".utf8))
    #expect(
      parseManifest(source).1.map(\.headline) == [
        "the manifest lacks the key `publisher`", "the manifest lacks the key `version`",
        "the manifest lacks the key `entry`",
      ])
  }

  @Test func anotherSchemaStopsFurtherChecks() {
    let source = Source(path: "locara.yaml", bytes: Array("schema: locara/v2\nfoo: 1\n".utf8))
    #expect(parseManifest(source).1.map(\.code) == ["LM040"])
  }

  @Test(arguments: ["", "# nothing\n", "~", "---\n"])
  func anEmptyManifestIsSaidToBeEmpty(_ text: String) {
    #expect(parseManifest(Source(path: "l", bytes: Array(text.utf8))).1.map(\.code) == ["LM041"])
  }

  @Test func fixesReplaceWhatIsUnderlined() {
    let fixes = check("displayNam: x").compactMap(\.fix)
    #expect(fixes.map { $0.edits.map(\.replacement) } == [["displayName"]])
    #expect(check("capabilities: {net: no}").compactMap(\.fix).map { $0.edits.map(\.replacement) } == [["false"]])
  }

  @Test func everyKeyOfTheTableIsReadable() {
    for entry in FieldTable.all {
      #expect(FieldTable.field(at: entry.path)?.documentation == entry.field.documentation, "\(entry.path)")
    }
    #expect(FieldTable.all.count > 80)
  }
}
