import BundleFormat
import SystemIO
import TestSupport
import Testing

/// The cases that fuzzing starts from, and those that it found: `scripts/fuzz archive`. The first byte names the reader.
@Suite struct FuzzCorpusTests {
  static let cases = entries(below: Locations.fixture("fuzz/archive")).filter { $0.hasPrefix("bundle") }

  @Test(arguments: cases)
  func nothingIsWrittenBeside(name: String) throws {
    let directory = TemporaryDirectory("fuzz")
    let bytes = try #require(contents(of: Locations.fixture("fuzz/archive/\(name)")))
    #expect(bytes.first == 0)
    let path = directory.write(Array(bytes.dropFirst()), to: "input")
    let problem = failure {
      try Bundle.open(path).extractPayload(to: directory("payload"))
    }
    #expect((problem == nil) == ["bundle", "bundle-fat"].contains(name), "\(problem?.description ?? "accepted")")
    #expect(Set(try Directories.names(in: directory.path)).subtracting(["input", "payload"]) == [])
  }
}
