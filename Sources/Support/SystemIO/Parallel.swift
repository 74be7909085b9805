internal import CSystemIO
internal import Synchronization

/// Work on all the processors that this process may use. Threads of the system, so that the launcher's side of this module
/// needs no runtime for tasks; no pool stays behind.
package enum Parallel {
  /// The processors in this process's affinity mask, sched_getaffinity(2).
  package static var processors: Int { Int(locara_processors()) }

  /// The results for 0 to `count` - 1, in this order. Each is made on some thread, as the work before it is done.
  ///
  /// - Parameter atOnce: the most threads that work, the caller's among them.
  package static func map<Value: Sendable>(
    _ count: Int, atOnce: Int = processors, _ body: @escaping @Sendable (Int) -> Value
  ) -> [Value] {
    let workers = min(atOnce, count)
    guard workers > 1 else { return (0..<count).map(body) }
    let work = Work(count: count, body: body)
    // What a thread that the system does not give would have done, the others do.
    let threads = (1..<workers).compactMap { _ in BackgroundThread { work.run() } }
    work.run()
    for thread in threads { thread.join() }
    return work.takeResults()
  }

  /// Each index is taken by one thread only, which fills its place, and all have ended before the results are taken.
  @safe private final class Work<Value: Sendable>: @unchecked Sendable {
    private let count: Int
    private let body: @Sendable (Int) -> Value
    private let next = Atomic<Int>(0)
    private let results: UnsafeMutablePointer<Value>

    init(count: Int, body: @escaping @Sendable (Int) -> Value) {
      self.count = count
      self.body = body
      unsafe results = .allocate(capacity: count)
    }

    deinit { unsafe results.deallocate() }

    func run() {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        unsafe (results + index).initialize(to: body(index))
      }
    }

    func takeResults() -> [Value] {
      unsafe [Value](unsafeUninitializedCapacity: count) { buffer, filled in
        unsafe buffer.baseAddress?.moveInitialize(from: results, count: count)
        filled = count
      }
    }
  }
}
