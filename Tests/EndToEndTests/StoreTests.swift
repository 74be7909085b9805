import TestSupport
import Testing

/// The unpacked bundles of one user, and the bill of materials that bundles with models carry.
@Suite struct StoreTests {
  let world = World("store")

  /// Runs hello-c in this world, so that the store has it, and gives its digest.
  private func installed(sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    expectSuccess(Hello.run("greet", world: world), sourceLocation: sourceLocation)
    let list = world.locara("store", "list")
    expectSuccess(list, sourceLocation: sourceLocation)
    return String(try #require(list.output.firstMatch(of: /^sha256:[0-9a-f]{64}/)).output)
  }

  @Test func isEmptyAtFirst() {
    for verb in ["list", "verify", "gc"] {
      let outcome = world.locara("store", verb)
      expectSuccess(outcome)
      #expect(outcome.output == "", "\(outcome)")
    }
  }

  @Test func listsAndVerifiesWhatRan() throws {
    let digest = try installed()
    #expect(Hello.built.outcome.output.contains(digest))
    let list = world.locara("store", "list")
    #expect(list.output.wholeMatch(of: /sha256:[0-9a-f]{64}  acme\/hello-c@0\.1\.0  [1-9][0-9]+ bytes\n/) != nil)
    let json = world.locara("store", "list", "--format", "json")
    expectSuccess(json)
    #expect(json.output.contains("\"id\": \"acme/hello-c@0.1.0\"") && json.output.contains(digest), "\(json)")
    let verified = world.locara("store", "verify")
    expectSuccess(verified)
    #expect(verified.output == "\(digest)  whole\n")
  }

  @Test func findsDamage() throws {
    let digest = try installed()
    let script = """
      cd "$1"/bundles/*/payload/bin; chmod u+w . hello
      printf X | dd of=hello bs=1 seek=1000 conv=notrunc status=none; chmod u-w hello .
      """
    expectSuccess(world.command(["/bin/bash", "-ec", script, "bash", "\(world.data)/locara/store"]))
    expectRefused(
      world.locara("store", "verify"), status: 65, codes: ["LB012"], naming: [String(digest.dropFirst(7))])
    let list = world.locara("store", "list")
    expectSuccess(list)
    #expect(list.output.hasPrefix("\(digest)  damaged  "), "\(list)")
    // Running the bundle's file again mends it.
    expectSuccess(Hello.run("greet", world: world))
    expectSuccess(world.locara("store", "verify"))
  }

  @Test func collectsWhatNothingRuns() throws {
    let digest = try installed()
    for spelling in [digest, String(digest.dropFirst(7))] {
      let kept = world.locara("store", "gc", "--keep", spelling)
      expectSuccess(kept)
      #expect(kept.output == "")
      #expect(kept.errors == "freed 0 bytes\n")
    }
    #expect(world.locara("store", "gc", "--keep", "hello-c").status == 64)
    expectSuccess(Hello.run("keep", "note.txt", "kept", world: world))
    let collected = world.locara("store", "gc")
    expectSuccess(collected)
    let size = try #require(collected.output.wholeMatch(of: /(sha256:[0-9a-f]{64})  ([0-9]+) bytes\n/))
    #expect(size.output.1 == digest)
    #expect(try #require(Int(size.output.2)) > 10_000)
    #expect(collected.errors == "freed \(size.output.2) bytes\n")
    #expect(world.locara("store", "list").output == "")
    // What the app stored is not the store's, and the bundle runs again.
    #expect(Hello.run("show", "note.txt", world: world).output == "kept")
  }

  @Test func sparesWhatRuns() throws {
    let digest = try installed()
    let script = """
      mkfifo in; "$1" run "$2" -- cat < in > out & exec 3> in; yes ready 2> /dev/null | head -c 20000 >&3
      until grep -q ready out; do sleep 0.05; done
      "$1" store gc; "$1" store list; exec 3>&-; wait $!
      """
    let outcome = world.command(
      ["/bin/bash", "-c", script, "bash", Locations.locara, Hello.built.bundle], timeout: 30)
    expectSuccess(outcome)
    #expect(outcome.output.hasPrefix("\(digest)  acme/hello-c@0.1.0  "), "\(outcome)")
    #expect(outcome.errors == "freed 0 bytes\n", "\(outcome)")
    #expect(world.locara("store", "gc").output.hasPrefix(digest))
  }

  /// A bundle whose lock pins a model carries what it is made of; one without models does not.
  @Test func bundlesWithModelsListTheirMaterials() throws {
    var bundles: [[UInt8]] = []
    for number in 1...2 {
      let app = world.copy(app: "hello-c", to: "app\(number)")
      world.directory.write("weights", to: "model/model.bin")
      let manifest = String(decoding: try #require(contents(of: "\(app)/locara.yaml")), as: UTF8.self)
      world.directory.write(
        manifest + """

          models:
            - id: tiny
              role: text-to-embedding
              source: hf:acme/tiny@main
              files: [model.bin]
              license: MIT

          """, to: "app\(number)/locara.yaml")
      expectSuccess(world.locara("lock", "\(app)/locara.yaml", "--from", "tiny=\(world.directory("model"))"))
      let bundle = world.directory("\(number).locapp")
      expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
      bundles.append(try #require(contents(of: bundle)))
    }
    #expect(bundles[0] == bundles[1])
    let materials = try bundles.map(materials(in:))
    let text = String(decoding: try #require(materials[0]), as: UTF8.self)
    #expect(materials[0] == materials[1])
    for part in ["\"bomFormat\":\"CycloneDX\"", "\"bom-ref\":\"model:tiny\"", "\"expression\":\"Apache-2.0\""] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(try self.materials(in: try #require(contents(of: Hello.built.bundle))) == nil)
    expectSuccess(world.locara("inspect", world.directory("1.locapp")))
  }

  private func materials(in bundle: [UInt8]) throws -> [UInt8]? {
    try tarEntries(of: bundle).map { Array(bundle[$0.content..<$0.content + $0.size]) }
      .first { $0.starts(with: Array("{\"bomFormat\":".utf8)) }
  }
}
