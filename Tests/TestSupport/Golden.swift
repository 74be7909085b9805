internal import Foundation
package import Testing

/// Expects `bytes` to be what the file `fixtures/PATH` holds.
///
/// With `LOCARA_GOLDEN=record` in the environment the file is written anew, and the expectation fails all the same: a
/// run that records is no run that passes. Read the difference with `git diff` before you commit it.
package func expectGolden(
  _ bytes: [UInt8], _ path: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let file = Locations.fixture(path)
  let expected = contents(of: file)
  if expected == bytes { return }
  if Locations.environment("LOCARA_GOLDEN") == "record" {
    let parent = String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: file))
      Issue.record("recorded fixtures/\(path); run again without LOCARA_GOLDEN", sourceLocation: sourceLocation)
    } catch {
      Issue.record("cannot record fixtures/\(path): \(error)", sourceLocation: sourceLocation)
    }
    return
  }
  let advice = "`make golden` records what the program says now"
  guard let expected else {
    Issue.record("fixtures/\(path) does not exist; \(advice)", sourceLocation: sourceLocation)
    return
  }
  Issue.record(
    "fixtures/\(path) differs; \(advice)\n\(firstDifference(expected, bytes))", sourceLocation: sourceLocation)
}

/// As `expectGolden(_:_:)`, of a text.
package func expectGolden(_ text: String, _ path: String, sourceLocation: SourceLocation = #_sourceLocation) {
  expectGolden(Array(text.utf8), path, sourceLocation: sourceLocation)
}

/// Where two byte strings part, with the line for texts.
package func firstDifference(_ expected: [UInt8], _ found: [UInt8]) -> String {
  let offset = zip(expected, found).enumerated().first { $0.element.0 != $0.element.1 }?.offset
  let at = offset ?? min(expected.count, found.count)
  let line = expected[..<at].count { $0 == 0x0A } + 1
  func around(_ bytes: [UInt8]) -> String {
    let start = bytes[..<min(at, bytes.count)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let rest = bytes[start...].prefix(while: { $0 != 0x0A }).prefix(240)
    return rest.isEmpty && start >= bytes.count ? "(end)" : String(decoding: rest, as: UTF8.self)
  }
  return """
    byte \(at), line \(line); \(expected.count) bytes expected, \(found.count) found
    expected: \(around(expected))
       found: \(around(found))
    """
}
