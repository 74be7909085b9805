internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// A start without namespaces, for machines that forbid them: Landlock and the system-call filter alone keep the app in.
///
/// There is no file tree of the app's own then. What the plan mounts is granted where it is on this machine, paths in the
/// plan's command line and environment are changed accordingly, and what exists only inside (temporary files, files with
/// given content, the tree of models) is made in a directory of this start, which is removed at its end.
final class HostLayout {
  /// The request with places of this machine in it, and without namespaces and mounts.
  private(set) var request: LaunchRequest
  private let scratch: String
  private let lock: Int32
  private var places: [Place] = []
  private var links: [(path: String, target: String)] = []
  /// What was made in `scratch`, parents first; nil once there is more than directories.
  private var directories: [String]? = []

  /// Keeps what was chosen open, until the sandbox has ended.
  private var heldFiles: [HeldFile] = []

  /// What a mount shows, where it is on this machine.
  private struct Place: Hashable {
    var inside: String
    var base: String
    var relative = ""
    var flags: UInt32
    var identity: ResolvedMount.Identity?
    var hasLinksOfTheMachine = false

    var outside: String { relative.isEmpty ? base : "\(base)/\(relative)" }

    /// What lies below it at a path, which starts with a slash or is empty.
    func below(_ path: some StringProtocol) -> Place {
      guard !path.isEmpty else { return self }
      var place = self
      let path = String(path)
      place.inside += path
      place.identity = nil
      if hasLinksOfTheMachine {
        place.base = outside + path
        place.relative = ""
      } else {
        place.relative = relative.isEmpty ? String(path.dropFirst()) : relative + path
      }
      return place
    }
  }

  /// What is weaker than with namespaces, for people.
  static let warning =
    "locara: no namespaces: Landlock and the system-call filter deny the files, the network and the other processes that "
    + "are not granted. But the app can see which other files exist, change modes, times and attributes of files that the "
    + "user owns, send datagrams to local sockets by their path, start as many processes as the user may, and see the "
    + "machine's name and network state.\n"

  init(_ original: LaunchRequest) throws(Failure) {
    guard original.plan.egress == nil else {
      throw Failure(
        "LR017", "the app may reach some hosts only, and nothing can hold it to them without a network namespace",
        help: "start it with namespaces")
    }
    guard original.plan.tools.isEmpty else {
      throw Failure(
        "LR017", "the app has tools with rights of their own, whose rules name places that only namespaces make",
        help: "start it with namespaces")
    }
    request = original
    (scratch, lock) = try HostLayout.makeScratch()
    for mount in try MountResolver(original, hasTerminal: false).resolve() { try add(mount) }
    // The longest fits best.
    places.sort { $0.inside.utf8.count > $1.inside.utf8.count }
    request.plan.namespaces = []
    request.plan.mounts = []
    request.placedRules = rules(original.plan.landlock.fileRules + original.extraRules)
    request.plan.landlock.fileRules = []
    // The kernel would count all of the user's processes, those of other programs too.
    request.plan.limits.removeAll { $0.resource == .processes }
    // Only scopes keep signals and abstract sockets of others out now.
    request.plan.landlock.minimumABI = max(6, original.plan.landlock.minimumABI)
    request.plan.launch.arguments = original.plan.launch.arguments.map { translated($0) }
    request.plan.launch.workingDirectory = translated(original.plan.launch.workingDirectory)
    request.plan.launch.environment = original.plan.launch.environment.map { .init($0.name, translated($0.value)) }
    request.replacedArguments = original.replacedArguments?.map { translated($0) }
    if !original.selected.isEmpty {
      let paths = SelectedFiles(original).targets.map { translated($0) }
      if let path = paths.first(where: { $0.contains(":") }) {
        throw Failure(
          "LR022", "the app could not tell where this path ends: LOCARA_SELECTED has a colon between paths", path: path,
          help: "start it with namespaces, or hand over a file whose path has no colon")
      }
      request.extraEnvironment.append(.init("LOCARA_SELECTED", paths.joined(separator: ":")))
      request.selected = []
    }
    request.extraMounts = []
    request.extraRules = []
    request.withoutNamespaces = false
    if let directories { request.prepared?.scratch = (scratch, directories) } else { request.prepared = nil }
    request.prepared?.notice = HostLayout.warning
  }

  deinit {
    try? Directories.removeTree(scratch)
    close(lock)
  }

  private func add(_ mount: ResolvedMount) throws(Failure) {
    let own = scratch + mount.target
    switch mount.content {
    case .bind(let base, let relative):
      let place = Place(
        inside: mount.target, base: base, relative: relative, flags: mount.flags, identity: mount.identity,
        hasLinksOfTheMachine: mount.hasLinksOfTheMachine)
      places.append(place)
      if let holder = mount.holder { heldFiles.append(holder) }
      // The files of models lie in the store by their digests; the app knows them by their names.
      guard mount.target.hasPrefix("/models/") else { return }
      directories = nil
      try Directories.create(Files.parent(of: own), mode: 0o700)
      guard unsafe symlink(place.outside, own) == 0 else { throw .system("link", path: own, errno: errno) }
    case .temporary:
      try makeDirectories(of: mount.target)
      places.append(Place(inside: mount.target, base: own, flags: mount.flags))
    case .file(let content) where !mount.target.hasPrefix("/etc/"):
      directories = nil
      try Directories.create(Files.parent(of: own), mode: 0o700)
      try Files.replace(own, with: content, mode: 0o400)
      places.append(Place(inside: mount.target, base: own, flags: mount.flags))
    case .link(let target): links.append((mount.target, target))
    case .file, .proc, .directory: return
    }
  }

  /// A directory of the app's own, and those above it.
  private func makeDirectories(of target: String) throws(Failure) {
    var path = scratch
    for component in target.split(separator: "/") {
      path += "/\(component)"
      if Files.isDirectory(path) { continue }
      try Directories.create(path, mode: 0o700)
      directories?.append(path)
    }
  }

  /// The place of this machine of a path inside; nil when it is no one place.
  private func outside(_ path: String) -> Place? {
    for place in places where path == place.inside || path.hasPrefix(place.inside + "/") {
      return place.below(path.dropFirst(place.inside.count))
    }
    for link in links where path.hasPrefix(link.path + "/") {
      let target = link.target.hasPrefix("/") ? link.target : "\(Files.parent(of: link.path))/\(link.target)"
      let name = target.hasPrefix("//") ? String(target.dropFirst()) : target
      return outside(name + path.dropFirst(link.path.count))
    }
    return nil
  }

  /// A word of the command line or the environment: changed when it is a path inside, else as it is.
  private func translated(_ word: String) -> String {
    guard word.hasPrefix("/") else { return word }
    if let place = outside(word) { return place.outside }
    // A directory that is the app's own: the tree of models.
    return Files.isDirectory(scratch + word) && word != "/" ? scratch + word : word
  }

  /// The plan's rules at the places of this machine. A rule about a directory that exists only inside becomes one for each
  /// thing that is mounted below it.
  private func rules(_ planned: [LandlockPlan.FileRule]) -> [PlacedRule] {
    var found: [String: PlacedRule] = [:]
    func grant(_ rights: LandlockPlan.FileRights, at place: Place) {
      var rights = rights
      if place.flags & UInt32(LOCARA_MOUNT_READ_ONLY.rawValue) != 0 {
        rights.formIntersection([.execute, .readFile, .readDirectory, .ioctlDevice])
      }
      if place.flags & UInt32(LOCARA_MOUNT_EXECUTE.rawValue) == 0 { rights.remove(.execute) }
      guard !rights.isEmpty else { return }
      // Two ways to one place: each has to hold, so they are rules of their own.
      let key = "\(place.base)\0\(place.relative)\0\(place.identity?.inode ?? 0)"
      let known = found[key]?.rights ?? []
      found[key] = PlacedRule(
        base: place.base, relative: place.relative, identity: place.identity, rights: known.union(rights),
        isOptional: true)
    }
    for rule in planned {
      if rule.path == "/proc" {
        // Of the process itself alone: the rules are made by the process that becomes the program.
        grant(rule.rights, at: Place(inside: rule.path, base: "/proc/self", flags: 0))
      } else if let place = outside(rule.path) {
        grant(rule.rights, at: place)
      }
      for place in places where place.inside.hasPrefix(rule.path + "/") { grant(rule.rights, at: place) }
    }
    return found.keys.sorted().compactMap { found[$0] }
  }

  /// A new directory for this start, locked as long as it is used; removes those that killed runners left behind.
  private static func makeScratch() throws(Failure) -> (path: String, lock: Int32) {
    let parent = "\(try UserDirectories.data())/scratch"
    try Directories.create(parent, mode: 0o700)
    for name in try Directories.names(in: parent) {
      let path = "\(parent)/\(name)"
      guard let lock = locked(path) else { continue }
      try? Directories.removeTree(path)
      close(lock)
    }
    for _ in 0..<8 {
      let path = try Directories.createTemporary(in: parent)
      if let lock = locked(path), Files.exists(path) { return (path, lock) }
      // Somebody who cleans up was faster.
    }
    throw Failure("LX001", "cannot keep a directory of one's own", path: parent)
  }

  private static func locked(_ path: String) -> Int32? {
    let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0, flock(number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      if number >= 0 { close(number) }
      return nil
    }
    return number
  }
}
