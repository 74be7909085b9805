/// The host that a TLS client asks for, read from the first bytes of its connection: RFC 8446 and RFC 6066, section 3.
///
/// The bytes come from the app and may be anything. They are looked at and passed on unchanged.
enum ClientHello {
  enum Reading: Hashable {
    /// More bytes are needed.
    case incomplete
    /// A hello whose one host name this is, in lower case.
    case host(String)
    /// A hello that names no host.
    case withoutHost
    /// Not the beginning of TLS.
    case malformed
  }

  /// Longer hellos are refused; those of today with the keys of tomorrow take some 2 KiB.
  static let mostBytes = 16_384
  private static let mostRecords = 64

  static func read(_ bytes: [UInt8]) -> Reading {
    // The handshake message may be cut into records at any place.
    var message: [UInt8] = []
    var position = 0
    var records = 0
    while true {
      if let length = messageLength(message), message.count >= 4 + length {
        return hello(message[4..<4 + length])
      }
      guard position < bytes.count else { return bytes.count < mostBytes ? .incomplete : .malformed }
      guard bytes[position] == 22 else { return .malformed }
      if position + 1 < bytes.count, bytes[position + 1] != 3 { return .malformed }
      guard position + 5 <= bytes.count else { return .incomplete }
      let length = Int(bytes[position + 3]) << 8 | Int(bytes[position + 4])
      records += 1
      guard (1...16_384).contains(length), records <= mostRecords else { return .malformed }
      let end = min(position + 5 + length, bytes.count)
      message += bytes[position + 5..<end]
      if let first = message.first, first != 1 { return .malformed }
      if let length = messageLength(message), length > mostBytes { return .malformed }
      position += 5 + length
    }
  }

  private static func messageLength(_ message: [UInt8]) -> Int? {
    message.count < 4 ? nil : Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
  }

  private struct Cursor {
    var rest: ArraySlice<UInt8>

    mutating func number(_ size: Int) -> Int? {
      guard let bytes = take(size) else { return nil }
      return bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }

    /// A vector with its length before it.
    mutating func vector(_ size: Int) -> ArraySlice<UInt8>? { number(size).flatMap { take($0) } }
  }

  private static func hello(_ body: ArraySlice<UInt8>) -> Reading {
    var cursor = Cursor(rest: body)
    guard cursor.take(34) != nil, cursor.vector(1) != nil, cursor.vector(2) != nil, cursor.vector(1) != nil else {
      return .malformed
    }
    if cursor.rest.isEmpty { return .withoutHost }
    guard let extensions = cursor.vector(2), cursor.rest.isEmpty else { return .malformed }
    cursor = Cursor(rest: extensions)
    var host: String?
    while !cursor.rest.isEmpty {
      guard let kind = cursor.number(2), let data = cursor.vector(2) else { return .malformed }
      guard kind == 0 else { continue }
      // Two of the same kind would let two readers see two hosts.
      guard host == nil, let name = serverName(data) else { return .malformed }
      host = name
    }
    return host.map { .host($0) } ?? .withoutHost
  }

  private static func serverName(_ data: ArraySlice<UInt8>) -> String? {
    var outer = Cursor(rest: data)
    guard let list = outer.vector(2), outer.rest.isEmpty else { return nil }
    var cursor = Cursor(rest: list)
    // One name of the one kind that there is.
    guard cursor.number(1) == 0, let name = cursor.vector(2), cursor.rest.isEmpty, (1...253).contains(name.count),
      name.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    let text = String(decoding: name, as: UTF8.self).lowercased()
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}
