package import BundleFormat
internal import Diagnostics
package import Digests
internal import Glibc
internal import Lowering
internal import PolicyIR
package import SystemIO

/// Builds twice under conditions that are deliberately different, and compares.
///
/// The first build is one as ever. The second is made by another process of this program, from a copy of the sources in
/// another directory, with another order of directory entries, temporary directory, home, user name, locale, time zone,
/// umask, host name and time. Neither takes steps from the cache.
package struct BuildCheck {
  package struct Outcome: Sendable {
    /// Of the first build, which is the one that was written.
    package let digest: Digest
    package let difference: BundleDifference?
    /// What was different for the second build.
    package let varied: [String]
  }

  private let compilation: Compilation
  private let options: BuildOptions

  package init(_ compilation: Compilation, _ options: BuildOptions) {
    self.compilation = compilation
    self.options = options
  }

  /// - Throws: LB059 when the second build fails, and what building throws.
  package func run(writingTo path: String, progress: (String) -> Void) throws(Failure) -> Outcome {
    var first = options
    first.usesCache = false
    progress("first build")
    let digest = try BundleAssembly(compilation, first).write(to: path, progress: progress)
    let scratch = try ScratchDirectory()
    progress("second build, under other conditions")
    let copy = try replicate(below: "\(scratch.path)/another place/for the second build")
    let second = "\(scratch.path)/second.locapp"
    let (command, environment, varied) = try conditions(manifest: copy, output: second, scratch: scratch.path)
    let outcome = try Program.run(command, environment: environment)
    guard outcome.status == 0 else {
      throw Failure(
        "LB059", "the second build failed with exit code \(outcome.status): \(BuildCheck.reason(outcome.errors))",
        path: compilation.path, help: "something in the build depends on where, when or by whom it is built")
    }
    let difference = try Bundle.open(path).firstDifference(from: try Bundle.open(second))
    return Outcome(digest: digest, difference: difference, varied: varied)
  }

  /// Copies everything that the build can see, the last first: directories then list their entries in another order.
  ///
  /// - Returns: the path of the manifest's copy.
  private func replicate(below directory: String) throws(Failure) -> String {
    var items = try PayloadSelection.items(matching: compilation.payloadPatterns, below: compilation.directory)
    items += try PayloadSelection.items(matching: compilation.sourcePatterns, below: compilation.directory)
    try Directories.create(directory)
    for item in items.reversed() {
      let target = "\(directory)/\(item.path)"
      try Directories.create(Files.parent(of: target))
      switch item.content {
      case .directory: try Directories.create(target)
      case .symbolicLink(let link):
        guard unsafe symlink(link, target) == 0 || errno == EEXIST else {
          throw .system("link", path: target, errno: errno)
        }
      case .file(let source, let executable) where !Files.exists(target):
        _ = try FileCopy.copy(source, to: target, mode: executable ? 0o700 : 0o600)
      case .file, .bytes: break
      }
    }
    for source in compilation.sources {
      // The schema is named relative to the manifest, the lock lies beside it.
      let name =
        source.path.hasPrefix("\(compilation.directory)/")
        ? String(source.path.dropFirst(compilation.directory.utf8.count + 1)) : Files.name(of: source.path)
      let target = "\(directory)/\(name)"
      guard !Files.exists(target) else { continue }
      try Directories.create(Files.parent(of: target))
      try Files.replace(target, with: source.bytes)
    }
    return "\(directory)/\(Files.name(of: compilation.path))"
  }

  private func conditions(
    manifest: String, output: String, scratch: String
  ) throws(Failure) -> (command: [String], environment: [String: String], varied: [String]) {
    guard case .symbolicLink(let program) = try Directories.kind(of: "/proc/self/exe") else {
      throw Failure("LB059", "cannot find this program: /proc is not mounted", path: "/proc/self/exe")
    }
    var varied = ["directory", "order of directory entries", "home", "user name", "locale", "time zone", "umask"]
    var environment = Environment.all
    let home = "\(scratch)/home of another"
    let temporary = "\(scratch)/temporary"
    for directory in [home, temporary] { try Directories.create(directory) }
    // The cache holds inputs, the data directory models: both are known by hash.
    environment["XDG_CACHE_HOME"] = Files.parent(of: try UserDirectories.cache())
    environment["XDG_DATA_HOME"] = Files.parent(of: try UserDirectories.data())
    let changes = [
      "HOME": home, "TMPDIR": temporary, "USER": "another", "LOGNAME": "another", "LANG": "tr_TR.UTF-8",
      "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "SOURCE_DATE_EPOCH": "1", "COLUMNS": "30",
    ]
    environment.merge(changes) { $1 }
    if let clock = BuildVariation.clock {
      environment.merge(clock) { $1 }
      varied.append("time")
    }
    var command = [program, "build", manifest, "--no-cache", "--vary", "--offline", "-o", output]
    if options.isFat { command.append("--fat") }
    for input in options.inputs { command += ["--input", try BuildCheck.absolute(input)] }
    var script = "umask 027; exec \"$@\""
    var prefix: [String] = []
    let namespace = ["unshare", "--map-root-user", "--uts"]
    if let probe = try? Program.run(namespace + ["true"]), probe.status == 0 {
      prefix = namespace
      script = "echo another > /proc/sys/kernel/hostname; \(script)"
      varied.append("host name")
    }
    return (prefix + ["/bin/sh", "-c", script, "sh"] + command, environment, varied)
  }

  /// The last line of what a program complained about.
  private static func reason(_ errors: String) -> String {
    let lines = errors.split(separator: "\n").map(String.init)
    return lines.last { $0.contains("error") } ?? lines.last ?? "it said nothing"
  }

  private static func absolute(_ path: String) throws(Failure) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw .missing(path) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
