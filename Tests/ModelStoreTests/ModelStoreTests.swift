import Digests
import Glibc
import ModelStore
import SystemIO
import TestSupport
import Testing

/// The failure that `body` ends with; nil when it succeeds.
func failure<Result>(of body: () throws -> Result) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure ?? Failure("none", "\(error)")
  }
}

@Suite struct ModelStoreTests {
  let directory = TemporaryDirectory("models")
  var store: ModelStore { ModelStore(root: directory("store")) }

  private func weights(_ count: Int = 700_000, seed: UInt64 = 1) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    return generator.bytes(count)
  }

  @Test func aFileIsTakenInOnlyWhenItIsTheLockedOne() throws {
    let bytes = weights()
    let digest = Digest.of(bytes)
    let source = directory.write(bytes, to: "model.safetensors")
    let size = Int64(bytes.count)
    #expect(try ModelStore.measure(source) == ModelStore.Item(digest: digest, size: size))
    #expect(failure { try store.importFile(source, size: size + 1, digest: digest) }?.code == "LK004")
    #expect(failure { try store.importFile(source, size: size, digest: Digest.of([1])) }?.code == "LK004")
    #expect(try store.list() == [])
    #expect(!store.contains(digest))
    #expect(failure { try store.verified(digest, size: size, label: "m") }?.code == "LK003")

    let path = try store.importFile(source, size: size, digest: digest)
    #expect(path == store.path(of: digest))
    #expect(contents(of: path) == bytes)
    #expect(try FileIdentity(of: path).mode == UInt32(S_IFREG) | 0o444)
    #expect(try store.verified(digest, size: size, label: "m") == path)
    #expect(try store.list() == [ModelStore.Item(digest: digest, size: size)])
    // A file of the same size that is another one is refused, although the store has the right one.
    let wrong = directory.write(weights(seed: 2), to: "wrong")
    #expect(failure { try store.importFile(wrong, size: size, digest: digest) }?.code == "LK004")
    #expect(contents(of: path) == bytes)
    // The source does not reach into the store.
    directory.write([1], to: "model.safetensors")
    #expect(contents(of: path) == bytes)
  }

  @Test func whatIsNoFileIsRefused() throws {
    let digest = Digest.of([])
    #expect(failure { try store.importFile(directory.path, size: 0, digest: digest) }?.code == "LX002")
    #expect(failure { try store.importFile("/dev/zero", size: 0, digest: digest) }?.code == "LX003")
    #expect(failure { try store.importFile(directory("none"), size: 0, digest: digest) }?.code == "LX007")
    let empty = directory.write([], to: "empty")
    #expect(contents(of: try store.importFile(empty, size: 0, digest: digest)) == [])
  }

  @Test func damageIsFound() throws {
    let bytes = weights()
    let digest = Digest.of(bytes)
    let source = directory.write(bytes, to: "source")
    let size = Int64(bytes.count)
    let path = try store.importFile(source, size: size, digest: digest)
    chmod(path, 0o644)
    // Only the rights changed: hashed again and accepted.
    #expect(try store.verified(digest, size: size, label: "m") == path)
    var bad = bytes
    bad[bytes.count / 2] ^= 1
    directory.write(bad, to: String(path.dropFirst(directory.path.count + 1)))
    #expect(failure { try store.verified(digest, size: size, label: "m") }?.code == "LK005")
    #expect(failure { try store.verify(digest) }?.code == "LK005")
    // Importing again mends it.
    try store.importFile(source, size: size, digest: digest)
    try store.verify(digest)
    #expect(run(["truncate", "-s", "10", path]).status == 0)
    #expect(failure { try store.verified(digest, size: size, label: "m") }?.code == "LK005")
  }

  @Test func collectionRemovesWhatNobodyNeeds() throws {
    var digests: [Digest] = []
    for seed in 1...3 {
      let bytes = weights(100, seed: UInt64(seed))
      digests.append(Digest.of(bytes))
      try store.importFile(directory.write(bytes, to: "f"), size: 100, digest: Digest.of(bytes))
    }
    let removed = try store.collect(keeping: [digests[1]])
    #expect(removed.map(\.digest) == [digests[0], digests[2]].sorted())
    #expect(try store.list().map(\.digest) == [digests[1]])
    try store.verify(digests[1])
  }

  @Test func manyAtOnceAgree() async throws {
    let bytes = weights()
    let digest = Digest.of(bytes)
    let source = directory.write(bytes, to: "source")
    let store = self.store
    await withTaskGroup(of: Failure?.self) { group in
      for _ in 0..<16 {
        group.addTask { failure { try store.importFile(source, size: Int64(bytes.count), digest: digest) } }
      }
      for await found in group { #expect(found == nil) }
    }
    try store.verify(digest)
    let shard = Files.parent(of: store.path(of: digest))
    #expect(try Directories.names(in: shard) == [digest.hexadecimal])
  }

  @Test func aFullDiskLeavesNothing() throws {
    let mount = directory("small")
    try Directories.create(mount)
    let outcome = run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", mount])
    guard outcome.status == 0 else {
      #expect(!Locations.isContinuousIntegration, "\(outcome)")
      return
    }
    defer { _ = run(["umount", mount]) }
    let bytes = weights()
    let source = directory.write(bytes, to: "source")
    let small = ModelStore(root: "\(mount)/models")
    let full = failure { try small.importFile(source, size: Int64(bytes.count), digest: Digest.of(bytes)) }
    #expect(full?.errno == ENOSPC)
    #expect(try small.list() == [])
    #expect(entries(below: mount).filter { $0.contains(".locara-") } == [])
  }
}
