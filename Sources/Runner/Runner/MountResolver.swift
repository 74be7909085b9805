internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// One mount with its role resolved to a place of this machine.
struct ResolvedMount {
  enum Content {
    /// `base` may be reached over symbolic links; `relative` may not.
    case bind(base: String, relative: String)
    case temporary(bytes: UInt64)
    case proc
    case link(target: String)
    case file(content: [UInt8])
    case directory
  }

  struct Identity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  var content: Content
  var target: String
  var flags: UInt32
  /// What the source must still be when it is mounted.
  var identity: Identity?
  /// Keeps the source open, so that its inode's number is not given to another file meanwhile.
  var holder: HeldFile?
  /// Whether links below the source are those of the machine or of a root file system, which no app writes.
  var hasLinksOfTheMachine = false
}

/// An open file that several may hold.
final class HeldFile {
  let descriptor: FileDescriptor

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}

extension [ResolvedMount] {
  /// The same, where nothing that lies below a place that the app may change is reached over a link there: an earlier run
  /// may have put one in the place of a directory that was granted too.
  func withoutLinksOfTheApp() -> [ResolvedMount] {
    let readOnly = UInt32(LOCARA_MOUNT_READ_ONLY.rawValue)
    let writable: [String] = compactMap { mount in
      guard mount.flags & readOnly == 0, case .bind(let base, let relative) = mount.content else { return nil }
      return relative.isEmpty ? base : "\(base)/\(relative)"
    }
    return map { mount in
      // What was chosen for this run is compared with what was opened when it was.
      guard mount.identity == nil, case .bind(let base, "") = mount.content,
        let outer = writable.filter({ base.hasPrefix($0 + "/") }).min(by: { $0.utf8.count < $1.utf8.count })
      else { return mount }
      var mount = mount
      mount.content = .bind(base: outer, relative: String(base.dropFirst(outer.count + 1)))
      return mount
    }
  }
}

/// Turns the roles of a plan's mounts into places of this machine.
struct MountResolver {
  private let request: LaunchRequest

  /// Whether the app gets a terminal of its own, and with it `/dev/tty`, which is the terminal of whoever opens it.
  private let hasTerminal: Bool

  init(_ request: LaunchRequest, hasTerminal: Bool) {
    self.request = request
    self.hasTerminal = hasTerminal
  }

  /// All mounts, the plan's first.
  func resolve() throws(Failure) -> [ResolvedMount] {
    var resolved: [ResolvedMount] = []
    for mount in request.plan.mounts + request.extraMounts { resolved += try resolve(mount) }
    resolved = resolved.withoutLinksOfTheApp()
    return resolved + (try ToolMounts.policies(of: request)) + (try SelectedFiles(request).mounts())
  }

  private func resolve(_ mount: PlanMount) throws(Failure) -> [ResolvedMount] {
    var flags: UInt32 = 0
    if mount.isReadOnly { flags |= UInt32(LOCARA_MOUNT_READ_ONLY.rawValue) }
    if mount.permitsExecution { flags |= UInt32(LOCARA_MOUNT_EXECUTE.rawValue) }
    if mount.isOptional { flags |= UInt32(LOCARA_MOUNT_OPTIONAL.rawValue) }
    func one(_ content: ResolvedMount.Content) -> [ResolvedMount] {
      [ResolvedMount(content: content, target: mount.target, flags: flags)]
    }
    func missing(_ problem: String, _ help: String) throws(Failure) -> [ResolvedMount] {
      guard mount.isOptional else { throw Failure("LR004", problem, path: mount.target, help: help) }
      return []
    }
    switch mount.source {
    case .payload:
      var mount = ResolvedMount(
        content: .bind(base: request.payloadDirectory, relative: ""), target: mount.target, flags: flags)
      mount.identity = request.payloadIdentity.map { .init(device: $0.device, inode: $0.inode) }
      return [mount]
    case .appData: return one(.bind(base: request.dataDirectory, relative: ""))
    case .host(let path):
      var mount = ResolvedMount(content: .bind(base: path, relative: ""), target: mount.target, flags: flags)
      mount.hasLinksOfTheMachine = flags & UInt32(LOCARA_MOUNT_READ_ONLY.rawValue) != 0
      return [mount]
    case .temporary(let bytes): return one(.temporary(bytes: bytes))
    case .proc: return one(.proc)
    case .symbolicLink(let target): return one(.link(target: target))
    case .file(let content): return one(.file(content: Array(content.utf8)))
    case .toolLauncher: return one(.bind(base: request.toolLauncher, relative: ""))
    case .directory: return one(.directory)
    case .devices(let names): return devices(names, at: mount.target)
    case .modelFile(let digest):
      guard let path = request.modelFiles[digest] else {
        return try missing(
          "the model file with SHA-256 \(digest) is not in the model store", "import it with `locara model import`")
      }
      return one(.bind(base: path, relative: ""))
    case .image(let digest, let path):
      guard let root = request.images[digest] else {
        return try missing(
          "the root file system sha256:\(digest) is not in the store", "import it with `locara runtime import`")
      }
      switch try? Directories.kind(of: "\(root)/\(path)") {
      case .symbolicLink(let target)?: return one(.link(target: target))
      case .directory?, .file?:
        var mount = ResolvedMount(content: .bind(base: root, relative: path), target: mount.target, flags: flags)
        mount.hasLinksOfTheMachine = true
        return [mount]
      default: return try missing("the root file system has no /\(path)", "use another image")
      }
    case .granted(let name):
      guard let path = request.granted[name] else {
        return try missing("nothing was handed over as \"\(name)\"", "name the file or directory when starting")
      }
      return one(.bind(base: path, relative: ""))
    case .home(let path):
      guard let home = request.callerEnvironment["HOME"], home.hasPrefix("/") else {
        return try missing("the home directory is not known", "set HOME to an absolute path")
      }
      return one(.bind(base: home, relative: path))
    case .userDirectory(let role):
      guard let path = PersonalDirectories(environment: request.callerEnvironment).path(of: role) else {
        return try missing(
          "this user has no directory for \(role)", "create one, or name it in user-dirs.dirs (xdg-user-dirs-update)")
      }
      return one(.bind(base: path, relative: ""))
    }
  }

  /// The device nodes that programs cannot do without, and the links that libraries expect beside them.
  private func devices(_ names: [String], at target: String) -> [ResolvedMount] {
    let optional = UInt32(LOCARA_MOUNT_OPTIONAL.rawValue)
    let device = UInt32(LOCARA_MOUNT_DEVICE.rawValue)
    var mounts = [ResolvedMount(content: .directory, target: target, flags: 0)]
    for name in ["null", "zero", "full", "random", "urandom"] {
      mounts.append(
        ResolvedMount(content: .bind(base: "/dev/\(name)", relative: ""), target: "\(target)/\(name)", flags: device))
    }
    for name in names + (hasTerminal ? ["tty"] : []) {
      mounts.append(
        ResolvedMount(
          content: .bind(base: "/dev/\(name)", relative: ""), target: "\(target)/\(name)", flags: device | optional))
    }
    let links = [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")]
    for (name, destination) in links {
      mounts.append(ResolvedMount(content: .link(target: destination), target: "\(target)/\(name)", flags: 0))
    }
    return mounts
  }
}
