internal import CEgress

/// Something that waits for its descriptor.
class Watcher {
  /// -1 when it waits for nothing.
  fileprivate(set) var descriptor: Int32 = -1
  fileprivate(set) unowned var loop: EventLoop

  init(_ loop: EventLoop) { self.loop = loop }

  struct Readiness: OptionSet {
    let rawValue: UInt32
    static let readable = Readiness(rawValue: EGRESS_READABLE.rawValue)
    static let writable = Readiness(rawValue: EGRESS_WRITABLE.rawValue)
    static let failed = Readiness(rawValue: EGRESS_FAILED.rawValue)
  }

  /// Called with what the descriptor is ready for.
  func ready(_ readiness: Readiness) {}

  /// Starts to wait.
  ///
  /// - Parameter onChange: tell only when the readiness changes, epoll(7).
  final func watch(_ descriptor: Int32, _ readiness: Readiness, onChange: Bool = false) {
    loop.add(self, descriptor, readiness, onChange)
  }

  final func change(_ readiness: Readiness) {
    guard descriptor >= 0 else { return }
    _ = egress_poll_change(loop.poll, descriptor, readiness.rawValue, 0, loop.token(of: descriptor))
  }

  /// Stops waiting, and gives the descriptor back.
  @discardableResult final func unwatch() -> Int32 {
    let number = descriptor
    if number >= 0 { loop.remove(self) }
    return number
  }
}

/// One wait for everything, and the moments at which something is due.
final class EventLoop {
  let poll: Int32
  private var watchers: [Watcher?] = []
  /// By descriptor, so that an event of a descriptor that was closed meanwhile is not taken for one of its successor.
  private var generations: [UInt32] = []
  private var timers = TimerQueue()
  private var postponed: [() -> Void] = []
  /// Milliseconds since some fixed moment, as of the last wait.
  private(set) var now: Int64

  init() {
    poll = egress_poll_create()
    now = egress_monotonic_milliseconds()
  }

  fileprivate func token(of descriptor: Int32) -> UInt64 {
    UInt64(generations[Int(descriptor)]) << 32 | UInt64(descriptor)
  }

  fileprivate func add(_ watcher: Watcher, _ descriptor: Int32, _ readiness: Watcher.Readiness, _ onChange: Bool) {
    let index = Int(descriptor)
    while watchers.count <= index {
      watchers.append(nil)
      generations.append(0)
    }
    generations[index] &+= 1
    watchers[index] = watcher
    watcher.descriptor = descriptor
    _ = egress_poll_add(poll, descriptor, readiness.rawValue, onChange ? 1 : 0, token(of: descriptor))
  }

  fileprivate func remove(_ watcher: Watcher) {
    _ = egress_poll_remove(poll, watcher.descriptor)
    watchers[Int(watcher.descriptor)] = nil
    watcher.descriptor = -1
  }

  /// Calls `body` after this many milliseconds, unless it is canceled.
  @discardableResult func after(_ milliseconds: Int64, _ body: @escaping () -> Void) -> TimerQueue.Entry {
    timers.add(now + milliseconds, body)
  }

  /// Calls `body` once everything that is ready now has had its turn.
  func postpone(_ body: @escaping () -> Void) { postponed.append(body) }

  /// Runs until `isDone`.
  func run(until isDone: () -> Bool) {
    var events = [egress_event](repeating: egress_event(), count: 256)
    while !isDone() {
      let wait: Int32 = postponed.isEmpty ? timers.wait(from: now) : 0
      let count = unsafe egress_poll_wait(poll, &events, Int32(events.count), wait)
      now = egress_monotonic_milliseconds()
      guard count >= 0 else { return }
      for event in events.prefix(Int(count)) {
        let index = Int(event.token & 0xFFFF_FFFF)
        guard generations[index] == UInt32(event.token >> 32), let watcher = watchers[index] else { continue }
        watcher.ready(Watcher.Readiness(rawValue: event.readiness))
      }
      let due = postponed
      postponed = []
      for body in due { body() }
      while let body = timers.next(at: now) { body() }
    }
  }
}

/// Moments in order, a binary heap.
struct TimerQueue {
  final class Entry {
    fileprivate let moment: Int64
    fileprivate var body: (() -> Void)?
    fileprivate init(_ moment: Int64, _ body: @escaping () -> Void) {
      self.moment = moment
      self.body = body
    }
    func cancel() { body = nil }
  }

  private var heap: [Entry] = []

  mutating func add(_ moment: Int64, _ body: @escaping () -> Void) -> Entry {
    let entry = Entry(moment, body)
    heap.append(entry)
    var index = heap.count - 1
    while index > 0, heap[(index - 1) / 2].moment > moment {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
    return entry
  }

  /// For epoll_wait(2).
  mutating func wait(from now: Int64) -> Int32 {
    while let first = heap.first, first.body == nil { removeFirst() }
    return heap.first.map { Int32(clamping: max($0.moment - now, 0)) } ?? -1
  }

  mutating func next(at now: Int64) -> (() -> Void)? {
    while let first = heap.first, first.body == nil || first.moment <= now {
      removeFirst()
      if let body = first.body {
        first.body = nil
        return body
      }
    }
    return nil
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].moment < heap[least].moment {
        least = child
      }
      if least == index { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
