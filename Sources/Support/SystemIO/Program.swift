internal import CSystemIO
internal import Glibc

/// Runs a program of the machine, such as git, and collects what it says.
package enum Program {
  package struct Outcome: Sendable {
    /// The exit status; 128 + n after signal n.
    package var status: Int32
    package var output: [UInt8]
    package var errors: String
  }

  /// - Parameters:
  ///   - environment: all of the program's variables.
  ///   - input: what the program reads.
  ///   - limit: the most bytes of output that are accepted.
  ///   - seconds: after which the program is killed; nil for none.
  ///   - isSecret: what goes in and comes out stays in memory, and never reaches a disk.
  /// - Throws: LX009 when the program cannot be started or does not end in time.
  package static func run(
    _ command: [String], environment: [String: String] = Environment.all, input: [UInt8] = [], limit: Int = 1 << 30,
    seconds: Int? = nil, isSecret: Bool = false
  ) throws(Failure) -> Outcome {
    // Files rather than pipes: neither side has to keep up with the other.
    let standardInput = try spool(isSecret)
    let output = try spool(isSecret)
    let errors = try spool(isSecret)
    try standardInput.write(input, path: "a temporary file")
    _ = lseek(standardInput.number, 0, SEEK_SET)

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [(Int32(0), standardInput.number), (1, output.number), (2, errors.number)] {
      unsafe posix_spawn_file_actions_adddup2(&actions, source, target)
    }
    var words = unsafe command.map { unsafe strdup($0) } + [nil]
    var settings = unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
      for index in unsafe words.indices { unsafe free(words[index]) }
      for index in unsafe settings.indices { unsafe free(settings[index]) }
    }
    var child: pid_t = 0
    let problem = unsafe posix_spawnp(&child, command[0], &actions, nil, &words, &settings)
    guard problem == 0 else {
      throw Failure(
        "LX009", "cannot start \(command[0]): \(describe(errno: problem))", help: "install \(command[0])",
        errno: problem)
    }
    guard let status = wait(for: child, seconds: seconds) else {
      throw Failure("LX009", "\(command[0]) did not end within \(seconds ?? 0) seconds, and was killed")
    }
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return Outcome(
      status: code, output: try contents(output, limit: limit),
      errors: String(decoding: try contents(errors, limit: 1 << 20), as: UTF8.self))
  }

  /// The status that waitpid(2) gives; nil when the time was over and the program was killed.
  private static func wait(for child: pid_t, seconds: Int?) -> Int32? {
    let deadline = seconds.map { ContinuousClock.now + .seconds($0) }
    var status: Int32 = 0
    var pause: UInt32 = 1000
    while true {
      let ended = unsafe waitpid(child, &status, deadline == nil ? 0 : WNOHANG)
      if ended == child { return status }
      guard ended == 0 || errno == EINTR else { return status }
      if let deadline, ContinuousClock.now >= deadline {
        kill(child, SIGKILL)
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        return nil
      }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  /// An empty file that has no name.
  private static func spool(_ isSecret: Bool) throws(Failure) -> FileDescriptor {
    if isSecret {
      let number = locara_nameless_file()
      guard number >= 0 else { throw .system("create", path: "a file in memory", errno: errno) }
      return FileDescriptor(owning: number)
    }
    let path = Files.temporaryName(beside: "\(Environment.temporaryDirectory)/x")
    let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
    try Files.remove(path)
    return file
  }

  private static func contents(_ file: borrowing FileDescriptor, limit: Int) throws(Failure) -> [UInt8] {
    _ = lseek(file.number, 0, SEEK_SET)
    let bytes = try file.read(upTo: limit + 1, path: "a temporary file")
    guard bytes.count <= limit else { throw Failure("LX004", "a program wrote more than \(limit) bytes") }
    return bytes
  }
}
