package import Diagnostics
internal import Glibc

/// The nodes of one document in one piece of memory, in source order, each collection before what is in it: reading a
/// document asks for memory a few times instead of once for each node, and forgetting it takes no time.
///
/// The composer fills it; whoever has a node only reads. Memory of its own in place of arrays, since each look into an
/// array that is in a class counts a reference to it.
@safe package final class SyntaxBuffer: @unchecked Sendable {
  private var records: UnsafeMutablePointer<SyntaxRecord>
  private(set) var count = 0
  private var capacity: Int
  /// The characters of all scalars, one after the other, as UTF-8.
  private var text: UnsafeMutablePointer<UInt8>
  private var textCount = 0
  private var textCapacity: Int

  /// - Parameter bytes: of the document. What a manifest of this length needs is asked for at once.
  init(bytes: Int) {
    capacity = bytes / 8 + 8
    unsafe records = .allocate(capacity: capacity)
    textCapacity = bytes + 8
    unsafe text = .allocate(capacity: textCapacity)
  }

  deinit {
    unsafe records.deallocate()
    unsafe text.deallocate()
  }

  static let empty = SyntaxBuffer(bytes: 0)

  package subscript(index: Int) -> SyntaxRecord {
    get {
      precondition(index >= 0 && index < count, "no node is here")
      return unsafe records[index]
    }
    set {
      precondition(index >= 0 && index < count, "no node is here")
      unsafe records[index] = newValue
    }
  }

  func append(_ record: SyntaxRecord) {
    if count == capacity {
      let larger = UnsafeMutablePointer<SyntaxRecord>.allocate(capacity: capacity * 2)
      unsafe larger.moveInitialize(from: records, count: count)
      unsafe records.deallocate()
      unsafe records = larger
      capacity *= 2
    }
    unsafe (records + count).initialize(to: record)
    count += 1
  }

  /// Forgets what was appended since there were `mark` nodes.
  func truncate(to mark: Int) { count = min(count, mark) }

  /// Keeps characters, which are UTF-8.
  func keep(_ characters: UnsafeBufferPointer<UInt8>) -> SyntaxText {
    let start = textCount
    let end = start + characters.count
    if end > textCapacity {
      textCapacity = max(textCapacity * 2, end)
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: textCapacity)
      unsafe larger.moveInitialize(from: text, count: textCount)
      unsafe text.deallocate()
      unsafe text = larger
    }
    if let first = characters.baseAddress {
      unsafe (text + start).initialize(from: first, count: characters.count)
    }
    textCount = end
    return unsafe SyntaxText(start: start, head: TextHead(characters))
  }

  /// The characters of a scalar.
  package func characters(_ record: SyntaxRecord) -> String {
    let bytes = unsafe bytes(record)
    // Copies short texts at once; `String(decoding:as:)` goes through them byte by byte.
    return unsafe String(unsafeUninitializedCapacity: bytes.count) { room in
      _ = unsafe room.initialize(fromContentsOf: bytes)
      return bytes.count
    }
  }

  /// Whether the characters of a string with the same head are these.
  package func has(_ characters: UnsafeBufferPointer<UInt8>, at record: SyntaxRecord) -> Bool {
    let own = unsafe bytes(record)
    guard own.count == characters.count else { return false }
    guard let left = own.baseAddress, let right = characters.baseAddress else { return true }
    return unsafe memcmp(left, right, own.count) == 0
  }

  /// Whether two strings are the same, as texts are compared: by canonical equivalence.
  func haveSameText(_ left: SyntaxRecord, _ right: SyntaxRecord) -> Bool {
    if left.head == right.head, unsafe left.head.isAll || has(bytes(left), at: right) { return true }
    // Only what is not ASCII can be written in two ways.
    if left.head.isASCII && right.head.isASCII { return false }
    return characters(left) == characters(right)
  }

  /// Where the next key is after a key and its value.
  package func following(_ key: Int, _ record: SyntaxRecord) -> Int {
    let value = key + record.extent
    return value + self[value].extent
  }

  /// Where what is in a collection is, an alias followed.
  package func contents(of index: Int) -> Range<Int> {
    let owner = self[index].target ?? index
    return owner + 1..<owner + self[owner].extent
  }

  /// Where the value of a key of a mapping is. A manifest is asked for each key that it may have.
  package func value(of name: UnsafeBufferPointer<UInt8>, in mapping: Int) -> Int? {
    let head = unsafe TextHead(name)
    guard self[mapping].mayHave(key: head) else { return nil }
    let found = key(in: contents(of: mapping)) { unsafe $0.head == head && (head.isAll || has(name, at: $0)) }
    return found.map { $0 + self[$0].extent }
  }

  /// The first of the keys in a place that is the same text as the one after it.
  func key(like last: Int, from first: Int) -> Int? {
    let record = self[last]
    return key(in: first..<last) { haveSameText($0, record) }
  }

  /// The first of the keys in a place that count and are as wanted.
  @inline(__always)
  private func key(in place: Range<Int>, where isWanted: (SyntaxRecord) -> Bool) -> Int? {
    precondition(place.lowerBound >= 0 && place.upperBound <= count, "no node is here")
    var position = place.lowerBound
    while position < place.upperBound {
      let key = unsafe records + position
      if unsafe key.pointee.kind != .dropped && isWanted(key.pointee) { return position }
      let value = unsafe position + key.pointee.extent
      position = unsafe value + records[value].extent
    }
    return nil
  }

  /// Valid until characters are kept.
  func bytes(_ record: SyntaxRecord) -> UnsafeBufferPointer<UInt8> {
    let range = record.textRange
    precondition(range.upperBound <= textCount, "no text is here")
    return unsafe UnsafeBufferPointer(start: text + range.lowerBound, count: range.count)
  }
}

/// Characters that a buffer keeps.
struct SyntaxText: BitwiseCopyable {
  /// In the buffer's text.
  var start: Int
  var head: TextHead
}

/// One node in a `SyntaxBuffer`. Offsets are below 2^31, as the bytes of a document are.
package struct SyntaxRecord: Sendable {
  package enum Kind: UInt8, Sendable {
    case null, boolean, integer, number, string, sequence, mapping
    /// What was meant cannot be known.
    case unreadable
    /// A key that counts for nothing, as its value does.
    case dropped

    /// With an article, for messages.
    package var name: String {
      switch self {
      case .null: "nothing"
      case .boolean: "a boolean"
      case .integer: "an integer"
      case .number: "a number"
      case .string: "a string"
      case .sequence: "a list"
      case .mapping: "a mapping"
      case .unreadable, .dropped: "unreadable"
      }
    }
  }

  package var kind: Kind
  var style: SyntaxNode.Style
  private var isASCII = true
  /// Where it is written.
  private var start: Int32
  private var end: Int32
  /// Of a scalar, in the buffer's text.
  private var textStart: Int32 = 0
  private var textCount: Int32 = 0
  /// Of an integer itself; of a boolean 0 or 1; of a string its first characters; of a mapping the marks of its keys.
  private var word: UInt64 = 0
  /// For an alias, which node it stands for; otherwise -1.
  private var targetIndex: Int32 = -1
  /// This node's records, those in it included.
  private var extentCount: Int32 = 1
  /// Elements, or members that count.
  private var childCount: Int32 = 0

  init(_ kind: Kind, _ style: SyntaxNode.Style, _ span: Span) {
    self.kind = kind
    self.style = style
    start = Int32(span.start)
    end = Int32(span.end)
  }

  package var span: Span {
    get { Span(Int(start), Int(end)) }
    set {
      start = Int32(newValue.start)
      end = Int32(newValue.end)
    }
  }

  /// Of an integer; of a boolean 0 or 1.
  package var integer: Int64 {
    get { Int64(bitPattern: word) }
    set { word = UInt64(bitPattern: newValue) }
  }

  /// Of a scalar, in the buffer's text.
  var textRange: Range<Int> { Int(textStart)..<Int(textStart) + Int(textCount) }

  /// Of a string.
  package var head: TextHead { TextHead(count: Int(textCount), word: word, isASCII: isASCII) }

  /// Of a mapping: whether it may have a key with this head.
  func mayHave(key: TextHead) -> Bool { word & key.mark != 0 }

  /// Notes that a mapping has a key with this head.
  mutating func note(key: TextHead) { word |= key.mark }

  /// Sets the characters of a scalar, whose kind is known.
  mutating func set(_ text: SyntaxText) {
    textStart = Int32(text.start)
    textCount = Int32(text.head.count)
    guard kind == .string else { return }
    word = text.head.word
    isASCII = text.head.isASCII
  }

  package var target: Int? {
    get { targetIndex < 0 ? nil : Int(targetIndex) }
    set { targetIndex = newValue.map { Int32($0) } ?? -1 }
  }

  package var extent: Int {
    get { Int(extentCount) }
    set { extentCount = Int32(newValue) }
  }

  package var count: Int {
    get { Int(childCount) }
    set { childCount = Int32(newValue) }
  }
}
