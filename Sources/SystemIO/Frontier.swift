internal import Glibc

/// How far something has come that one thread makes and another follows, such as a file that is being written.
@safe package final class Frontier: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  // Below the mutex.
  private var reached: Int64 = 0
  private var isEnded = false
  private var isAbandoned = false

  package init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe pthread_cond_destroy(condition)
    unsafe mutex.deallocate()
    unsafe condition.deallocate()
  }

  /// Everything before this byte is there; it never goes back.
  package func advance(to byte: Int64) { change { reached = max(reached, byte) } }

  /// Nothing more comes.
  package func end() { change { isEnded = true } }

  /// Nobody wants to know any more.
  package func abandon() { change { isAbandoned = true } }

  /// Waits until there is more than `byte`.
  ///
  /// - Returns: how far it is, which is more than `byte` unless it has ended there; nil when it was abandoned.
  package func wait(past byte: Int64) -> Int64? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while reached <= byte, !isEnded, !isAbandoned { unsafe pthread_cond_wait(condition, mutex) }
    return isAbandoned ? nil : reached
  }

  private func change(_ body: () -> Void) {
    unsafe pthread_mutex_lock(mutex)
    body()
    unsafe pthread_cond_signal(condition)
    unsafe pthread_mutex_unlock(mutex)
  }
}
