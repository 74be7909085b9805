/// The addresses that stand for names inside the sandbox. An address goes to another name only when no connection uses
/// it and everybody who was told of it has had to forget it; the one that has rested longest goes first.
struct AddressPool {
  /// Seconds for which the app may remember an answer.
  static let answerLifetime: UInt32 = 60
  /// Milliseconds from the last answer or connection to the next name: ten times what the app was told.
  static let rest: Int64 = 600_000

  /// 198.18.0.0/15, which RFC 2544 keeps off the Internet. The app's own address comes first.
  static let first4: UInt32 = 0xC612_0000
  /// fd6c:6f63:6172:6100::/64 of the local addresses of RFC 4193.
  static let prefix6: UInt64 = 0xFD6C_6F63_6172_6100

  static func address4(_ index: Int) -> Address { Address(version4: first4 + UInt32(index)) }
  static func address6(_ index: Int) -> Address { Address(version6: prefix6, UInt64(index)) }

  /// The app's own, inside.
  static let own = 1
  private static let firstIndex = 16

  private struct Entry {
    var name: String
    var users = 0
    var lastUse: Int64
  }

  private let capacity: Int
  private var entries: [Int: Entry] = [:]
  private var indices: [String: Int] = [:]
  private var next = firstIndex
  /// Indices in the order in which they were last given a name or checked.
  private var order: [Int] = []
  private var head = 0

  /// - Parameter capacity: of names at once, at most 131,056.
  init(capacity: Int = 16_384) { self.capacity = min(capacity, (1 << 17) - AddressPool.firstIndex) }

  /// The place of a name, which it has or gets; nil when all are taken.
  mutating func index(of name: String, now: Int64) -> Int? {
    if let index = indices[name] {
      entries[index]?.lastUse = now
      return index
    }
    let index: Int
    if entries.count < capacity {
      index = next
      next += 1
    } else if let free = oldestFree(now: now) {
      if let old = entries[free] { indices[old.name] = nil }
      index = free
    } else {
      return nil
    }
    entries[index] = Entry(name: name, lastUse: now)
    indices[name] = index
    order.append(index)
    return index
  }

  private mutating func oldestFree(now: Int64) -> Int? {
    for _ in 0..<min(order.count - head, 64) {
      let index = order[head]
      head += 1
      if head > 4096 {
        order.removeFirst(head)
        head = 0
      }
      guard let entry = entries[index] else { continue }
      if entry.users == 0, now - entry.lastUse >= AddressPool.rest { return index }
      order.append(index)
    }
    return nil
  }

  /// The place of a pool address; nil for any other.
  static func index(of address: Address) -> Int? {
    if address.isVersion6 {
      return address.high == prefix6 && address.low < 1 << 17 ? Int(address.low) : nil
    }
    let offset = address.low &- UInt64(first4)
    return offset < 1 << 17 ? Int(offset) : nil
  }

  /// The name that an address stands for now.
  func name(of address: Address) -> String? { AddressPool.index(of: address).flatMap { entries[$0]?.name } }

  /// A connection begins or ends.
  mutating func use(_ address: Address, _ change: Int, now: Int64) {
    guard let index = AddressPool.index(of: address) else { return }
    entries[index]?.users += change
    entries[index]?.lastUse = now
  }
}
