internal import ArgumentParser
internal import Glibc
internal import SystemIO

/// Where the passphrase of a private key comes from: a file, or whoever sits at the terminal.
struct PassphraseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file whose first line is the key's passphrase; `-` is standard input. Without it you are asked.",
      valueName: "file"),
    completion: .file())
  var passphraseFile: String?

  /// Bytes that a passphrase may have at the most.
  private static let limit = 1024

  /// - Parameters:
  ///   - key: the file of the key, for the question.
  ///   - isNew: it is asked for twice.
  /// - Throws: LB028 when there is none to be had.
  func passphrase(for key: String, isNew: Bool = false) throws(Failure) -> [UInt8] {
    let passphrase: [UInt8]
    if let passphraseFile {
      let bytes =
        passphraseFile == "-"
        ? try StandardStream.readInput(limit: 1 << 16) : try Files.read(passphraseFile, limit: 1 << 16)
      passphrase = Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D })
    } else {
      passphrase = try ask("Passphrase of \(key): ", key: key)
      if isNew, try ask("The same once more: ", key: key) != passphrase {
        throw PassphraseOptions.missing("the two are not the same", key: key)
      }
    }
    guard !passphrase.isEmpty else { throw PassphraseOptions.missing("it is empty", key: key) }
    guard passphrase.count <= PassphraseOptions.limit else {
      throw PassphraseOptions.missing("it has more than \(PassphraseOptions.limit) bytes", key: key)
    }
    return passphrase
  }

  /// Reads a line from the terminal, which does not show it meanwhile.
  private func ask(_ question: String, key: String) throws(Failure) -> [UInt8] {
    guard let terminal = try? FileDescriptor.open("/dev/tty", O_RDWR | O_NOCTTY) else {
      throw PassphraseOptions.missing("there is no terminal to ask at", key: key)
    }
    var before = termios()
    guard unsafe tcgetattr(terminal.number, &before) == 0 else {
      throw PassphraseOptions.missing("there is no terminal to ask at", key: key)
    }
    var quiet = before
    // No signals either: one would leave the terminal as it is now.
    quiet.c_lflag &= ~tcflag_t(ECHO | ISIG)
    unsafe tcsetattr(terminal.number, TCSAFLUSH, &quiet)
    defer { unsafe tcsetattr(terminal.number, TCSAFLUSH, &before) }
    try terminal.write(Array(question.utf8), path: "/dev/tty")
    var line: [UInt8] = []
    while line.count <= PassphraseOptions.limit {
      let byte = try terminal.read(upTo: 1, path: "/dev/tty")
      guard let byte = byte.first, byte != 0x0A else { break }
      // Control-C.
      guard byte != 0x03 else { throw PassphraseOptions.missing("you did not want to", key: key) }
      line.append(byte)
    }
    try terminal.write([0x0A], path: "/dev/tty")
    return line
  }

  private static func missing(_ problem: String, key: String) -> Failure {
    Failure(
      "LB028", "no passphrase: \(problem)", path: key,
      help: "type it at a terminal, or name a file that holds it with --passphrase-file")
  }
}
