/// Messages of the domain name system, RFC 1035, as far as the broker speaks it: one question, and answers of the kinds
/// that lead to addresses. Bytes may come from anybody: nothing is read past the end and no name is followed for ever.
enum DomainMessage {
  enum Kind {
    static let address4: UInt16 = 1
    static let alias: UInt16 = 5
    static let pointer: UInt16 = 12
    static let address6: UInt16 = 28
    static let options: UInt16 = 41
  }

  enum Code {
    static let success: UInt8 = 0
    static let malformed: UInt8 = 1
    static let serverFailure: UInt8 = 2
    static let noSuchName: UInt8 = 3
    static let notImplemented: UInt8 = 4
    static let refused: UInt8 = 5
  }

  struct Question: Hashable {
    /// In lower case without a trailing dot; labels of anything but letters, digits, `-` and `_` are not accepted.
    var name: String
    var kind: UInt16
  }

  struct Record: Hashable {
    enum Value: Hashable {
      case address(Address)
      case alias(String)
    }
    var name: String
    /// Seconds.
    var lifetime: UInt32
    var value: Value
  }

  struct Query {
    var identifier: UInt16
    var wantsRecursion: Bool
    var question: Question
    /// The question as it came, letter case and all, since resolvers compare it.
    var questionBytes: [UInt8]
    /// The longest answer that the client takes by UDP.
    var mostBytes: Int
    var hasOptions: Bool
  }

  struct Response {
    var identifier: UInt16
    var isTruncated: Bool
    var code: UInt8
    var question: Question
    /// Of the answer section, in order, without kinds that do not matter here.
    var records: [Record]
  }

  private static let mostRecords = 4096

  // MARK: Reading

  private struct Cursor {
    let bytes: [UInt8]
    var position: Int

    mutating func number() -> UInt16? {
      guard position + 2 <= bytes.count else { return nil }
      defer { position += 2 }
      return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func long() -> UInt32? {
      guard let high = number(), let low = number() else { return nil }
      return UInt32(high) << 16 | UInt32(low)
    }

    /// A name, with pointers that only go backwards, so that following them ends.
    ///
    /// - Returns: nil when it is malformed; an empty text for the root; `"?"` for one that is no host name.
    mutating func name() -> String? {
      var characters: [UInt8] = []
      var isHostName = true
      var place = position
      var limit = position
      var end: Int?
      while true {
        guard place < bytes.count else { return nil }
        let length = Int(bytes[place])
        if length & 0xC0 == 0xC0 {
          guard place + 1 < bytes.count else { return nil }
          let target = (length & 0x3F) << 8 | Int(bytes[place + 1])
          guard target < limit else { return nil }
          if end == nil { end = place + 2 }
          limit = target
          place = target
          continue
        }
        guard length < 64, place + 1 + length <= bytes.count else { return nil }
        if length == 0 { break }
        if !characters.isEmpty { characters.append(UInt8(ascii: ".")) }
        for byte in bytes[place + 1..<place + 1 + length] {
          let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
          if !DomainMessage.isHostCharacter(lower) { isHostName = false }
          characters.append(lower)
        }
        guard characters.count <= 253 else { return nil }
        place += 1 + length
      }
      position = end ?? place + 1
      return isHostName ? String(decoding: characters, as: UTF8.self) : "?"
    }
  }

  private static func isHostCharacter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
  }

  /// A question from the app; nil when there is not even a header, or it is an answer.
  static func query(_ bytes: [UInt8]) -> Result<Query, QueryProblem>? {
    var cursor = Cursor(bytes: bytes, position: 0)
    guard bytes.count >= 12, let identifier = cursor.number(), let flags = cursor.number(), flags & 0x8000 == 0,
      let questions = cursor.number(), let answers = cursor.number(), let authorities = cursor.number(),
      let additional = cursor.number()
    else { return nil }
    guard flags >> 11 & 0xF == 0 else { return .failure(QueryProblem(identifier, Code.notImplemented)) }
    guard questions == 1, answers == 0, authorities == 0, additional <= 4, let name = cursor.name(),
      let kind = cursor.number(), let category = cursor.number()
    else { return .failure(QueryProblem(identifier, Code.malformed)) }
    guard category == 1 else { return .failure(QueryProblem(identifier, Code.refused)) }
    var query = Query(
      identifier: identifier, wantsRecursion: flags & 0x100 != 0, question: Question(name: name, kind: kind),
      questionBytes: Array(bytes[12..<cursor.position]), mostBytes: 512, hasOptions: false)
    for _ in 0..<additional {
      guard cursor.name() != nil, let kind = cursor.number(), let size = cursor.number(), cursor.long() != nil,
        let length = cursor.number(), cursor.position + Int(length) <= bytes.count
      else { return .failure(QueryProblem(identifier, Code.malformed)) }
      cursor.position += Int(length)
      if kind == Kind.options {
        query.hasOptions = true
        query.mostBytes = min(max(Int(size), 512), 4096)
      }
    }
    return .success(query)
  }

  struct QueryProblem: Error {
    var identifier: UInt16
    var code: UInt8
    init(_ identifier: UInt16, _ code: UInt8) {
      self.identifier = identifier
      self.code = code
    }
  }

  /// An answer of a name server; nil when it is malformed.
  static func response(_ bytes: [UInt8]) -> Response? {
    var cursor = Cursor(bytes: bytes, position: 0)
    guard let identifier = cursor.number(), let flags = cursor.number(), flags & 0x8000 != 0,
      let questions = cursor.number(), let answers = cursor.number(), cursor.number() != nil, cursor.number() != nil,
      questions == 1, let name = cursor.name(), let kind = cursor.number(), cursor.number() == 1
    else { return nil }
    let isTruncated = flags & 0x200 != 0
    var response = Response(
      identifier: identifier, isTruncated: isTruncated, code: UInt8(flags & 0xF),
      question: Question(name: name, kind: kind), records: [])
    for _ in 0..<min(Int(answers), mostRecords) {
      guard let owner = cursor.name(), let kind = cursor.number(), let category = cursor.number(),
        let lifetime = cursor.long(), let length = cursor.number(), cursor.position + Int(length) <= bytes.count
      else { return isTruncated ? response : nil }
      let end = cursor.position + Int(length)
      var value: Record.Value?
      switch kind {
      case Kind.address4 where length == 4, Kind.address6 where length == 16:
        value = Address(bytes[cursor.position..<end]).map { .address($0) }
      case Kind.alias:
        guard let target = cursor.name(), cursor.position == end else { return nil }
        value = .alias(target)
      default: break
      }
      cursor.position = end
      if category == 1, let value {
        // RFC 2181, section 8: the uppermost bit makes it zero.
        response.records.append(Record(name: owner, lifetime: lifetime >> 31 == 0 ? lifetime : 0, value: value))
      }
    }
    return response
  }

  // MARK: Writing

  private static func append(_ number: UInt16, to bytes: inout [UInt8]) {
    bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
  }

  /// The wire form of a name; nil when a label does not fit.
  static func nameBytes(_ name: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for label in name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard (1...63).contains(label.count) else { return nil }
      bytes.append(UInt8(label.count))
      bytes += label
    }
    return bytes.count <= 254 ? bytes + [0] : nil
  }

  /// A question to a name server, with room for long answers (RFC 6891).
  static func question(_ name: String, _ kind: UInt16, identifier: UInt16) -> [UInt8]? {
    guard let nameBytes = nameBytes(name) else { return nil }
    var bytes: [UInt8] = []
    for number in [identifier, 0x0100, 1, 0, 0, 1] { append(number, to: &bytes) }
    bytes += nameBytes
    append(kind, to: &bytes)
    append(1, to: &bytes)
    // 1232 bytes go through every path without being cut in pieces.
    bytes += [0, 0, UInt8(Kind.options), UInt8(1232 >> 8), UInt8(1232 & 0xFF), 0, 0, 0, 0, 0, 0]
    return bytes
  }

  enum Answer {
    case address(Address)
    /// A name.
    case pointer(String)
  }

  /// The answer to the app.
  ///
  /// - Parameter lifetime: seconds for which the app may remember it.
  static func answer(to query: Query, code: UInt8, _ answers: [Answer] = [], lifetime: UInt32 = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    let flags: UInt16 = 0x8080 | (query.wantsRecursion ? 0x0100 : 0) | UInt16(code)
    for number in [query.identifier, flags, 1, UInt16(answers.count), 0, query.hasOptions ? 1 : 0] {
      append(number, to: &bytes)
    }
    bytes += query.questionBytes
    for answer in answers {
      // The name is that of the question, at byte 12.
      bytes += [0xC0, 12]
      let (kind, data): (UInt16, [UInt8]) =
        switch answer {
        case .address(let address): (address.isVersion6 ? Kind.address6 : Kind.address4, address.bytes)
        case .pointer(let name): (Kind.pointer, nameBytes(name) ?? [0])
        }
      append(kind, to: &bytes)
      append(1, to: &bytes)
      append(UInt16(lifetime >> 16), to: &bytes)
      append(UInt16(lifetime & 0xFFFF), to: &bytes)
      append(UInt16(data.count), to: &bytes)
      bytes += data
    }
    if query.hasOptions {
      bytes += [0, 0, UInt8(Kind.options), UInt8(1232 >> 8), UInt8(1232 & 0xFF), 0, 0, 0, 0, 0, 0]
    }
    return bytes
  }

  static func answer(to problem: QueryProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in [problem.identifier, 0x8080 | UInt16(problem.code), 0, 0, 0, 0] { append(number, to: &bytes) }
    return bytes
  }
}
