internal import PolicyIR
internal import SandboxPlan
internal import SystemIO

/// What is made different for steps on purpose, to see whether what they make depends on it.
package struct BuildVariation: Hashable, Sendable {
  /// Whether files are created last to first, which gives directories another order on many file systems.
  var isReversed = false
  /// For the steps alone.
  var environment: [LaunchPlan.Variable] = []

  package static let usual = BuildVariation()

  /// Another order of files, and another clock for what the machine's dynamic loader starts, if it has libfaketime.
  package static var other: BuildVariation {
    BuildVariation(isReversed: true, environment: clock.map { $0.map { .init($0.key, $0.value) } } ?? [])
  }

  /// The library that makes programs see another time; nil when this machine has none.
  static let clockLibrary: String? = {
    guard let names = try? Directories.names(in: "/usr/lib") else { return nil }
    let places = names.filter { $0.hasSuffix("-linux-gnu") }.map { "/usr/lib/\($0)" } + ["/usr/lib", "/usr/lib64"]
    return places.map { "\($0)/faketime/libfaketime.so.1" }.first { Files.exists($0) }
  }()

  /// Variables for another clock; nil when this machine has no library for it.
  static var clock: [String: String]? {
    clockLibrary.map {
      [
        "LD_PRELOAD": $0, "FAKETIME": "@2031-12-31 23:59:59", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",
      ]
    }
  }
}
