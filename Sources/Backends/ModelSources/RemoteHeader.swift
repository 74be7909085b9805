internal import ModelStore
internal import SystemIO
internal import Transfer

/// Reads the header of a weights file where it is, in parts, so that pinning a model does not download it.
final class RemoteHeader {
  private let client: HTTPClient
  private let location: Location
  private let size: Int64
  private var direct: String?
  private var entityTag: String?
  private var window: (start: Int64, bytes: [UInt8]) = (0, [])
  private var failure: Failure?
  private var fetched = 0

  /// Bytes that one request asks for.
  private static let step = 1 << 20
  /// Bytes that are fetched of one header. The largest headers known have about 20 MB, most of it the vocabulary.
  private static let limit = 64 << 20

  init(_ client: HTTPClient, _ location: Location, size: Int64) {
    self.client = client
    self.location = location
    self.size = size
  }

  func facts(name: String, acceptsPickle: Bool) throws(Failure) -> ModelFacts? {
    do throws(Failure) {
      return try ModelFacts.read(
        size: size, path: shown(location.url), name: name, acceptsPickle: acceptsPickle
      ) { (offset, count) throws(HeaderProblem) in
        do throws(Failure) { return try self.read(offset, count) } catch let failure {
          self.failure = failure
          throw HeaderProblem(failure.message)
        }
      }
    } catch let problem {
      // A header that could not be fetched is not malformed.
      throw failure ?? problem
    }
  }

  private func read(_ offset: Int64, _ count: Int) throws(Failure) -> [UInt8] {
    if offset < window.start || offset >= window.start + Int64(window.bytes.count) {
      guard fetched < RemoteHeader.limit else {
        throw Failure("LX023", "its header is longer than the \(RemoteHeader.limit) bytes that are read")
      }
      var request = HTTPRequest(.get, direct ?? location.url)
      if direct == nil { request.authorization = location.authorization }
      request.offset = offset
      request.length = min(Int64(RemoteHeader.step), size - offset)
      request.entityTag = entityTag
      let (response, bytes) = try client.fetch(request, limit: RemoteHeader.step)
      if !response.hops.isEmpty { direct = response.url }
      entityTag = entityTag ?? response.entityTag
      fetched += bytes.count
      window = (offset, bytes)
    }
    let start = Int(offset - window.start)
    return Array(window.bytes[start..<min(window.bytes.count, start + count)])
  }
}
