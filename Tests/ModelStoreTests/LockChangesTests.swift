import Digests
import Glibc
import ModelStore
import PolicyIR
import SystemIO
import TestSupport
import Testing

/// Comparison, merge and roots: what happens to locks over time.
@Suite struct LockChangesTests {
  private func pin(_ id: String, _ revision: String, license: String = "MIT") -> ModelPin {
    ModelPin(
      id: id, role: "text-to-text", source: "hf:acme/\(id)", revision: revision,
      files: [.init(path: "m.gguf", size: 3, digest: Digest.of(Array(revision.utf8)))], license: license)
  }

  private func lock(_ revisions: [String: String]) -> LockFile {
    LockFile(models: revisions.map { pin($0.key, $0.value) })
  }

  @Test func theLockKeepsWhatWasAskedForAndTheSourcesIDs() throws {
    let name = LockFile.FileName(model: "a", path: "m.gguf")
    let lock = LockFile(
      models: [pin("a", "1")], facts: [Digest.of(Array("1".utf8)): ModelFacts(format: .gguf, tokenizer: "gpt2")],
      requested: ["a": "main", "gone": "main"], sourceIDs: [name: "abc", .init(model: "gone", path: "x"): "d"])
    let read = try LockFile(parsing: lock.bytes, path: "l")
    #expect(read == lock)
    #expect(read.requested == ["a": "main"])
    #expect(read.sourceIDs == [name: "abc"])
  }

  @Test func comparisonSaysWhatChanged() {
    let changes = LockComparison(from: lock(["a": "1", "b": "1"]), to: lock(["a": "2", "c": "1"])).changes.map(\.text)
    #expect(
      changes == [
        "~ a m.gguf: sha256: \(Digest.of(Array("1".utf8)).hexadecimal) -> \(Digest.of(Array("2".utf8)).hexadecimal)",
        "~ a revision: 1 -> 2", "- b: hf:acme/b@1, 1 files, 3 bytes", "+ c: hf:acme/c@1, 1 files, 3 bytes",
      ])
    #expect(LockComparison(from: lock(["a": "1"]), to: lock(["a": "1"])).changes.isEmpty)
  }

  /// A merge has every change of either side; it is in conflict exactly where both sides differ from the ancestor and
  /// from each other.
  @Test func mergesHaveTheChangesOfBothSides() throws {
    var generator = SplitMix64(seed: 5)
    for _ in 0..<500 {
      func some() -> [String: String] {
        var chosen: [String: String] = [:]
        for id in ["a", "b", "c"] { chosen[id] = ["1", "2", "3", nil].randomElement(using: &generator) ?? nil }
        return chosen
      }
      let (base, left, right) = (some(), some(), some())
      let merge = LockMerge(ancestor: lock(base), ours: lock(left), theirs: lock(right))
      var expected: [String: String] = [:]
      var conflicts: [String] = []
      for id in ["a", "b", "c"] {
        if left[id] != right[id], left[id] != base[id], right[id] != base[id] {
          conflicts.append(id)
          expected[id] = left[id]
        } else {
          expected[id] = left[id] == base[id] ? right[id] : left[id]
        }
      }
      #expect(merge.conflicts == conflicts)
      #expect(merge.ours == lock(expected).bytes)
    }
  }

  @Test func rootsAreForgottenWithTheirLocks() throws {
    let directory = TemporaryDirectory("roots")
    let store = ModelStore(root: directory("store"))
    let paths = ["one", "two"].map { directory.write("{}", to: "\($0)/locara.lock.json") }
    for path in paths + paths { try store.addRoot(path) }
    #expect(try store.roots() == paths)
    #expect(unlink(paths[0]) == 0)
    #expect(try store.roots() == [paths[1]])
    #expect(try Directories.names(in: directory("store/roots")).count == 1)
  }

  @Test func manyFilesAreVerifiedAtOnce() throws {
    let directory = TemporaryDirectory("verify")
    let store = ModelStore(root: directory("store"))
    var digests: [Digest] = []
    for seed in 0..<20 { digests.append(try store.insert([UInt8](repeating: UInt8(seed), count: 1000 * seed)).digest) }
    #expect(store.verify(digests, atOnce: 7).allSatisfy { $0 == nil })
    let path = store.path(of: digests[5])
    #expect(chmod(path, 0o644) == 0)
    try Files.replace(path, with: [1])
    let problems = store.verify(digests + [Digest.of([99])], atOnce: 3)
    #expect(problems.map { $0?.code } == (0..<20).map { $0 == 5 ? "LK005" : nil } + ["LK003"])
  }
}
