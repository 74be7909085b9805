internal import Digests
internal import Glibc
internal import ModelStore
internal import SystemIO
internal import Transfer

/// Somewhere on the network where the bytes of a file are said to be.
package struct Location: Sendable {
  package var url: String
  /// The value of `Authorization`, for the origin of `url` only.
  package var authorization: String?

  package init(url: String, authorization: String? = nil) {
    self.url = url
    self.authorization = authorization
  }
}

/// What a download tells while it goes on; called on the thread that downloads.
package protocol DownloadProgress: AnyObject {
  /// - Parameters:
  ///   - total: bytes of the file; nil when the server does not say.
  ///   - present: bytes that are there already.
  func begin(_ label: String, total: Int64?, present: Int64)
  /// So many bytes are there now.
  func advance(to present: Int64)
  /// Something worth knowing that is no failure.
  func note(_ text: String)
  func end()
}

/// One file, fetched in several parts at once into a partial file, hashed on the way.
final class Download {
  private let client: HTTPClient
  private let file: PartialFile
  private let location: Location
  private let progress: any DownloadProgress
  private let hasher: TrailingHasher
  private let writer: PieceWriter
  private let pool = PiecePool(Download.pieces)
  /// Bytes of the whole file, once known.
  private var size: Int64?
  private let label: String
  /// Where the content was found behind redirects: asked directly for the other parts, as long as it answers.
  private var direct: String?
  /// The entity tag of the content where it was found; the parts must be of one content.
  private var entityTag: String?
  private var isSplittable = false
  private var parts: [Int: Part] = [:]
  /// When the state was last written.
  private var kept = 0.0

  /// Bytes a second that came of late; nil while that is not known.
  private var rate: Double?
  /// Since when and from how many bytes `rate` is measured.
  private var mark: (time: Double, count: Int64)?

  /// Connections at once, when one is not enough.
  private static let connections = 4
  /// Bytes a second of which one connection is enough: others would only take the processors' time, and what comes in
  /// the file's order is hashed without reading it back.
  private static let ample = 256e6
  /// Bytes that one request asks for: long enough that asking costs nothing, short enough that the hash keeps up.
  private static let step: Int64 = 32 << 20
  private static let longestStep: Int64 = 1 << 30
  /// Below this a file comes in one piece.
  private static let smallest: Int64 = 8 << 20
  /// Pieces in memory at once: those that connections fill, and those that wait for the disk or the hash. When these two are
  /// slower than the network, it waits.
  private static let pieces = 16

  init(
    _ client: HTTPClient, _ file: PartialFile, from location: Location, size: Int64?, label: String,
    progress: any DownloadProgress
  ) {
    self.client = client
    self.file = file
    self.location = location
    self.size = size
    self.label = label
    self.progress = progress
    hasher = TrailingHasher(file.path)
    writer = PieceWriter(file.path)
    hasher.advance(to: file.have.frontier)
  }

  /// Fetches what is missing.
  ///
  /// - Returns: size and SHA-256 of what came.
  /// - Throws: LX021 to LX025, LX001; the file then keeps what has come.
  func run() throws(Failure) -> ModelStore.Item {
    do throws(Failure) {
      progress.begin(label, total: size, present: file.have.count)
      client.onTick = { [weak self] in
        guard let self else { return }
        // Not where a response begins: libcurl takes no new transfer while it delivers another.
        fill()
        keep()
        progress.advance(to: file.have.count)
      }
      defer { client.onTick = nil }
      try fetch()
      hasher.advance(to: file.have.frontier)
      // While the last bytes are hashed.
      try writer.finish()
      try file.synchronize()
      progress.advance(to: file.have.count)
      progress.end()
      return ModelStore.Item(digest: try hasher.finish(), size: file.have.frontier)
    } catch let failure {
      for (tag, part) in parts {
        client.cancel(tag)
        try? part.flush()
      }
      hasher.abandon()
      // What was recorded before stays true.
      if (try? writer.finish()) != nil { file.record() }
      progress.end()
      throw failure
    }
  }

  /// Once a second, so that a process that is killed loses no more, whatever the speed.
  private func keep() {
    let now = Download.seconds()
    guard now - kept >= 1 else { return }
    kept = now
    for part in parts.values { try? part.flush() }
    if (try? writer.drain()) != nil { file.record() }
    measure()
    mark = (now, file.have.count)
  }

  private func measure() {
    guard let mark else { return }
    let elapsed = Download.seconds() - mark.time
    if elapsed > 0 { rate = Double(file.have.count - mark.count) / elapsed }
  }

  private static func seconds() -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private func fetch() throws(Failure) {
    kept = Download.seconds()
    // The first part alone: it tells whether the server can serve parts at all.
    start(missing().first ?? 0..<0)
    while let completion = try client.next() {
      guard let part = parts.removeValue(forKey: completion.tag) else { continue }
      try part.flush()
      let response = try completion.result.get()
      if !response.isSuccess, part.isDirect, [400, 401, 403, 404, 410].contains(response.status) {
        // A signed address that has run out: ask the way again.
        direct = nil
      } else {
        try response.requireSuccess()
        if size == nil, !part.isOpen { size = response.total }
      }
      if part.isOpen, size == nil { size = file.have.frontier }
      if rate == nil { measure() }
      fill()
    }
    if let size, file.have.gaps(below: size).isEmpty == false {
      throw Failure("LX025", "the server sent less than the \(size) bytes of the file", path: shown(location.url))
    }
  }

  /// What is neither there nor under way.
  private func missing() -> [Range<Int64>] {
    guard let size else { return [file.have.frontier..<Int64.max] }
    var rest = file.have
    for part in parts.values { rest.insert(part.range) }
    return rest.gaps(below: size)
  }

  private func fill() {
    guard size != nil else { return }
    let isSlow = rate.map { $0 < Download.ample } ?? false
    let wanted = isSplittable && isSlow ? Download.connections : 1
    while parts.count < wanted, let gap = missing().first { start(gap) }
  }

  private func start(_ gap: Range<Int64>) {
    guard !gap.isEmpty else { return }
    var request = HTTPRequest(.get, direct ?? location.url)
    if request.url == location.url { request.authorization = location.authorization }
    request.offset = gap.lowerBound
    request.entityTag = entityTag
    var end = gap.upperBound
    if gap.upperBound < .max, gap.upperBound - gap.lowerBound > Download.smallest {
      // At full speed, what comes in about a second.
      let rate = rate ?? 0
      let step = rate < Download.ample ? Download.step : min(Download.longestStep, max(Download.step, Int64(rate)))
      end = min(end, gap.lowerBound + step)
    }
    if gap.upperBound < .max, gap.lowerBound > 0 || end < gap.upperBound || size ?? 0 > Download.smallest {
      request.length = end - gap.lowerBound
      request.takesAllWhenWhole = true
    }
    let part = Part(self, gap.lowerBound..<end, isDirect: direct != nil, isOpen: gap.upperBound == .max)
    parts[client.start(request, to: part)] = part
  }

  private func began(_ response: HTTPResponse, _ part: Part) throws(Failure) {
    mark = mark ?? (Download.seconds(), file.have.count)
    if size == nil, let total = response.total {
      size = total
      progress.begin(label, total: total, present: file.have.count)
    }
    if let size, let total = response.total, total != size {
      throw Failure(
        "LX025", "the server has a file of \(total) bytes, and \(size) are expected", path: shown(location.url),
        help: "it is another file; check the source, or lock again")
    }
    if let size { try requireSpace(size) }
    entityTag = entityTag ?? response.entityTag
    if !response.hops.isEmpty, response.url.hasPrefix("http") { direct = response.url }
    if response.isPartial {
      isSplittable = true
    } else if !response.isPartial, let size {
      part.range = part.range.lowerBound..<size
    }
  }

  /// A piece that comes next in the file is written past the page cache and hashed from memory. Another one is read back when
  /// its turn comes, and is found in the page cache.
  private func keep(_ piece: Piece) throws(Failure) {
    guard piece.offset == file.have.frontier else { return try unsafe file.write(piece.bytes, at: piece.offset) }
    try writer.write(piece)
    file.insert(piece.offset..<piece.offset + Int64(piece.count))
    hasher.append(piece)
    // Where the piece has closed a gap.
    hasher.advance(to: file.have.frontier)
  }

  private func requireSpace(_ size: Int64) throws(Failure) {
    let needed = size - file.have.count
    guard needed > 64 << 20, let free = Files.freeSpace(Files.parent(of: file.path)), free < needed else { return }
    throw Failure(
      "LK020", "there is no room for \(label): it needs \(needed) bytes, and \(free) are free", path: file.path,
      help: "free some space, or set XDG_DATA_HOME to a file system that has it, then run the same command again")
  }

  /// Where the bytes of one request go.
  private final class Part: Sink {
    private unowned let download: Download
    /// What came last: libcurl gives 16 KiB at a time, and it is written when there is more of it.
    private var piece: Piece?
    /// What was asked for.
    var range: Range<Int64>
    let isDirect: Bool
    /// The end was not known when it was asked for.
    let isOpen: Bool
    /// Of the next byte.
    private var position: Int64
    /// The size of the file, once it is known.
    private var limit = Int64.max

    init(_ download: Download, _ range: Range<Int64>, isDirect: Bool, isOpen: Bool) {
      self.download = download
      self.range = range
      self.isDirect = isDirect
      self.isOpen = isOpen
      position = range.lowerBound
    }

    func begin(_ response: HTTPResponse) throws(Failure) {
      try download.began(response, self)
      limit = download.size ?? .max
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
      guard Int64(bytes.count) <= limit - position else {
        throw Failure(
          "LX025", "the server sends more than the \(limit) bytes of the file", path: shown(download.location.url))
      }
      var rest = unsafe bytes[...]
      while unsafe !rest.isEmpty {
        let piece = piece ?? download.pool.take(at: position)
        self.piece = piece
        let count = unsafe piece.append(rest)
        position += Int64(count)
        unsafe rest = rest.dropFirst(count)
        if piece.isFull { try flush() }
      }
    }

    /// Gives away what has come.
    func flush() throws(Failure) {
      guard let piece = piece.take() else { return }
      try download.keep(piece)
    }
  }
}
