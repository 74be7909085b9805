internal import CSystemIO
internal import Glibc

/// Threads for work that is as fast as the processors: no pool stays behind.
package enum Threads {
  /// How many processors this process may use.
  package static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// The results of `body` for 0 ..< `count`, worked out by `atOnce` threads, in order.
  package static func map<Element: Sendable>(
    _ count: Int, atOnce: Int = processors, _ body: @escaping @Sendable (Int) -> Element
  ) -> [Element] {
    if count <= 1 || atOnce <= 1 { return (0..<count).map(body) }
    let results = UnsafeMutablePointer<Element?>.allocate(capacity: count)
    unsafe results.initialize(repeating: nil, count: count)
    let next = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
    unsafe next.initialize(to: 0)
    defer {
      unsafe results.deinitialize(count: count)
      unsafe results.deallocate()
      unsafe next.deallocate()
    }
    // Each index is taken by one thread only, and all have ended before the results are read.
    nonisolated(unsafe) let (slots, counter) = unsafe (results, next)
    let work: @Sendable () -> Void = {
      while true {
        let index = Int(unsafe locara_count(counter))
        guard index < count else { return }
        unsafe slots[index] = body(index)
      }
    }
    let others = (1..<min(count, atOnce)).compactMap { _ in BackgroundThread(work) }
    work()
    for thread in others { thread.join() }
    return (0..<count).compactMap { unsafe results[$0] }
  }
}

/// One thread that runs a closure; it must be joined.
package struct BackgroundThread {
  private let thread: pthread_t

  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Nil when the system gives no thread.
  package init?(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = unsafe Unmanaged.passRetained(Work(body))
    let problem = unsafe pthread_create(
      &thread, nil,
      { argument in
        if let argument = unsafe argument { unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, unsafe work.toOpaque())
    guard problem == 0 else {
      unsafe work.release()
      return nil
    }
    self.thread = thread
  }

  package func join() { _ = pthread_join(thread, nil) }
}
