internal import Glibc
internal import SandboxPlan
internal import SystemCalls

/// What a system call wants of a file that it names.
enum FileIntent: Hashable {
  case look, read, write, create, remove, execute
}

/// The calls that name files, as the tracing of files needs them: where their paths are and what they are for.
struct FileCall {
  /// The argument with the directory that a relative path starts from; nil for the current directory.
  var directory: Int?
  var path: Int
  var intent: FileIntent
  /// The argument with open(2)'s flags, which say what the call is for.
  var flags: Int?

  private init(_ directory: Int?, _ path: Int, _ intent: FileIntent, flags: Int? = nil) {
    self.directory = directory
    self.path = path
    self.intent = intent
    self.flags = flags
  }

  static let byName: [String: FileCall] = [
    "open": FileCall(nil, 0, .read, flags: 1), "openat": FileCall(0, 1, .read, flags: 2),
    "creat": FileCall(nil, 0, .create),
    // The flags of openat2 are in memory: at least it reads.
    "openat2": FileCall(0, 1, .read),
    "stat": FileCall(nil, 0, .look), "newfstatat": FileCall(0, 1, .look), "statx": FileCall(0, 1, .look),
    "access": FileCall(nil, 0, .look), "faccessat": FileCall(0, 1, .look), "faccessat2": FileCall(0, 1, .look),
    "chdir": FileCall(nil, 0, .look),
    "mkdir": FileCall(nil, 0, .create), "mkdirat": FileCall(0, 1, .create),
    "symlink": FileCall(nil, 1, .create), "symlinkat": FileCall(1, 2, .create),
    "unlink": FileCall(nil, 0, .remove), "unlinkat": FileCall(0, 1, .remove), "rmdir": FileCall(nil, 0, .remove),
    "rename": FileCall(nil, 1, .create), "renameat": FileCall(2, 3, .create), "renameat2": FileCall(2, 3, .create),
    "truncate": FileCall(nil, 0, .write),
    "execve": FileCall(nil, 0, .execute), "execveat": FileCall(0, 1, .execute),
  ]

  /// The numbers of the calls that can be asked about, sorted. Executing is not among them: nobody listens yet when the
  /// app itself is executed, which happens under the same filter.
  static func numbers(on architecture: Architecture) -> [UInt32] {
    byName.filter { $0.value.intent != .execute }.keys.compactMap { SystemCall.named($0)?.number(on: architecture) }
      .sorted()
  }

  func intent(of arguments: [UInt64]) -> FileIntent {
    guard let flags else { return intent }
    let value = Int32(truncatingIfNeeded: arguments[flags])
    if value & O_CREAT != 0 { return .create }
    return value & O_ACCMODE == O_RDONLY ? .read : .write
  }
}
