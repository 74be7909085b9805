internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemCalls
internal import SystemIO

/// Tells which files an app does not get, and why.
///
/// The kernel answers such calls by itself: a file that is not mounted does not exist, and Landlock says EACCES. To tell
/// of them, every call that names a file asks the supervisor first, which looks at the path as the app sees it, compares
/// it with the plan, and lets the call go on. What is told is a forecast for people; the kernel decides, whatever this
/// says, and an app that changes its paths meanwhile misleads nobody but the reader.
final class FileDenials {
  private let plan: SandboxPlan
  private let planned: [PlacedRule]
  private let home: String?
  /// The plan's rules by what their paths mean inside, found out at the first need.
  private var rules: [(path: String, rights: LandlockPlan.FileRights)]?

  init(_ request: LaunchRequest) {
    plan = request.plan
    planned = request.plan.landlock.fileRules.map(PlacedRule.init) + request.placedRules
    home = request.callerEnvironment["HOME"].flatMap { $0.hasPrefix("/") && $0 != "/" ? $0 : nil }
  }

  /// Why a call will not get its file; nil when it will, or when the policy is not what keeps it from that.
  func denial(_ name: String, _ arguments: [UInt64], of process: Int32, _ decoder: CallDecoder) -> Denial? {
    guard let call = FileCall.byName[name], let text = decoder.path(at: arguments[call.path]), !text.isEmpty,
      let full = absolute(text, call.directory.map { arguments[$0] }, of: process),
      !FileDenials.isOfNobody(full)
    else { return nil }
    let intent = call.intent(of: arguments)
    guard let place = Place(full, of: process, home: home) else { return nil }
    guard let reason = reason(place, intent, process) else { return nil }
    let line = ManifestLine(place.path, intent, isDirectory: place.isDirectory, home: home)
    return Denial(
      call: name, arguments: ["\"\(CallDecoder.printable(text))\""], answer: reason.answer, capability: line.capability,
      manifest: line.text, reason: line.remark.isEmpty ? reason.text : line.remark)
  }

  /// What the C library and the runtime look for everywhere and do without.
  private static func isOfNobody(_ path: String) -> Bool {
    let files = [
      "/", "/etc/ld.so.preload", "/etc/localtime", "/etc/timezone", "/etc/nsswitch.conf", "/etc/host.conf",
      "/etc/resolv.conf", "/etc/hosts", "/etc/services", "/etc/gai.conf", "/etc/inputrc", "/etc/suid-debug",
    ]
    return files.contains(path)
      || ["/proc/", "/sys/", "/dev/fd/", "/etc/ssl/", "/etc/selinux"].contains { path.hasPrefix($0) }
  }

  private func absolute(_ path: String, _ directory: UInt64?, of process: Int32) -> String? {
    if path.hasPrefix("/") { return path }
    let number = directory.map { Int32(truncatingIfNeeded: $0) } ?? AT_FDCWD
    let link = number == AT_FDCWD ? "/proc/\(process)/cwd" : "/proc/\(process)/fd/\(number)"
    guard case .symbolicLink(let base)? = try? Directories.kind(of: link), base.hasPrefix("/") else { return nil }
    return base == "/" ? "/\(path)" : "\(base)/\(path)"
  }

  private func reason(_ place: Place, _ intent: FileIntent, _ process: Int32) -> (answer: String, text: String)? {
    if place.isHidden {
      return ("ENOENT", "the file exists on this machine, but the app's file tree does not have it")
    }
    guard let object = place.object else { return nil }  // it is nowhere: no policy's doing
    let needed: LandlockPlan.FileRights =
      switch intent {
      case .look: []
      case .read: place.isDirectory ? .readDirectory : .readFile
      case .write: .writeFile
      case .create: place.exists ? (place.isDirectory ? [] : .writeFile) : .makeRegularFile
      case .remove: place.isDirectory ? .removeDirectory : .removeFile
      case .execute: .execute
      }
    let granted = rules(of: process)
      .filter { place.path == $0.path || $0.path == "/" || place.path.hasPrefix($0.path + "/") }
      .reduce(LandlockPlan.FileRights()) { $0.union($1.rights) }
    if !needed.intersection(plan.landlock.handledFiles).isSubset(of: granted) {
      return ("EACCES", "the app's policy does not let it \(FileDenials.words(intent)) this")
    }
    let isChange = intent == .write || intent == .create && !(place.exists && place.isDirectory) || intent == .remove
    var mount = statvfs()
    guard unsafe fstatvfs(object.descriptor.number, &mount) == 0 else { return nil }
    if isChange, mount.f_flag & 1 /* ST_RDONLY */ != 0 { return ("EROFS", "this is read-only for the app") }
    if intent == .execute, mount.f_flag & 8 /* ST_NOEXEC */ != 0 {
      return ("EACCES", "nothing is executed from here")
    }
    return nil
  }

  private static func words(_ intent: FileIntent) -> String {
    switch intent {
    case .look: "see"
    case .read: "read"
    case .write: "write"
    case .create: "create or change"
    case .remove: "remove"
    case .execute: "start"
    }
  }

  private func rules(of process: Int32) -> [(path: String, rights: LandlockPlan.FileRights)] {
    if let rules { return rules }
    let found = planned.map { rule in
      (path: Place(rule.path, of: process, home: home)?.path ?? rule.path, rights: rule.rights)
    }
    rules = found
    return found
  }

  /// A path as the app sees it.
  private struct Place {
    /// Without symbolic links, as far as it exists inside.
    var path: String
    /// The file, or the directory that it would be made in; nil when neither exists inside.
    var object: Opened?
    var exists = false
    var isDirectory = false
    /// Not inside, but on the machine.
    var isHidden = false

    final class Opened {
      let descriptor: FileDescriptor
      let path: String

      init?(_ path: String, below root: borrowing FileDescriptor) {
        let number = unsafe locara_open_inside(root.number, path)
        guard number >= 0 else { return nil }
        descriptor = FileDescriptor(owning: number)
        guard case .symbolicLink(let place)? = try? Directories.kind(of: "/proc/self/fd/\(number)") else { return nil }
        self.path = place
      }
    }

    init?(_ text: String, of process: Int32, home: String?) {
      guard let root = try? FileDescriptor.open("/proc/\(process)/root", O_RDONLY | O_DIRECTORY) else { return nil }
      path = text
      var status = stat()
      if let file = Opened(text, below: root) {
        (object, path, exists) = (file, file.path, true)
        isDirectory = unsafe fstat(file.descriptor.number, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        return
      }
      if let directory = Opened(Files.parent(of: text), below: root) {
        object = directory
        path = directory.path == "/" ? "/\(Files.name(of: text))" : "\(directory.path)/\(Files.name(of: text))"
      }
      let isOfUser = home.map { text.hasPrefix($0 + "/") } ?? false
      isHidden = unsafe stat(text, &status) == 0 && (isOfUser || !Place.isInsideOnly(text))
      isDirectory = isHidden && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Names that mean one thing inside and another outside.
    private static func isInsideOnly(_ path: String) -> Bool {
      ["/app", "/data", "/models", "/tmp", "/user", "/run/locara"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
  }
}
