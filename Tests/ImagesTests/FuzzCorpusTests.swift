import Images
import SystemIO
import TestSupport
import Testing

/// The cases that fuzzing starts from, and those that it found: `scripts/fuzz archive`.
@Suite struct ImageFuzzCorpusTests {
  static let cases = entries(below: Locations.fixture("fuzz/archive")).filter { $0.hasPrefix("image") }

  @Test(arguments: cases)
  func nothingIsWrittenBeside(name: String) throws {
    let directory = TemporaryDirectory("fuzz")
    let bytes = try #require(contents(of: Locations.fixture("fuzz/archive/\(name)")))
    #expect(bytes.first == 1)
    let path = directory.write(Array(bytes.dropFirst()), to: "input")
    let image = try ImageLayout(path)
    for digest in try image.digests() {
      try Directories.create(directory("image"))
      let isHarmless = (try? image.unpack(digest, architecture: "amd64", to: directory("image"))) != nil
      #expect(isHarmless == (name != "image-climbs"), "\(name)")
    }
    #expect(try Directories.names(in: directory.path) == ["image", "input"])
  }
}
