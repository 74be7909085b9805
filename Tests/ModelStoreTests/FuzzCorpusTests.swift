import ModelStore
import SystemIO
import TestSupport
import Testing

/// The cases that fuzzing starts from, and those that it found: `scripts/fuzz header`. The first byte of each says which
/// reader gets the rest, as in the harness.
@Suite struct HeaderFuzzCorpusTests {
  private static let accepted: Set<String> = [
    "safetensors", "safetensors-empty", "gguf", "gguf-version-2", "gguf-empty", "gguf-nested-arrays", "onnx", "lock",
  ]

  @Test(arguments: entries(below: Locations.fixture("fuzz/header")))
  func headersReadTheSameInPiecesOfAnySize(name: String) throws {
    let bytes = try #require(contents(of: Locations.fixture("fuzz/header/\(name)")))
    let input = Array(bytes.dropFirst())
    let kind = Int(try #require(bytes.first)) % 5
    guard kind < 4 else {
      let lock = try LockFile(parsing: input, path: name)
      #expect(try LockFile(parsing: lock.bytes, path: name).bytes == lock.bytes)
      return
    }
    let file = ["m.safetensors", "m.gguf", "m.onnx", "m.bin"][kind]
    let results = [1, 7, Int.max].map { step in
      Result { () throws(Failure) in
        try ModelFacts.read(size: Int64(input.count), path: name, name: file) { (offset, count) throws(HeaderProblem) in
          Array(input[Int(offset)...].prefix(min(count, step)))
        }
      }
    }
    #expect(results.allSatisfy { $0 == results[0] }, "\(results)")
    switch results[0] {
    case .success(let facts):
      #expect(Self.accepted.contains(name), "\(name) is accepted: \(String(describing: facts))")
    case .failure(let failure):
      #expect(!Self.accepted.contains(name) && ["LK007", "LK008"].contains(failure.code), "\(name): \(failure)")
    }
  }
}
