internal import Backends
internal import BundleFormat
internal import Glibc
internal import PolicyIR
internal import Runner
internal import SandboxPlan
internal import SystemIO

/// The directory in which the steps of a build run: a copy of the declared sources and nothing else, the same bytes,
/// modes and times whoever builds and wherever.
struct BuildWorkspace: ~Copyable {
  /// Removed with everything in it when the workspace goes.
  private let root: String
  /// What steps see as `/work`.
  var directory: String { "\(root)/work" }

  private init(root: String) { self.root = root }

  static func create() throws(Failure) -> BuildWorkspace {
    let root = try Directories.createTemporary(in: Environment.temporaryDirectory)
    let workspace = BuildWorkspace(root: root)
    try Directories.create(workspace.directory, mode: 0o755)
    return workspace
  }

  deinit { try? Directories.removeTree(root) }

  /// Copies the sources in, with modes 0644 or 0755 and the time of `SOURCE_DATE_EPOCH`.
  func copy(_ items: [PayloadItem]) throws(Failure) {
    for item in items {
      let target = "\(directory)/\(item.path)"
      try Directories.create(Files.parent(of: target))
      switch item.content {
      case .directory: try Directories.create(target)
      case .file(let source, let executable):
        try FileCopy.copy(source, to: target, mode: executable ? 0o755 : 0o644)
      case .bytes(let bytes, let executable):
        try Files.replace(target, with: bytes, mode: executable ? 0o755 : 0o644)
      case .symbolicLink(let link):
        guard unsafe symlink(link, target) == 0 else { throw .system("link", path: target, errno: errno) }
      }
    }
    for (path, _) in try Directories.walk(directory).reversed() { try setTime("\(directory)/\(path)") }
    try setTime(directory)
  }

  /// Creates the directories that outputs go into, as build tools do; steps need no `mkdir`.
  func prepare(outputs: [String]) throws(Failure) {
    for output in outputs { try Directories.create(Files.parent(of: "\(directory)/\(output)")) }
  }

  /// Runs one step and waits for it. Its output goes to standard error, since standard output is for results.
  func run(_ command: [String]) throws(Failure) {
    let plan = KernelPlan.buildStep(command: command)
    guard let architecture = Architecture.current else {
      throw Failure("LR002", "no filters are made for this machine's architecture, so build steps cannot be sandboxed")
    }
    let filter = try SystemCallFilter.compile(.forApp(plan.systemCalls), for: architecture).bytes
    let request = LaunchRequest(
      plan: plan.sandbox, filter: filter, granted: [KernelPlan.workDirectoryGrant: directory],
      streams: LaunchRequest.Streams(input: 0, output: 2, error: 2))
    let status: ExitStatus
    do throws(Failure) {
      status = try Runner.launch(request)
    } catch let failure where failure.code == "LR006" {
      throw Failure(
        "LB053", "the build step `\(command.joined(separator: " "))` cannot be started: \(failure.message)",
        help: "a step's first word is a program of the machine's /usr/bin, or a path with a slash in the sources")
    }
    guard status == .exited(0) else {
      throw Failure(
        "LB050", "the build step `\(command.joined(separator: " "))` failed: \(status.explanation)",
        help: "it ran without network, in a copy of `build.sources` alone; a file that it misses has to be listed there"
      )
    }
  }

  /// A declared output as an item of the payload.
  func output(_ path: String) throws(Failure) -> PayloadItem {
    let source = "\(directory)/\(path)"
    guard Files.exists(source) else {
      throw Failure(
        "LB051", "the build steps did not make their output `\(path)`",
        help: "name in `outputs:` what the steps write, relative to the manifest")
    }
    guard case .file(_, let executable) = try Directories.kind(of: source) else {
      throw Failure("LB052", "the output `\(path)` is not a regular file")
    }
    return PayloadItem(path, .file(source: source, executable: executable))
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
  /// Copies a regular file in pieces; a symbolic link at `source` is refused.
  static func copy(_ source: String, to target: String, mode: mode_t) throws(Failure) {
    let input = try FileDescriptor.open(source, O_RDONLY | O_NOFOLLOW)
    try Files.replace(target, mode: mode) { (output, temporary) throws(Failure) in
      while true {
        let piece = try input.read(upTo: 1 << 20, path: source)
        guard !piece.isEmpty else { return }
        try output.write(piece, path: temporary)
      }
    }
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
