import Digests
import Glibc
import ModelSources
import ModelStore
import PolicyIR
import SystemIO
import TestSupport
import Testing

/// The caches of other tools: used when they are right, passed over when they are not.
@Suite struct LocalStoreTests {
  let place: Place
  let bytes = Place.weights(200_000)
  var model: ModelPin { place.model(["model.safetensors": bytes]) }
  var digest: Digest { Digest.of(bytes) }

  init() throws {
    place = try Place()
    place.settings.isOffline = true
    place.settings.hubCaches = [place.directory("hub")]
    place.settings.ollamaStores = [place.directory("ollama")]
  }

  private func putInCache(_ content: [UInt8], mode: mode_t = 0o644) {
    let repository = "hub/models--acme--tiny"
    let blob = place.directory.write(content, to: "\(repository)/blobs/\(digest.hexadecimal)")
    chmod(blob, mode)
    place.directory.write(Place.commit, to: "\(repository)/refs/main")
    place.directory.write("", to: "\(repository)/snapshots/\(Place.commit)/.keep")
    symlink(
      "../../blobs/\(digest.hexadecimal)", place.directory("\(repository)/snapshots/\(Place.commit)/model.safetensors"))
  }

  @Test func theHubCacheServes() throws {
    putInCache(bytes)
    let blob = place.directory("hub/models--acme--tiny/blobs/\(digest.hexadecimal)")
    #expect(try place.fetch(model) == [.taken(from: blob)])
    try place.expectCleanStore(1)
    // One file with two names, unless the file system shares blocks.
    let (inCache, inStore) = (try FileIdentity(of: blob), try FileIdentity(of: place.store.path(of: digest)))
    #expect(inCache.inode == inStore.inode || inCache.size == inStore.size)
  }

  @Test func whatOthersCanWriteIsCopied() throws {
    putInCache(bytes, mode: 0o666)
    _ = try place.fetch(model)
    let blob = place.directory("hub/models--acme--tiny/blobs/\(digest.hexadecimal)")
    #expect(try FileIdentity(of: blob).inode != FileIdentity(of: place.store.path(of: digest)).inode)
    try place.expectCleanStore(1)
  }

  @Test func aCorruptedCacheIsPassedOver() throws {
    var wrong = bytes
    wrong[100_000] ^= 1
    putInCache(wrong)
    #expect(failure { try place.fetch(model) }?.code == "LK021")
    #expect(place.notes.notes.contains { $0.contains("not taken from") }, "\(place.notes.notes)")
    try place.expectCleanStore(0)
    // The right copy of another tool is found all the same.
    place.directory.write(bytes, to: "ollama/blobs/sha256-\(digest.hexadecimal)")
    _ = try place.fetch(model)
    try place.expectCleanStore(1)
  }

  @Test func aLinkOutOfTheCacheIsNotFollowed() throws {
    place.directory.write(bytes, to: "elsewhere")
    place.directory.write("", to: "hub/models--acme--tiny/snapshots/\(Place.commit)/.keep")
    symlink(
      place.directory("elsewhere"),
      place.directory("hub/models--acme--tiny/snapshots/\(Place.commit)/model.safetensors"))
    #expect(failure { try place.fetch(model) }?.code == "LK021")
  }

  @Test func lockingWorksFromTheCacheAlone() throws {
    putInCache(bytes)
    let pinned = try place.fetcher.pin(
      .hub(repository: Place.repository, revision: "main"), paths: ["model.safetensors"], label: "tiny",
      acceptsPickle: false)
    #expect(pinned.revision == Place.commit)
    #expect(pinned.files[0].file.digest == digest)
    #expect(pinned.files[0].sourceID == digest.hexadecimal)
    #expect(place.hub.requests.isEmpty)
  }

  @Test func aFileSourceIsCopied() throws {
    place.directory.write(bytes, to: "files/model.safetensors")
    let model = place.model(["model.safetensors": bytes], source: "file:files", revision: "")
    #expect(try place.fetch(model) == [.taken(from: place.directory("files/model.safetensors"))])
    #expect(
      try FileIdentity(of: place.directory("files/model.safetensors")).inode
        != FileIdentity(of: place.store.path(of: digest)).inode)
  }
}
