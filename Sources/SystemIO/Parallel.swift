internal import CSystemIO
internal import Glibc
internal import Synchronization

/// Work on all the processors that this process may use. Threads of the system, so that the launcher's side of this room
/// needs no runtime for tasks.
package enum Parallel {
  /// The processors in this process's affinity mask, sched_getaffinity(2).
  package static var processors: Int { Int(locara_processors()) }

  /// The results for 0 to `count` - 1, in this order. Each is made on some thread, as the work before it is done.
  package static func map<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Value) -> [Value] {
    let workers = min(processors, count)
    guard workers > 1 else { return (0..<count).map(body) }
    let work = Work(count: count, body: body)
    var threads: [pthread_t] = []
    for _ in 1..<workers {
      var thread = pthread_t()
      let context = unsafe Unmanaged.passRetained(work as AnyObject)
      let status = unsafe pthread_create(
        &thread, nil,
        { context in
          if let context = unsafe context,
            let work = unsafe Unmanaged<AnyObject>.fromOpaque(context).takeRetainedValue() as? any Runnable
          {
            work.run()
          }
          return nil
        }, context.toOpaque())
      // Without the thread its share is done by the others.
      if status == 0 { threads.append(thread) } else { unsafe context.release() }
    }
    work.run()
    for thread in threads { _ = pthread_join(thread, nil) }
    return work.results
  }

  private protocol Runnable: AnyObject {
    func run()
  }

  private final class Work<Value: Sendable>: Runnable, Sendable {
    private let count: Int
    private let body: @Sendable (Int) -> Value
    private let next = Atomic<Int>(0)
    private let done = Mutex<[(Int, Value)]>([])

    init(count: Int, body: @escaping @Sendable (Int) -> Value) {
      self.count = count
      self.body = body
    }

    func run() {
      var mine: [(Int, Value)] = []
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { break }
        mine.append((index, body(index)))
      }
      done.withLock { $0.append(contentsOf: mine) }
    }

    var results: [Value] { done.withLock { $0.sorted { $0.0 < $1.0 }.map(\.1) } }
  }
}
