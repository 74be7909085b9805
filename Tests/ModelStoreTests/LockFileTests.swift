import Digests
import ModelStore
import PolicyIR
import SystemIO
import TestSupport
import Testing

@Suite struct LockFileTests {
  static let weights = Digest.of([1])
  static let sample = LockFile(
    models: [
      ModelPin(
        id: "whisper-tiny", role: "speech-to-text", source: "file:models/whisper", revision: "",
        files: [.init(path: "model.gguf", size: 5, digest: Digest.of([3]))], license: "MIT", loading: .eager),
      ModelPin(
        id: "all-minilm-l6-v2", role: "text-to-embedding", source: "hf:sentence-transformers/all-MiniLM-L6-v2",
        revision: "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        files: [
          .init(path: "model.safetensors", size: 90_868_376, digest: weights),
          .init(path: "config.json", size: 612, digest: Digest.of([2])),
        ], license: "Apache-2.0"),
    ],
    facts: [
      weights: ModelFacts(format: .safetensors, parameters: 22_713_216, dimension: 384, quantization: "F32"),
      Digest.of([9]): ModelFacts(format: .gguf),
    ])

  private func read(_ text: String) -> Failure? {
    failure { try LockFile(parsing: Array(text.utf8), path: "locara.lock.json") }
  }

  @Test func theFileIsTheGoldenOneAndReadsBack() throws {
    let lock = LockFileTests.sample
    expectGolden(lock.bytes, "bundles/locara.lock.json")
    #expect(try LockFile(parsing: lock.bytes, path: "x") == lock)
    #expect(try LockFile(parsing: lock.canonicalBytes, path: "x") == lock)
    #expect(lock["all-minilm-l6-v2"]?.files.map(\.path) == ["config.json", "model.safetensors"])
    #expect(lock.facts.count == 1)
    #expect(try LockFile(parsing: LockFile(models: []).bytes, path: "x").models == [])
  }

  @Test func branchesThatChangeDifferentModelsMerge() throws {
    let directory = TemporaryDirectory("merge")
    func lock(_ first: UInt8, _ second: UInt8) -> [UInt8] {
      let pins = ["a", "b"].map { id in
        ModelPin(
          id: id, role: "text-to-text", source: "hf:x/\(id)", revision: "r",
          files: [.init(path: "m.gguf", size: 1, digest: Digest.of([id == "a" ? first : second]))], license: "MIT")
      }
      return LockFile(models: pins).bytes
    }
    directory.write(lock(1, 2), to: "base")
    directory.write(lock(3, 2), to: "ours")
    directory.write(lock(1, 4), to: "theirs")
    let merged = run(["git", "merge-file", "-p", "ours", "base", "theirs"], in: directory.path)
    #expect(merged.status == 0, "\(merged)")
    #expect(merged.bytes == lock(3, 4))
  }

  @Test func badInputIsRefused() {
    let good = String(decoding: LockFileTests.sample.bytes, as: UTF8.self)
    #expect(read(good) == nil)
    let changes: [(String, String)] = [
      ("\"size\": 612", "\"size\": -1"), ("\"size\": 612", "\"size\": 6.5"), ("\"size\": 612", "\"size\": \"612\""),
      ("\"path\": \"config.json\"", "\"path\": \"../config.json\""),
      ("\"path\": \"config.json\"", "\"path\": \"/config.json\""),
      ("\"path\": \"config.json\"", "\"path\": \"a//config.json\""),
      ("\"path\": \"config.json\"", "\"path\": \"model.safetensors\""),
      ("\"path\": \"config.json\"", "\"path\": \"a\\u0000b\""),
      (Digest.of([2]).hexadecimal, "abc"), (Digest.of([2]).hexadecimal, Digest.of([2]).hexadecimal.uppercased()),
      ("\"load\": \"eager\"", "\"load\": \"never\""), ("\"load\": \"eager\"", "\"loud\": \"eager\""),
      ("\"whisper-tiny\"", "\"Whisper\""), ("\"whisper-tiny\"", "\"..\""), ("\"whisper-tiny\"", "\"all-minilm-l6-v2\""),
      ("\"lockVersion\": 1", "\"lockVersion\": \"1\""), ("\"format\": \"safetensors\"", "\"format\": \"pickle\""),
      ("\"role\": \"speech-to-text\"", "\"role\": \"\""),
    ]
    for (old, new) in changes {
      let text = good.replacing(old, with: new, maxReplacements: 1)
      #expect(text != good, "\(old) is not there")
      #expect(read(text)?.code == "LK001", "\(new)")
    }
    #expect(read(good.replacing("\"lockVersion\": 1", with: "\"lockVersion\": 2"))?.code == "LK002")
    for text in ["", "{}", "[]", "\u{FEFF}{}", good + "x", String(good.dropLast(20)), "\u{0}\u{1}\u{2}"] {
      #expect(read(text)?.code == "LK001", "\(text.prefix(10))")
    }
    #expect(read("<<<<<<< ours\n" + good)?.message.contains("merge") == true)
  }
}
