internal import SystemIO

/// What is done with each entry of a payload while its archive is read.
protocol PayloadVisitor {
  /// Called for each entry in order, directories before what is in them.
  mutating func begin(_ entry: PayloadEntry) throws(Failure)
  /// Called with the bytes of the file that was begun last, piece by piece.
  mutating func content(_ piece: UnsafeRawBufferPointer) throws(Failure)
  /// Called after the last byte of that file.
  mutating func endFile() throws(Failure)
}

/// Reads a payload archive, of which nothing is believed.
///
/// One form is accepted, the one that `PayloadPlan` writes. That leaves no room for what archives are attacked with:
/// paths that climb, links out, hard links, devices, names given twice, sizes in other notations, sparse files,
/// headers that tools read differently. Memory does not grow with the archive.
struct PayloadReader {
  private let window: InputWindow
  private var entries = 0
  /// The directories that the next entry may lie in, outermost first.
  private var open: [String] = []
  private var last: String?

  init(_ window: InputWindow) { self.window = window }

  /// Reads the whole archive.
  ///
  /// - Throws: LB009 for an archive that is not accepted, and what `visitor` throws.
  mutating func read(_ visitor: inout some PayloadVisitor) throws(Failure) {
    while true {
      let block = try next()
      if block == TarHeader.zeroBlock {
        guard try next() == TarHeader.zeroBlock else { throw refused("a block of zeros stands alone") }
        guard window.remaining == 0 else { throw refused("something follows the end") }
        return
      }
      let entry = try decode(block)
      try place(entry)
      try visitor.begin(entry)
      guard case .file(let size, _) = entry.kind else { continue }
      guard size <= window.remaining else {
        throw refused("\(printable(entry.path)) claims \(size) bytes and \(window.remaining) are left")
      }
      try unsafe window.consume(size) { (piece) throws(Failure) in try unsafe visitor.content(piece) }
      try visitor.endFile()
      let padding = TarHeader.padding(after: size)
      if padding > 0 {
        guard Int64(padding) <= window.remaining, try window.read(padding).allSatisfy({ $0 == 0 }) else {
          throw refused("\(printable(entry.path)) is not followed by zeros")
        }
      }
    }
  }

  private func next() throws(Failure) -> [UInt8] {
    guard window.remaining >= TarHeader.blockSize else { throw refused("it ends without an end") }
    return try window.read(TarHeader.blockSize)
  }

  /// One entry from its header blocks, of which the first has been read.
  private mutating func decode(_ first: [UInt8]) throws(Failure) -> PayloadEntry {
    do throws(TarProblem) {
      var raw = try RawTarHeader(first)
      var blocks = first
      var records: PaxRecords?
      if raw.type == UInt8(ascii: "x") {
        guard raw.size <= 4096 else { throw TarProblem("an extended header has \(raw.size) bytes") }
        let length = Int(raw.size) + TarHeader.padding(after: raw.size)
        guard let content = take(length), let header = take(TarHeader.blockSize) else {
          throw TarProblem("it ends inside an extended header")
        }
        records = try PaxRecords(Array(content.prefix(Int(raw.size))))
        blocks += content + header
        raw = try RawTarHeader(header)
      }
      let entry = try PayloadReader.entry(raw, records)
      guard entry.header.blocks == blocks else {
        throw TarProblem("the header of \(printable(entry.path)) is not in canonical form")
      }
      return entry
    } catch let problem {
      throw refused(problem.text)
    }
  }

  private func take(_ count: Int) -> [UInt8]? {
    guard Int64(count) <= window.remaining else { return nil }
    return try? window.read(count)
  }

  private static func entry(_ raw: RawTarHeader, _ records: PaxRecords?) throws(TarProblem) -> PayloadEntry {
    guard var path = records?.path ?? String(validating: raw.name, as: UTF8.self) else {
      throw TarProblem("a path is not UTF-8")
    }
    guard let link = records?.linkPath ?? String(validating: raw.link, as: UTF8.self) else {
      throw TarProblem("a link's target is not UTF-8")
    }
    let kind: PayloadEntry.Kind
    switch raw.type {
    case UInt8(ascii: "0"): kind = .file(size: raw.size, executable: raw.mode & 0o100 != 0)
    case UInt8(ascii: "2"): kind = .symbolicLink(target: link)
    case UInt8(ascii: "5"):
      guard path.utf8.last == 0x2F else { throw TarProblem("the directory \(printable(path)) does not end in a slash") }
      path.removeLast()
      kind = .directory
    default: throw TarProblem("\(printable(path)) is \(RawTarHeader.describe(type: raw.type))")
    }
    if let problem = PayloadPath.problem(path) { throw TarProblem(problem) }
    if case .symbolicLink(let target) = kind, let problem = PayloadPath.problem(linkAt: path, to: target) {
      throw TarProblem(problem)
    }
    return PayloadEntry(path: path, kind: kind)
  }

  /// Checks that the entry comes after the last one and that its parent is a directory of the archive.
  private mutating func place(_ entry: PayloadEntry) throws(Failure) {
    entries += 1
    guard entries <= BundleLimits.entries else { throw refused("it has more than \(BundleLimits.entries) entries") }
    if let last, !PayloadPath.precedes(last, entry.path) {
      throw refused(
        last == entry.path
          ? "\(printable(entry.path)) is there twice" : "\(printable(entry.path)) comes after \(printable(last))")
    }
    last = entry.path
    let parent = PayloadPath.parent(entry.path)
    while let innermost = open.last, innermost != parent { open.removeLast() }
    guard parent.isEmpty || !open.isEmpty else {
      throw refused("\(printable(entry.path)) lies in something that is not a directory of the archive")
    }
    if entry.kind == .directory { open.append(entry.path) }
  }

  private func refused(_ problem: String) -> Failure {
    Failure(
      "LB009", "the payload's archive is refused: \(problem)", path: window.file.path, help: Failure.getItAgain)
  }
}
