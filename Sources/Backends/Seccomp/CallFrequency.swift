internal import SandboxPlan
internal import SystemCalls

/// How often calls come, so that the generator can put the frequent ones near the root.
enum CallFrequency {
  /// The weight of the numbers from `start` to before `end` (0: the highest). Calls that are not listed weigh little,
  /// but something, so that rare and unknown numbers do not end up at the bottom of a degenerate tree.
  static func weight(from start: UInt32, to end: UInt32, on architecture: Architecture) -> Double {
    let numbers = weights[architecture] ?? []
    let upper = end == 0 ? numbers.count : min(Int(end), numbers.count)
    guard Int(start) < upper else { return floor }
    return floor + numbers[Int(start)..<upper].reduce(0, +)
  }

  private static let floor = 2.0

  private static let weights: [Architecture: [Double]] = {
    var result: [Architecture: [Double]] = [:]
    for architecture in Architecture.allCases {
      var numbers = [Double](repeating: 0.05, count: 512)
      for (name, count) in perThousand {
        if let number = SystemCall.named(name)?.number(on: architecture), number < 512 {
          numbers[Int(number)] += Double(count)
        }
      }
      result[architecture] = numbers
    }
    return result
  }()

  /// Calls of a thousand, rounded; those below one are left out. Counted with strace(1) over a mixed load: Python with
  /// threads, SQLite and a local server, NumPy, find and cat over documents, git, sqlite3, ls and grep.
  private static let perThousand: [(String, Int)] = [
    ("newfstatat", 116), ("read", 109), ("futex", 108), ("close", 97), ("openat", 90), ("lgetxattr", 70),
    ("statx", 70), ("getxattr", 52), ("mmap", 43), ("write", 41), ("fcntl", 30), ("munmap", 24), ("fadvise64", 22),
    ("readlink", 18), ("getdents64", 13), ("lseek", 12), ("rt_sigaction", 11), ("ioctl", 9), ("rt_sigprocmask", 9),
    ("epoll_wait", 4), ("execve", 4), ("brk", 3), ("epoll_ctl", 3), ("mprotect", 3), ("access", 2), ("geteuid", 2),
    ("getpid", 2), ("getsockname", 2), ("pread64", 2), ("pwrite64", 2), ("wait4", 2), ("accept4", 1),
    ("arch_prctl", 1), ("clone", 1), ("connect", 1), ("dup2", 1), ("fdatasync", 1), ("getcwd", 1), ("getegid", 1),
    ("getgid", 1), ("getpeername", 1), ("getppid", 1), ("getrandom", 1), ("getsockopt", 1), ("getuid", 1),
    ("mremap", 1), ("prlimit64", 1), ("recvfrom", 1), ("rseq", 1), ("rt_sigreturn", 1), ("sendto", 1),
    ("set_robust_list", 1), ("set_tid_address", 1), ("setsockopt", 1), ("socket", 1),
  ]
}
