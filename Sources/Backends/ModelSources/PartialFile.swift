internal import Glibc
internal import SystemIO

/// A download on the disk: the bytes so far, and beside them which they are, so that a process that was killed at any
/// moment is gone on with.
///
/// The record says no more than what was written. After a loss of power it may; then the hash does not fit, and the
/// download starts anew.
final class PartialFile {
  let path: String
  let descriptor: FileDescriptor
  private(set) var have: Intervals
  /// Whether something was there before: then a hash that does not fit may be the fault of what was.
  let isResumed: Bool
  private let recordPath: String
  /// Says of which content the parts are: the size, and an entity tag where no digest is known.
  private var identity: String

  /// - Parameters:
  ///   - path: of the `.part` file.
  ///   - identity: one line; parts with another one are thrown away.
  init(_ path: String, identity: String) throws(Failure) {
    self.path = path
    self.identity = identity
    recordPath = (path.hasSuffix(".part") ? String(path.dropLast(5)) : path) + ".have"
    descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    have = Intervals()
    if let record = try? Files.read(recordPath, limit: 1 << 16) {
      let lines = String(decoding: record, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      let size = Int64(try descriptor.status(path: path).st_size)
      if lines.count == 3, lines[0] == identity, let known = Intervals(lines[1]),
        known.ranges.last?.upperBound ?? 0 <= size
      {
        have = known
      }
    }
    isResumed = have.count > 0
    if !isResumed, ftruncate(descriptor.number, 0) != 0 { throw .system("empty", path: path, errno: errno) }
  }

  /// Writes bytes through the page cache.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Failure) {
    try unsafe descriptor.write(bytes, at: offset, path: path)
    have.insert(offset..<offset + Int64(bytes.count))
  }

  /// Bytes that somebody else writes are there, or will be before the next `record` or `synchronize`.
  func insert(_ range: Range<Int64>) { have.insert(range) }

  /// Notes which bytes are there. Not being able to is no failure: more will be downloaded again.
  func record() {
    let temporary = "\(recordPath).new"
    guard let file = try? FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW),
      (try? file.write(Array("\(identity)\n\(have.text)\n".utf8), path: temporary)) != nil
    else { return }
    try? Files.move(temporary, to: recordPath)
  }

  /// Makes the bytes durable.
  func synchronize() throws(Failure) { try descriptor.synchronize(path: path) }

  /// Forgets the record: the file is about to get its name.
  func complete() throws(Failure) { try Files.remove(recordPath) }

  /// Forgets everything.
  func discard() throws(Failure) {
    try Files.remove(recordPath)
    try Files.remove(path)
  }
}
