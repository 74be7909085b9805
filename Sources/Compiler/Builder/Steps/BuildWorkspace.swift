internal import BundleStore
internal import Digests
internal import Glibc
internal import KernelPlan
internal import ModelStore
internal import PolicyIR
internal import Runner
internal import SandboxPlan
internal import Schemas
internal import Seccomp
internal import SystemIO

/// The directory in which one step of a build runs: a copy of what it may see and nothing else, the same bytes, modes
/// and times whoever builds and wherever.
struct BuildWorkspace: ~Copyable {
  /// Removed with everything in it when the workspace goes.
  private let root: String
  /// What steps see as `/work`.
  private var directory: String { "\(root)/work" }

  private init(root: String) { self.root = root }

  static func create(in parent: String) throws(Failure) -> BuildWorkspace {
    let root = try Directories.createTemporary(in: parent)
    let workspace = BuildWorkspace(root: root)
    try Directories.create(workspace.directory, mode: 0o755)
    return workspace
  }

  deinit { try? Directories.removeTree(root) }

  /// Copies the files in, with modes 0644 or 0755 and the time of `SOURCE_DATE_EPOCH`, and creates the directories that
  /// outputs go into, as build tools do; steps need no `mkdir`.
  ///
  /// - Throws: LB013 when a file is no longer what was measured.
  func fill(_ tree: BuildTree, outputs: [String], isReversed: Bool) throws(Failure) {
    let entries = isReversed ? tree.sorted.reversed() : tree.sorted
    for (path, entry) in entries {
      let target = "\(directory)/\(path)"
      try makeDirectory(Files.parent(of: target))
      switch entry.content {
      case .directory: try makeDirectory(target)
      case .file(let digest, _, let executable):
        let found = try FileCopy.copy(entry.place, to: target, mode: executable ? 0o755 : 0o644)
        guard found == digest else {
          throw Failure(
            "LB013", "the file changed while the bundle was being built", path: entry.place,
            help: "build again when nothing writes to it")
        }
      case .symbolicLink(let link):
        guard unsafe symlink(link, target) == 0 else { throw .system("link", path: target, errno: errno) }
      }
    }
    for output in outputs { try makeDirectory(Files.parent(of: "\(directory)/\(output)")) }
    for (path, _) in try Directories.walk(directory).reversed() { try setTime("\(directory)/\(path)") }
    try setTime(directory)
  }

  /// Runs a step and waits for it. Its output goes to standard error, since standard output is for results.
  func run(
    _ command: [String], runtime: RuntimeEnvironment, mounts: [PlanMount]
  ) throws(Failure) {
    let plan = KernelPlan.buildStep(command: command, runtime: runtime)
    guard let architecture = Architecture.current else {
      throw Failure("LR002", "no filters are made for this machine's architecture, so build steps cannot be sandboxed")
    }
    let filter = try SystemCallFilter.compile(.forApp(plan.systemCalls), for: architecture).bytes
    var request = LaunchRequest(
      plan: plan.sandbox, filter: filter, granted: [KernelPlan.workDirectoryGrant: directory],
      extraMounts: mounts, streams: LaunchRequest.Streams(input: 0, output: 2, error: 2))
    request.isOnOneProcessor = true
    request.images = try RuntimeStore.ofUser().roots(of: plan.sandbox)
    let status: ExitStatus
    do throws(Failure) {
      status = try Runner.launch(request)
    } catch let failure where failure.code == "LR006" {
      throw Failure(
        "LB053", "the build step `\(command.joined(separator: " "))` cannot be started: \(failure.message)",
        help: "a step's first word is a program of the runtime's /usr/bin, or a path with a slash in the sources")
    }
    guard status == .exited(0) else {
      throw Failure(
        "LB050", "the build step `\(command.joined(separator: " "))` failed: \(status.explanation)",
        help:
          "it ran without network and saw the sources, the inputs and the outputs of earlier steps alone; a file that "
          + "it misses has to be one of these"
      )
    }
  }

  /// What a step made at the path of a declared output: a file, or a directory with everything in it. Taken into `cache`.
  func collect(_ output: String, into cache: BuildCache) throws(Failure) -> [(path: String, entry: BuildTree.Entry)] {
    let source = "\(directory)/\(output)"
    guard Files.exists(source) else {
      throw Failure(
        "LB051", "the build steps did not make their output `\(output)`",
        help: "name in `outputs:` what the steps write, relative to the manifest")
    }
    var found: [(path: String, kind: Directories.Kind)] = [(output, try Directories.kind(of: source))]
    if found[0].kind == .directory { found += try Directories.walk(source).map { ("\(output)/\($0.path)", $0.kind) } }
    var made: [(path: String, entry: BuildTree.Entry)] = []
    for (path, kind) in found {
      switch kind {
      case .directory: made.append((path, .init(content: .directory)))
      case .symbolicLink(let target) where path != output:
        made.append((path, .init(content: .symbolicLink(target: target))))
      case .file(_, let executable):
        let kept = try cache.keep("\(directory)/\(path)")
        made.append(
          (
            path,
            .init(
              content: .file(digest: kept.digest, size: kept.size, executable: executable), place: kept.place)
          ))
      default: throw Failure("LB052", "the output `\(path)` is neither a regular file nor a directory")
      }
    }
    return made
  }

  /// `Directories.create` with modes that do not depend on the umask.
  private func makeDirectory(_ path: String) throws(Failure) {
    guard !Files.isDirectory(path) else { return }
    try makeDirectory(Files.parent(of: path))
    try Directories.create(path)
    guard unsafe chmod(path, 0o755) == 0 else { throw .system("chmod", path: path, errno: errno) }
  }

  private func setTime(_ path: String) throws(Failure) {
    let epoch = timespec(tv_sec: 315_532_800, tv_nsec: 0)
    let times = [epoch, epoch]
    guard unsafe utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw .system("set the time", path: path, errno: errno)
    }
  }
}

/// Copies of files.
enum FileCopy {
  /// Copies a regular file in pieces; a symbolic link at `source` is refused. Nothing is synced: it is for a moment.
  ///
  /// - Returns: the SHA-256 of what was copied.
  static func copy(_ source: String, to target: String, mode: mode_t) throws(Failure) -> Digest {
    let input = try FileDescriptor.open(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    let output = try FileDescriptor.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    var hasher = SHA256()
    while true {
      let piece = try input.read(upTo: 1 << 20, path: source)
      guard !piece.isEmpty else { break }
      hasher.update(piece)
      try output.write(piece, path: target)
    }
    guard fchmod(output.number, mode) == 0 else { throw .system("chmod", path: target, errno: errno) }
    return hasher.finish()
  }
}

extension ExitStatus {
  /// "exit code 2", "ended by signal 9".
  package var explanation: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signaled(let signal): "ended by signal \(signal)"
    case .timedOut: "out of time"
    }
  }
}
