// INVARIANT: every byte of HTTP that locara sends or takes passes this module. It knows HTTP and nothing of what is
// fetched. Credentials go to the origin that they were given for and to no other; whatever a server sends is bounded.

package import SystemIO

/// A request, as it is to be answered in the end: redirects and repetitions are the client's business.
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
  }

  package enum Redirects: Sendable {
    case followed
    /// One that leads to another origin is the response.
    case withinOrigin
  }

  package enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// `size` bytes of an open file from `offset`; the descriptor stays the caller's and its position is not used.
    case file(descriptor: Int32, offset: Int64, size: Int64)
  }

  package var method: Method
  /// Absolute, `http` or `https`, percent-encoded.
  package var url: String
  /// Sent to every host that answers for this request.
  package var headers: [(name: String, value: String)] = []
  /// The value of `Authorization`; sent to the origin (scheme, host and port) of `url` only.
  package var authorization: String?
  package var body: Body = .none
  /// The first byte of the content that is wanted.
  package var offset: Int64 = 0
  /// How many bytes are wanted; nil for all that follow.
  package var length: Int64?
  /// What happens with `length` when the server sends the whole content although a part was asked for: all that follows
  /// `offset` is delivered instead of cutting the connection.
  package var takesAllWhenWhole = false
  package var redirects = Redirects.followed
  /// The strong entity tag, with its quotes, that the content must have; another one is a failure. Nil for any.
  package var entityTag: String?

  package init(_ method: Method = .get, _ url: String) {
    self.method = method
    self.url = url
  }

  /// RFC 9110, 9.2.2: sending it twice does what sending it once does.
  var isIdempotent: Bool {
    switch method {
    case .get, .head, .put, .delete: true
    case .post, .patch: false
    }
  }
}

/// Header fields in their order; names are compared without case (RFC 9110, 5.1).
package struct HTTPHeaders: Sendable {
  /// Names in lower case.
  package private(set) var fields: [(name: String, value: String)] = []

  package init() {}

  /// The first field of that name.
  package subscript(name: String) -> String? {
    let name = name.lowercased()
    return fields.first { $0.name == name }?.value
  }

  /// Every field of that name.
  package func all(_ name: String) -> [String] {
    let name = name.lowercased()
    return fields.filter { $0.name == name }.map(\.value)
  }

  mutating func append(_ name: String, _ value: String) { fields.append((name.lowercased(), value)) }
}

/// What a server answered.
package struct HTTPResponse: Sendable {
  /// A redirect that was followed.
  package struct Hop: Sendable {
    package let url: String
    package let status: Int
    package let headers: HTTPHeaders
  }

  package var status: Int
  package var headers: HTTPHeaders
  /// Where the answer came from.
  package var url: String
  /// The redirects before it, in order.
  package var hops: [Hop] = []
  /// The size of the whole content, whatever part of it was asked for; nil when the server did not say.
  package var total: Int64?
  /// The answer to a request for a part was that part and not the whole.
  package var isPartial = false
  /// At most 64 KiB of what came with a status other than 200 to 299; other content goes to the sink.
  package var problem: [UInt8] = []

  package var isSuccess: Bool { (200..<300).contains(status) }

  /// The strong entity tag with its quotes; weak ones promise nothing about bytes.
  package var entityTag: String? {
    guard let tag = headers["etag"], tag.hasPrefix("\""), tag.hasSuffix("\""), tag.utf8.count > 2 else { return nil }
    return tag
  }

  /// - Throws: LX022 for a status other than 200 to 299.
  package func requireSuccess() throws(Failure) {
    if isSuccess { return }
    let help: String? =
      switch status {
      case 401, 403: "the server wants other credentials than it was given"
      case 404, 410: "check the name; the server does not have it, or does not show it to you"
      case 429: "wait some minutes, then run the same command again"
      case 500...: "the server has a problem of its own; run the same command again later"
      default: nil
      }
    throw Failure("LX022", "the server answered with status \(status)\(reason)", path: shown(url), help: help)
  }

  /// The server's own words: the first message of a JSON error, or nothing.
  private var reason: String {
    guard let field = headers["x-error-message"] else { return "" }
    return ": " + field.prefix(200)
  }
}

/// A URL as messages may show it: without user, password and query, which can hold secrets.
package func shown(_ url: String) -> String {
  var text = url.prefix { $0 != "?" && $0 != "#" }
  if let scheme = text.firstRange(of: "://") {
    let end = text[scheme.upperBound...].firstIndex(of: "/") ?? text.endIndex
    if let at = text[scheme.upperBound..<end].lastIndex(of: "@") {
      text = text[..<scheme.upperBound] + text[text.index(after: at)...]
    }
  }
  return String(text)
}

/// A path for a URL: what RFC 3986 does not permit in a segment is percent-encoded, `/` stays.
package func percentEncoded(_ path: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var text: [UInt8] = []
  for byte in path.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"), UInt8(ascii: "/"):
      text.append(byte)
    default: text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: text, as: UTF8.self)
}
