internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// The files that the user hands over for one run: opened first and held open, and mounted only if the same inode is still
/// there, so that nobody can put another file in their place between choice and mount.
struct SelectedFiles {
  private let request: LaunchRequest

  init(_ request: LaunchRequest) { self.request = request }

  /// Where they are inside, in the order given; a name that comes twice gets a number. A colon becomes `_`, since it stands
  /// between the paths in `LOCARA_SELECTED`.
  var targets: [String] {
    var used: Set<String> = []
    return request.selected.map { file in
      let path = file.path.hasSuffix("/") ? String(file.path.dropLast()) : file.path
      let name = String(Files.name(of: path).map { $0 == ":" ? "_" : $0 })
      var candidate = name
      var number = 2
      while !used.insert(candidate).inserted {
        candidate = "\(number)-\(name)"
        number += 1
      }
      return "\(LaunchRequest.selectedDirectory)/\(candidate)"
    }
  }

  func mounts() throws(Failure) -> [ResolvedMount] {
    guard !request.selected.isEmpty else { return [] }
    guard let rule = request.plan.landlock.fileRules.first(where: { $0.path == LaunchRequest.selectedDirectory }) else {
      throw Failure(
        "LR020", "the app takes no files from the user, and \(request.selected.count) were given",
        help: "leave out --open, or let the manifest say `user-selected: read` under `capabilities: fs`")
    }
    var mounts: [ResolvedMount] = []
    for (file, target) in zip(request.selected, targets) {
      guard file.isReadOnly || rule.rights.contains(.writeFile) else {
        throw Failure(
          "LR021", "the app may only read what the user selects", path: file.path,
          help: "use --open instead of --open-rw, or let the manifest say `user-selected: read-write`")
      }
      guard !target.hasSuffix("/.."), !target.hasSuffix("/."), !target.hasSuffix("/") else {
        throw Failure("LR022", "expected a file or directory with a name", path: file.path)
      }
      let path = try SelectedFiles.absolute(file.path)
      let holder = HeldFile(try FileDescriptor.open(path, SelectedFiles.pathOnly))
      let status = try holder.descriptor.status(path: file.path)
      mounts.append(
        ResolvedMount(
          content: .bind(base: path, relative: ""), target: target,
          flags: file.isReadOnly ? UInt32(LOCARA_MOUNT_READ_ONLY.rawValue) : 0,
          identity: .init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)), holder: holder))
    }
    return mounts
  }

  /// `O_PATH`, asm-generic/fcntl.h: names the file without opening it.
  private static let pathOnly: Int32 = 0o10000000

  private static func absolute(_ path: String) throws(Failure) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = unsafe getcwd(nil, 0) else {
      throw .system("find the current directory", path: ".", errno: errno)
    }
    defer { unsafe free(current) }
    return unsafe "\(String(cString: current))/\(path)"
  }
}
