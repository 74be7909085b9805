internal import Glibc

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
