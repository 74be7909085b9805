import BundleStore
import Digests
import Glibc
import SystemIO
import TestSupport
import Testing

@Suite struct StoreTests {
  let directory = TemporaryDirectory("store")
  var store: BundleStore { BundleStore(root: directory("store")) }

  @Test func aBundleIsUnpackedOnceAndFoundAgain() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    let first = try store.open(path)
    #expect(first.bundle.digest == digest)
    #expect(contents(of: "\(first.payloadDirectory)/share/text") == Array("text".utf8))
    #expect(first.bundle.contents(of: .schema) == Sample.layers[8].1)
    let identity = try FileIdentity(of: "\(first.payloadDirectory)/share/text")
    let second = try store.open(path)
    #expect(try FileIdentity(of: "\(second.payloadDirectory)/share/text") == identity)
    #expect(try store.list() == [digest])
    #expect(try store.find(digest) != nil)
    #expect(try store.find(Digest.of([1])) == nil)
    try store.verify(digest)
    #expect(try Directories.names(in: "\(store.root)/bundles") == [digest.hexadecimal])
  }

  @Test func aDamagedCopyOfAKnownBundleIsRefused() throws {
    let (path, _) = try Sample.bundle(in: directory)
    _ = try store.open(path)
    var bytes = try #require(contents(of: path))
    let offset = try #require(bytes.firstRange(of: Array("echo hello".utf8))?.lowerBound)
    bytes[offset] ^= 1
    directory.write(bytes, to: "copy.locapp")
    #expect(failure { try store.open(directory("copy.locapp")) }?.code == "LB004")
    directory.write(bytes, to: "sample.locapp")
    #expect(failure { try store.open(path) }?.code == "LB004")
  }

  @Test func anUnchangedFileIsNotReadAgain() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    // Older than any tick of a file system's clock.
    sleep(3)
    _ = try store.open(path)
    #expect(try Directories.names(in: "\(store.root)/opened").count == 1)
    #expect(try store.open(path).bundle.digest == digest)
    directory.write("other", to: "sample.locapp")
    #expect(failure { try store.open(path) }?.code == "LB001")
  }

  @Test(arguments: [
    "echo TEXT > new; mv -f new share/text", "printf TEXT > share/text", "chmod 755 share; echo > share/added",
    "chmod 755 share; rm -f share/link", "chmod 755 share/text", "chmod 755 share; ln -sfn /etc share/link",
    "chmod 755 share/empty; mkdir share/empty/more",
  ])
  func tamperingIsFoundAndMended(change: String) throws {
    let (path, digest) = try Sample.bundle(in: directory)
    let payload = try store.open(path).payloadDirectory
    let outcome = run(["sh", "-c", "chmod 755 . share; chmod 644 share/text; \(change)"], in: payload)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(failure { try store.find(digest) }?.code == "LB012")
    #expect(failure { try store.verify(digest) }?.code == "LB012")
    let mended = try store.open(path)
    #expect(contents(of: "\(mended.payloadDirectory)/share/text") == Array("text".utf8))
    try store.verify(digest)
  }

  @Test func aMovedStoreIsVerifiedAgainAndUsed() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    _ = try store.open(path)
    #expect(run(["cp", "-r", store.root, directory("copy")]).status == 0)
    let copy = BundleStore(root: directory("copy"))
    #expect(try copy.find(digest) != nil)
    let head = "copy/bundles/\(digest.hexadecimal)/head"
    var bytes = try #require(contents(of: directory(head)))
    bytes[2000] ^= 1
    #expect(chmod(directory(head), 0o644) == 0)
    directory.write(bytes, to: head)
    #expect(failure { try copy.find(digest) }?.code == "LB012")
  }

  @Test func collectionSparesWhatIsKeptAndWhatIsInUse() throws {
    let (path, digest) = try Sample.bundle(in: directory)
    var configuration = Sample.configuration
    configuration.version = "0.2.0"
    let other = try Sample.writer(configuration).write(to: directory("other.locapp"))
    do {
      let held = try store.open(path)
      _ = try store.open(directory("other.locapp"))
      #expect(try store.collect(keeping: []) == [other])
      #expect(try store.list() == [digest])
      withExtendedLifetime(held) {}
    }
    #expect(try store.collect(keeping: [digest]) == [])
    #expect(try store.collect(keeping: []) == [digest])
    #expect(try store.list() == [])
    #expect(try Directories.names(in: "\(store.root)/bundles") == [])
    #expect(try store.open(path).bundle.digest == digest)
  }

  @Test func manyAtOnceAgree() async throws {
    let (path, digest) = try Sample.bundle(in: directory)
    let store = self.store
    try await withThrowingTaskGroup(of: Digest.self) { group in
      for number in 0..<24 {
        group.addTask {
          if number % 6 == 5 { _ = try store.collect(keeping: []) }
          return try store.open(path).bundle.digest
        }
      }
      for try await found in group { #expect(found == digest) }
    }
    try store.verify(digest)
    #expect(try Directories.names(in: "\(store.root)/bundles") == [digest.hexadecimal])
  }
}
