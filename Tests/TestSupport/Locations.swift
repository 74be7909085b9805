// INVARIANT: this target holds what more than one suite needs, and nothing of any module: it depends on no target, so
// that a module's tests never pull in another module.

internal import Foundation

/// Where things are: the repository, its fixtures, and the programs of the build that is under test.
package enum Locations {
  /// The repository's root, an absolute path.
  package static let repository: String = {
    // …/Tests/TestSupport/Locations.swift
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  package static func fixture(_ path: String) -> String { "\(repository)/fixtures/\(path)" }

  /// The directory of the programs that were built with the running tests.
  package static let products: String = {
    // The test bundle is an executable `….xctest` in that directory; with SwiftPM's helper as the process, it is an
    // argument of that helper.
    let candidates = [executablePath] + CommandLine.arguments
    guard let bundle = candidates.first(where: { $0.hasSuffix(".xctest") }) else {
      return "\(repository)/.build/debug"
    }
    return String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)])
  }()

  /// The command-line tool: `LOCARA` in the environment, or the one that was built with the tests.
  package static let locara = environment("LOCARA") ?? "\(products)/locara"
  /// The program beside it that has every verb but `run`.
  package static let locaraCompiler = "\(locara)-compiler"

  /// A variable of the tests' environment; nil when it is missing or empty.
  package static func environment(_ name: String) -> String? {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
    return value
  }

  /// Whether the tests run in continuous integration, where nothing may be left out.
  package static let isContinuousIntegration = environment("CI") == "true"

  private static let executablePath =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
}
