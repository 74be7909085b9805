internal import BundleFormat
internal import Consent
internal import Digests
internal import Glibc
package import SystemIO

/// `locara-compiler`, the program with every verb but `run`. Where apps are only run it may be left out.
package enum CompilerProgram {
  /// The variable in which the launcher tells the compiler its own version.
  package static let versionVariable = "LOCARA_LAUNCHER_VERSION"

  /// Where it is: beside the running program, or below `libexec` of the same installation.
  package static func path() throws(Failure) -> String {
    let (place, places) = try InstalledProgram.find("locara-compiler")
    guard let place else {
      throw Failure(
        "LR031", "`locara-compiler` is not installed; without it only apps that have no database can be run",
        path: places[0], help: "install `locara-compiler` of version \(Version.text) there, or at \(places[1])")
    }
    return place
  }

  /// The launcher that belongs to the running compiler: beside it, or in `bin` of the same installation.
  package static func launcher() throws(Failure) -> String {
    guard case .symbolicLink(let own) = try Directories.kind(of: "/proc/self/exe") else {
      throw Failure("LR032", "cannot find this program: /proc is not mounted", path: "/proc/self/exe")
    }
    let directory = Files.parent(of: own)
    let places = ["\(directory)/locara", "\(Files.parent(of: Files.parent(of: directory)))/bin/locara"]
    guard let place = places.first(where: { unsafe access($0, X_OK) == 0 }) else {
      throw Failure(
        "LR031", "`locara` is not installed beside its compiler", path: places[0],
        help: "install `locara` of version \(Version.text) there, or at \(places[1])")
    }
    return place
  }

  /// Becomes the compiler with these arguments; returns only when that is not possible.
  package static func become(_ arguments: [String]) -> Failure {
    unsafe setenv(versionVariable, Version.text, 1)
    do throws(Failure) { return replace(by: try path(), arguments) } catch let failure { return failure }
  }

  /// Becomes the launcher, to run the app for which consent was just asked; returns only when that is not possible.
  package static func becomeLauncher(_ arguments: [String]) -> Failure {
    unsafe setenv(ConsentGate.askedVariable, "1", 1)
    do throws(Failure) { return replace(by: try launcher(), arguments) } catch let failure { return failure }
  }

  private static func replace(by program: String, _ arguments: [String]) -> Failure {
    var vector = unsafe arguments.map { unsafe strdup($0) } + [nil]
    unsafe execve(program, &vector, environ)
    return .system("execute", path: program, errno: errno)
  }

  /// The verb of the compiler that compares a bundle's parts with its policy.
  package static let comparingVerb = ["consent", "compare"]

  /// Has the compiler tell whether plan, filters and schema of a bundle in the store are what its policy compiles to:
  /// it is the policy that people agree to, and the plan that the kernel gets.
  ///
  /// - Returns: false when there is no compiler, which is said on standard error.
  /// - Throws: LR043 when they are not, or the compiler could not tell.
  static func compare(_ bundle: Digest, path: String) throws(Failure) -> Bool {
    guard let program = try InstalledProgram.find("locara-compiler").place else {
      StandardStream.error.write(
        "locara: warning: `locara-compiler` is not installed, so nobody looked whether the bundle's plan grants no more "
          + "than its policy says\n")
      return false
    }
    let arguments = ["locara"] + comparingVerb + ["\(bundle)"]
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    var status: Int32 = 0
    unsafe setenv(versionVariable, Version.text, 1)
    let error = unsafe posix_spawn(&process, program, nil, nil, &words, environ)
    unsafe unsetenv(versionVariable)
    guard error == 0 else { throw .system("execute", path: program, errno: error) }
    while unsafe waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw .system("wait for", path: program, errno: errno) }
    }
    guard status == 0 else {
      throw Failure(
        "LR043", "the bundle is not started: what it asks for was not found to be what its policy says", path: path,
        help: "the message above says why")
    }
    return true
  }

  /// Has the compiler print what change of the bundle's manifest would have allowed some denials, to standard error.
  ///
  /// - Parameter denials: JSON lines.
  /// - Returns: false when there is no compiler, or it could not tell.
  static func suggest(_ bundle: String, _ denials: [UInt8]) -> Bool {
    var ends: [Int32] = [-1, -1]
    guard let program = try? path(), unsafe pipe(&ends) == 0 else { return false }
    let reading = ends[0]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var writing: FileDescriptor? = FileDescriptor(owning: ends[1])
    defer { close(reading) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, reading, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, 2, 1)
    // This process ignores SIGPIPE meanwhile.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var reset = sigset_t()
    unsafe sigemptyset(&reset)
    unsafe sigaddset(&reset, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &reset)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let arguments = ["locara", "suggest", bundle, "--denials", "-"]
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    guard unsafe posix_spawn(&process, program, &actions, &attributes, &words, environ) == 0 else { return false }
    try? writing?.write(denials, path: "suggest")
    writing = nil
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return false } }
    return status == 0
  }

  /// Refuses to work for a launcher of another version: the two go together. Called by the compiler as it starts.
  package static func checkLauncher() throws(Failure) {
    guard let launcher = Environment.value(versionVariable) else { return }
    unsafe unsetenv(versionVariable)
    guard launcher == Version.text else {
      throw Failure(
        "LR038", "`locara` is version \(launcher), but the `locara-compiler` that it found is \(Version.text)",
        path: (try? path()) ?? nil, help: "install both programs of the same version")
    }
  }
}
