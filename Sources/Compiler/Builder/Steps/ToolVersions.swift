internal import CanonicalJSON
internal import PolicyIR
internal import SystemIO

/// What the tools of this machine are, as far as the cache of steps has to know: another value, and steps run again.
///
/// An image is known by its digest. The machine's `/usr` is known by what stat(2) says of its directories, down to the
/// second level, of the package managers' databases and of the program itself: a program that is installed, removed or
/// replaced changes one of these. Nothing of it reaches a bundle.
enum ToolVersions {
  static func of(_ command: [String], runtime: RuntimeEnvironment) throws(Failure) -> JSON {
    switch runtime {
    case .image(let reference): return ["image": .string(reference)]
    case .host:
      var facts: [JSON] = []
      if let program = command.first, !program.contains("/") || program.hasPrefix("/") {
        facts.append(.string(identity(program.hasPrefix("/") ? program : "/usr/bin/\(program)")))
      }
      return ["program": .array(facts), "machine": .array(machine().map { .string($0) })]
    }
  }

  private static let databases = [
    "/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages.db", "/lib/apk/db/installed",
    "/var/lib/pacman/local",
  ]

  static func machine() -> [String] {
    var facts = databases.map(identity)
    func visit(_ directory: String, depth: Int) {
      facts.append(identity(directory))
      let last = Files.name(of: directory)
      guard depth > 0, !["bin", "sbin", "share"].contains(last), let names = try? Directories.names(in: directory)
      else { return }
      for name in names {
        let path = "\(directory)/\(name)"
        if (try? Directories.kind(of: path)) == .directory { visit(path, depth: depth - 1) }
      }
    }
    visit("/usr", depth: 2)
    return facts
  }

  /// Links are followed: `/usr/bin/cc` is mostly one.
  private static func identity(_ path: String) -> String {
    guard let file = try? FileDescriptor.open(path, 0o10000000), let status = try? file.status(path: path) else {
      return "\(path) -"
    }
    return "\(path) \(FileIdentity(status).text)"
  }
}
