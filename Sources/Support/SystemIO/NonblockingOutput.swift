internal import Glibc

/// Lines for a reader who may be slow, stopped or gone: whoever writes them does not wait.
///
/// O_NONBLOCK belongs to the open file, which other processes share (the standard error of a shell, say), so it is never
/// set on what was given. A pipe or a terminal is opened once more, and a socket is told with each message.
package final class NonblockingOutput {
  private var descriptor: FileDescriptor
  private var kind = Kind.unknown
  /// What the reader has not taken yet of a line whose beginning it has.
  private var rest: [UInt8] = []

  private enum Kind {
    /// Not looked at before the first line: most programs write none.
    case unknown
    case file, socket
    /// Opened once more for this object alone.
    case own
    /// A pipe or a terminal that cannot be opened again, as after a change of user.
    case shared
  }

  package init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// By a descriptor of its own.
  package static func ofStandardError() -> NonblockingOutput {
    NonblockingOutput(FileDescriptor(owning: fcntl(2, F_DUPFD_CLOEXEC, 3)))
  }

  /// Writes a line, all of it or nothing; when only a part fits, the rest follows before the next line.
  ///
  /// - Parameter patience: milliseconds to wait for a reader.
  /// - Returns: false when the line is lost.
  package func write(_ line: [UInt8], patience: Int32 = 0) -> Bool {
    if kind == .unknown { kind = prepare() }
    if !rest.isEmpty { rest.removeFirst(attempt(rest, patience)) }
    guard rest.isEmpty else { return false }
    let written = attempt(line, patience)
    guard written > 0 else { return line.isEmpty }
    rest = Array(line[written...])
    // What is left of a long line fits as soon as somebody reads.
    while !rest.isEmpty, case let more = attempt(rest, patience), more > 0 { rest.removeFirst(more) }
    return true
  }

  /// Whether this is a terminal that takes every byte as it is, where a new line begins below the end of the last.
  package var isRawTerminal: Bool {
    var modes = termios()
    return unsafe tcgetattr(descriptor.number, &modes) == 0 && modes.c_oflag & tcflag_t(OPOST) == 0
  }

  private func prepare() -> Kind {
    var status = stat()
    guard unsafe fstat(descriptor.number, &status) == 0 else { return .shared }
    switch status.st_mode & S_IFMT {
    case S_IFSOCK: return .socket
    case S_IFIFO, S_IFCHR:
      let again = unsafe open("/proc/self/fd/\(descriptor.number)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
      guard again >= 0 else { return .shared }
      descriptor = FileDescriptor(owning: again)
      return .own
    default: return .file
    }
  }

  /// How many bytes were taken.
  private func attempt(_ bytes: [UInt8], _ patience: Int32) -> Int {
    var event = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
    guard unsafe poll(&event, 1, patience) == 1, event.revents & Int16(POLLOUT) != 0 else { return 0 }
    // A pipe that is ready has room for so much (PIPE_BUF, pipe(7)), unless somebody else fills it at this moment.
    let most = kind == .shared ? min(bytes.count, 4096) : bytes.count
    let count = unsafe bytes.withUnsafeBytes { buffer in
      kind == .socket
        ? unsafe send(descriptor.number, buffer.baseAddress, most, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        : unsafe Glibc.write(descriptor.number, buffer.baseAddress, most)
    }
    return max(count, 0)
  }
}
