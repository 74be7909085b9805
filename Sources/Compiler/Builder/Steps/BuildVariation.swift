internal import PolicyIR
internal import SandboxPlan
internal import SystemIO

/// What is made different for steps on purpose, to see whether what they make depends on it.
package struct BuildVariation: Hashable, Sendable {
  /// Whether files are created last to first, which gives directories another order on many file systems.
  var isReversed = false
  /// Added to what steps see.
  var mounts: [PlanMount] = []

  package static let usual = BuildVariation()

  /// Another order of files, and another clock for what the machine's dynamic loader starts, if it has libfaketime. The
  /// loader and the library are told by files: a step's environment stays what it is.
  package static var other: BuildVariation {
    guard let clockLibrary else { return BuildVariation(isReversed: true) }
    return BuildVariation(
      isReversed: true,
      mounts: [
        PlanMount(.file(content: "\(clockLibrary)\n"), at: "/etc/ld.so.preload"),
        PlanMount(.file(content: "\(time)\n"), at: "/etc/faketimerc"),
      ])
  }

  private static let time = "@2031-12-31 23:59:59"

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
        "LD_PRELOAD": $0, "FAKETIME": time, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
      ]
    }
  }
}
