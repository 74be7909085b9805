import CanonicalJSON
import TestSupport
import Testing

/// The cases that fuzzing starts from, and those that it found: `scripts/fuzz json`.
@Suite struct JSONFuzzCorpusTests {
  @Test(arguments: entries(below: Locations.fixture("fuzz/json")))
  func whatIsReadIsWrittenAsItIs(name: String) throws {
    let bytes = try #require(contents(of: Locations.fixture("fuzz/json/\(name)")))
    let limits = JSONLimits(bytes: 1 << 20, depth: 64, values: 100_000)
    guard let json = try? JSON(parsing: bytes, limits: limits) else {
      #expect(["bom", "cut", "depth", "duplicate", "lone-surrogate"].contains(name), "\(name) is refused")
      return
    }
    let written = json.canonicalBytes
    #expect(try JSON(parsing: written, limits: limits) == json)
    #expect(try JSON(parsing: written, limits: limits).canonicalBytes == written)
  }
}
