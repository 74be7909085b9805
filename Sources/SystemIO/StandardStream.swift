internal import Glibc

/// The two standard streams that a program writes to.
package enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

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

  /// Whether people see colours here: a terminal, and NO_COLOR (no-color.org) not set.
  package var hasColor: Bool {
    guard isatty(rawValue) == 1, Environment.value("TERM") != "dumb" else { return false }
    return Environment.value("NO_COLOR")?.isEmpty ?? true
  }
}
