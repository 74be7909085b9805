import Digests
import Glibc
import SystemIO
import Testing

/// The C programs of this suite, compiled on first use and kept between runs by the digest of their source.
enum Programs {
  /// The path of the static executable made of `fixtures/sandbox/FOLDER/NAME.c`.
  static func compiled(_ name: String, from folder: String) throws -> String {
    let repository = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
    let source = "\(repository)/fixtures/sandbox/\(folder)/\(name).c"
    let digest = Digest.of(try Files.read(source, limit: 1 << 20)).hexadecimal
    let cache = "/tmp/locara-test-programs-\(getuid())"
    try Directories.create(cache)
    let binary = "\(cache)/\(name)-\(digest.prefix(16))"
    if Files.exists(binary) { return binary }
    let temporary = Files.temporaryName(beside: binary)
    let status = try run(["cc", "-static", "-O1", "-w", "-pthread", source, "-o", temporary])
    try #require(status == 0, "cc cannot compile \(source)")
    try #require(rename(temporary, binary) == 0)
    return binary
  }

  /// Runs a program of the machine to its end; its exit code.
  ///
  /// - Parameter name: what the program is told as its own name.
  static func run(_ arguments: [String], name: String? = nil) throws -> Int32 {
    let words = [name ?? arguments[0]] + arguments.dropFirst()
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process: pid_t = 0
    var code = posix_spawnp(&process, arguments[0], nil, nil, &pointers, environ)
    // Another test's fork between open and exec holds the descriptor that the program was copied through.
    for _ in 0..<50 where code == ETXTBSY {
      usleep(20_000)
      code = posix_spawnp(&process, arguments[0], nil, nil, &pointers, environ)
    }
    try #require(code == 0, "cannot start \(arguments)")
    var status: Int32 = 0
    try #require(waitpid(process, &status, 0) == process)
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }
}
