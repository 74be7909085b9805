import Digests
import Glibc
import SystemIO
import TestSupport
import Testing

/// Pieces of a file that are written and hashed by threads of their own.
@Suite struct PieceTests {
  private let directory = TemporaryDirectory("pieces")

  /// Gives `content` from `start` on to a writer and a hasher, in pieces that end after each of `lengths` at the latest.
  private func write(_ content: [UInt8], to path: String, from start: Int, lengths: [Int]) throws -> Digest {
    let pool = PiecePool(3)
    let writer = PieceWriter(path)
    let hasher = TrailingHasher(path)
    hasher.advance(to: Int64(start))
    var (position, turn) = (start, 0)
    while position < content.count {
      let piece = pool.take(at: Int64(position))
      let end = min(content.count, position + lengths[turn % lengths.count])
      turn += 1
      while position < end, !piece.isFull {
        position += content[position..<min(end, position + 16384)].withUnsafeBytes { piece.append($0[...]) }
      }
      try writer.write(piece)
      hasher.append(piece)
      if turn % 5 == 0 { try writer.drain() }
    }
    try writer.finish()
    return try hasher.finish()
  }

  /// On a file system of a disk, and on one of memory, which may have no way past the page cache.
  @Test(arguments: ["/tmp", "/dev/shm"], [[1 << 30], [1, 4096, 100_000, 3 << 20], [700_001], [4096]])
  func everyByteIsWrittenAndHashed(parent: String, lengths: [Int]) throws {
    var template = Array("\(parent)/locara-pieces-XXXXXX".utf8CString)
    let number = mkstemp(&template)
    try #require(number >= 0)
    close(number)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    var generator = SplitMix64(seed: 5)
    let content = generator.bytes((4 << 20) + 777)
    #expect(try write(content, to: path, from: 0, lengths: lengths) == Digest.of(content))
    #expect(try Files.read(path, limit: 1 << 30) == content)
    // What was there already is read and hashed, and gone on with wherever it ends.
    for start in [1, 4096, 1 << 20, (1 << 20) + 5, content.count] {
      #expect(truncate(path, off_t(start)) == 0)
      #expect(try write(content, to: path, from: start, lengths: lengths) == Digest.of(content))
      #expect(try Files.read(path, limit: 1 << 30) == content)
    }
  }

  /// Who waits for memory goes on when the disk is full, or the file is not to be opened.
  @Test(arguments: [("/dev/full", ENOSPC), ("/nowhere/file", ENOENT)])
  func whatCannotBeWrittenIsSaid(path: String, number: Int32) {
    let pool = PiecePool(2)
    let writer = PieceWriter(path)
    let hasher = TrailingHasher("/nowhere/file")
    var problem: Failure?
    for index in 0..<20 {
      let piece = pool.take(at: Int64(index * Piece.size))
      _ = [UInt8](repeating: 1, count: 5000).withUnsafeBytes { piece.append($0[...]) }
      hasher.append(piece)
      do throws(Failure) { try writer.write(piece) } catch let failure { problem = failure }
    }
    #expect(problem?.errno == number, "\(String(describing: problem))")
    #expect(throws: Failure.self) { try writer.drain() }
    #expect(throws: Failure.self) { try writer.finish() }
    #expect(throws: Failure.self) { try hasher.finish() }
  }
}
