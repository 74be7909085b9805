internal import Glibc

/// The two standard streams that a program writes to.
package enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Opens `/dev/null` in the place of each of the three standard streams that is closed. Otherwise the next file that this
  /// process opens has that number, and whoever is given the stream has the file.
  package static func openMissing() throws(Failure) {
    // open(2) takes the lowest number that is free.
    for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 {
      guard unsafe open("/dev/null", O_RDWR) == number else {
        throw .system("open in the place of a closed standard stream", path: "/dev/null", errno: errno)
      }
    }
  }

  /// Writes all of `bytes`. A reader that went away (`locara inspect … | head`) is no error of ours.
  package func write(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = unsafe Glibc.write(rawValue, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if count > 0 { written += count } else if errno != EINTR { return }
      }
    }
  }

  package func write(_ text: String) { write(Array(text.utf8)) }

  /// All of standard input.
  ///
  /// - Parameter limit: the most bytes that are accepted; more are refused, not cut.
  package static func readInput(limit: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let rest = limit + 1 - bytes.count
      var failure: Int32 = 0
      let part = unsafe [UInt8](unsafeUninitializedCapacity: min(rest, 1 << 16)) { buffer, filled in
        filled = 0
        let got = unsafe Glibc.read(0, buffer.baseAddress, buffer.count)
        if got < 0 { failure = errno } else { filled = got }
      }
      if failure == EINTR { continue }
      guard failure == 0 else { throw .system("read", path: "standard input", errno: failure) }
      if part.isEmpty { return bytes }
      bytes += part
      guard bytes.count <= limit else {
        throw Failure("LX004", "the input is larger than \(limit) bytes", path: "standard input")
      }
    }
  }

  /// Whether a person reads this.
  package var isTerminal: Bool { isatty(rawValue) == 1 }

  /// The columns of the terminal that this is; nil when it is none, or does not say.
  package var width: Int? {
    var size = winsize()
    guard unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Whether people see colors here: a terminal, and NO_COLOR (no-color.org) not set.
  package var hasColor: Bool {
    guard isatty(rawValue) == 1, Environment.value("TERM") != "dumb" else { return false }
    return Environment.value("NO_COLOR")?.isEmpty ?? true
  }
}
