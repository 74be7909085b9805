// INVARIANT: this room finds what is to be compared (manifests in directories and in git, bundles in files and in the
// store), and keeps what people decided (approvals, consent). It never writes to a work tree, and it shows nothing.

internal import Glibc
internal import SystemIO

/// Runs a program of the machine, such as git, and collects what it says.
enum Program {
  struct Outcome {
    /// The exit status; 128 + n after signal n.
    var status: Int32
    var output: [UInt8]
    var errors: String
  }

  /// - Parameters:
  ///   - input: what the program reads.
  ///   - limit: the most bytes of output that are accepted.
  /// - Throws: LP001 when the program cannot be started.
  static func run(_ command: [String], input: [UInt8] = [], limit: Int = 1 << 30) throws(Failure) -> Outcome {
    // Files rather than pipes: neither side has to keep up with the other.
    let standardInput = try spool()
    let output = try spool()
    let errors = try spool()
    try standardInput.write(input, path: "a temporary file")
    _ = lseek(standardInput.number, 0, SEEK_SET)

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [(Int32(0), standardInput.number), (1, output.number), (2, errors.number)] {
      unsafe posix_spawn_file_actions_adddup2(&actions, source, target)
    }
    var words = unsafe command.map { unsafe strdup($0) } + [nil]
    // The program is never to ask, to page, to take locks or to speak another language.
    let changes = ["GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "LC_ALL=C"]
    let names = changes.map { $0.prefix { $0 != "=" } + "=" }
    var settings =
      unsafe (Environment.all.map { "\($0.key)=\($0.value)" }.filter { entry in !names.contains { entry.hasPrefix($0) }
      } + changes)
      .map { unsafe strdup($0) } + [nil]
    defer {
      for index in unsafe words.indices { unsafe free(words[index]) }
      for index in unsafe settings.indices { unsafe free(settings[index]) }
    }
    var child: pid_t = 0
    let problem = unsafe posix_spawnp(&child, command[0], &actions, nil, &words, &settings)
    guard problem == 0 else {
      throw Failure(
        "LP001", "cannot start \(command[0]): \(describe(errno: problem))", help: "install \(command[0])",
        errno: problem)
    }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return Outcome(
      status: code, output: try contents(output, limit: limit),
      errors: String(decoding: try contents(errors, limit: 1 << 20), as: UTF8.self))
  }

  /// An empty file that has no name.
  private static func spool() throws(Failure) -> FileDescriptor {
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
