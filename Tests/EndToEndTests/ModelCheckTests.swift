import Digests
import Glibc
import TestSupport
import Testing

/// What the lock says of models, held against the manifest: one app for each thing that can be wrong.
@Suite struct ModelCheckTests {
  /// An app whose model lies in a directory beside its manifest, locked.
  private struct LocalApp {
    let world = World("checks")
    let manifest: String

    /// - Parameters:
    ///   - files: of the model, by name.
    ///   - more: what the manifest says beside the model.
    init(role: String = "text-to-embedding", files: [String: [UInt8]], more: String = "") throws {
      let app = world.copy(app: "hello-c")
      manifest = "\(app)/locara.yaml"
      let text = String(decoding: try #require(contents(of: manifest)), as: UTF8.self)
      let names = files.keys.sorted().joined(separator: ", ")
      world.directory.write(
        """
        \(text)
        modalities: [\(role)]
        models:
          - {id: tiny, role: \(role), source: "file:weights", files: [\(names)], license: MIT}
        \(more)
        """, to: "hello-c/locara.yaml")
      for (name, bytes) in files { world.directory.write(bytes, to: "hello-c/weights/\(name)") }
      expectSuccess(world.locara("lock", manifest))
    }

    func check() -> Outcome { world.locara("check", manifest) }
  }

  /// A GGUF file of version 3 without tensors, of an architecture.
  private static func gguf(architecture: String) -> [UInt8] {
    func number<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    func text(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + Array(text.utf8) }
    return Array("GGUF".utf8) + number(UInt32(3)) + number(UInt64(0)) + number(UInt64(2))
      + text("general.architecture") + number(UInt32(8)) + text(architecture)
      + text("tokenizer.ggml.model") + number(UInt32(8)) + text("gpt2")
  }

  private func expectWarning(_ outcome: Outcome, _ code: String, naming words: String...) {
    #expect(outcome.status == 0, "\(outcome)")
    for word in [code] + words { #expect(outcome.errors.contains(word), "no \(word): \(outcome)") }
  }

  @Test func anArchitectureServesItsRolesOnly() throws {
    let wrong = try LocalApp(role: "text-to-text", files: ["m.gguf": Self.gguf(architecture: "bert")])
    expectRefused(wrong.check(), status: 65, codes: ["LK030"], naming: ["`bert`", "text-to-embedding"])
    let right = try LocalApp(role: "text-to-embedding", files: ["m.gguf": Self.gguf(architecture: "bert")])
    let outcome = right.check()
    #expect(outcome.status == 0 && !outcome.errors.contains("LK0"), "\(outcome)")
    // One that no table has may serve anything.
    let unknown = try LocalApp(role: "text-to-text", files: ["m.gguf": Self.gguf(architecture: "llama")])
    #expect(unknown.check().status == 0)
  }

  @Test func weightsOfNoKnownFormatAreSaid() throws {
    let app = try LocalApp(files: ["weights.dat": Array("anything".utf8), "tokenizer.json": Array("{}".utf8)])
    expectWarning(app.check(), "LK031", naming: "safetensors, GGUF or ONNX")
  }

  @Test func aMissingTokenizerIsSaid() throws {
    let weights = HubApp.weights(1000, seed: 1)
    expectWarning(
      try LocalApp(files: ["m.safetensors": weights]).check(), "LK032", naming: "`tokenizer.json`")
    let whole = try LocalApp(files: ["m.safetensors": weights, "tokenizer.json": Array("{}".utf8)]).check()
    #expect(whole.status == 0 && !whole.errors.contains("LK032"), "\(whole)")
  }

  @Test func weightsThatDoNotFitInMemoryAreSaid() throws {
    // Between the profile's limit and that of the app.
    let weights = HubApp.weights(3 << 20, seed: 1)
    let app = try LocalApp(
      files: ["m.safetensors": weights, "tokenizer.json": Array("{}".utf8)],
      more: """
        profiles:
          small: {min_ram_gb: 1, limits: {memory: 2MiB}}
          large: {min_ram_gb: 1, limits: {memory: 4MiB}}
        """)
    let outcome = app.check()
    expectWarning(outcome, "LK035", naming: "the profile `small`", "\(weights.count) bytes")
    for place in ["the profile `large`", "`limits`\n"] {
      #expect(!outcome.errors.contains("memory of \(place)"), "\(outcome)")
    }
    let text = String(decoding: try #require(contents(of: app.manifest)), as: UTF8.self)
    app.world.directory.write(
      text.split(separator: "memory: 256MiB", omittingEmptySubsequences: false).joined(separator: "memory: 3MiB"),
      to: "hello-c/locara.yaml")
    expectWarning(app.check(), "LK035", naming: "the memory of `limits`")
  }

  /// The compiler sees a commit in the lock, and it is of another branch than the manifest names now.
  @Test func anotherBranchThanTheLockedOneIsRefused() throws {
    let app = try HubApp()
    expectSuccess(app.locara("lock", app.manifest))
    expectSuccess(app.locara("check", app.manifest))
    try app.change("@main", "@next")
    expectRefused(app.locara("check", app.manifest), status: 65, codes: ["LK034"], naming: ["locked for `main`"])
  }

  /// A lock that was edited by hand, or made from a server that lied about the header.
  @Test func factsThatTheFileDoesNotBearOutAreRefused() throws {
    let app = try HubApp()
    expectSuccess(app.locara("lock", app.manifest))
    let lock = app.lock
    let changed = lock.split(separator: "\"parameters\": 200000", omittingEmptySubsequences: false)
    #expect(changed.count == 2)
    app.world.directory.write(changed.joined(separator: "\"parameters\": 200001"), to: "hello-c/locara.lock.json")
    expectRefused(
      app.locara("model", "fetch", app.manifest, "--locked"), status: 65, codes: ["LK015"],
      naming: ["tiny/model.safetensors", "--update tiny"])
    app.world.directory.write(lock, to: "hello-c/locara.lock.json")
    expectSuccess(app.locara("model", "fetch", app.manifest, "--locked"))
  }

  @Test func modelsThatCannotBeDoneAnythingWithAreNamed() throws {
    let local = try LocalApp(files: ["m.safetensors": HubApp.weights(10, seed: 1), "tokenizer.json": Array("{}".utf8)])
    expectRefused(
      local.world.locara("model", "fetch", local.manifest, "--locked", "--id", "none"), status: 65, codes: ["LK013"],
      naming: ["`none`", "tiny"])
    expectSuccess(local.world.locara("model", "fetch", local.manifest, "--locked"))
    expectRefused(
      local.world.locara("model", "export", local.manifest, "--to", local.world.directory("hub")), status: 65,
      codes: ["LK025"], naming: ["`tiny`"])
    for (name, value) in [("HF_ENDPOINT", "hub.example.com"), ("LOCARA_MIRRORS", "https://a.example.com,ftp://b")] {
      expectRefused(
        local.world.locara(["model", "fetch", local.manifest], environment: [name: value]), status: 65,
        codes: ["LK026"], naming: [name])
    }
  }
}
