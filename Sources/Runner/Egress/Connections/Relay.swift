internal import CEgress

/// Pipes through which data goes from one socket to another without being copied. One is enough while everything that
/// goes in comes out at once; a connection whose receiver is slower keeps the pipe that still holds its data.
final class PipeStore {
  struct Pipe {
    var reading: Int32
    var writing: Int32
  }

  private var free: [Pipe] = []
  private static let size: Int32 = 1 << 20
  private static let mostFree = 16

  func take() -> Pipe? {
    if let pipe = free.popLast() { return pipe }
    var pipe = Pipe(reading: -1, writing: -1)
    return unsafe egress_pipe(&pipe.reading, &pipe.writing, PipeStore.size) == 0 ? pipe : nil
  }

  /// - Parameter pipe: is empty.
  func give(_ pipe: Pipe) {
    if free.count < PipeStore.mostFree { return free.append(pipe) }
    drop(pipe)
  }

  func drop(_ pipe: Pipe) {
    closeDescriptor(pipe.reading)
    closeDescriptor(pipe.writing)
  }
}

/// Two sockets as one connection: what either sends the other gets, an end is passed on as an end and a failure as a
/// failure, and a side that does not read is not read for.
final class Relay {
  private final class Side: Watcher {
    unowned let relay: Relay
    var isReadable = true
    var isWritable = true

    init(_ relay: Relay, _ socket: Int32) {
      self.relay = relay
      super.init(relay.loop)
      watch(socket, [.readable, .writable], onChange: true)
    }

    override func ready(_ readiness: Readiness) {
      if readiness.contains(.readable) { isReadable = true }
      if readiness.contains(.writable) { isWritable = true }
      relay.advance()
    }
  }

  private struct Direction {
    /// Holds what was read and could not be written yet.
    var pipe: PipeStore.Pipe?
    var held = 0
    var isAtEnd = false
    var isDone = false
    var bytes: UInt64 = 0
    /// The most that is read at once: little for a receiver that is slow, so that little is kept for it.
    var portion = 1 << 16
  }

  private static let portions = (1 << 14)...(1 << 18)
  /// Microseconds of a round trip up to which 256 KiB on their way are no limit: a gigabyte each second.
  private static let nearby: Int32 = 250
  /// Turns of one connection before others have theirs.
  private static let turns = 16

  fileprivate let loop: EventLoop
  private let pipes: PipeStore
  private var app: Side?
  private var host: Side?
  private var toHost = Direction()
  private var toApp = Direction()
  private var isPostponed = false
  private var completion: ((_ sent: UInt64, _ received: UInt64, _ failed: Bool) -> Void)?

  /// - Parameter alreadySent: bytes of the app that the host has already been given.
  init(
    _ loop: EventLoop, _ pipes: PipeStore, app: Int32, host: Int32, alreadySent: Int,
    _ completion: @escaping (_ sent: UInt64, _ received: UInt64, _ failed: Bool) -> Void
  ) {
    self.loop = loop
    self.pipes = pipes
    self.completion = completion
    egress_prepare_relay(app)
    egress_prepare_relay(host)
    egress_keep_little(app)
    // Far away, so little on its way would be a slow connection.
    if (0..<Relay.nearby).contains(egress_round_trip(host)) { egress_keep_little(host) }
    toHost.bytes = UInt64(alreadySent)
    self.app = Side(self, app)
    self.host = Side(self, host)
  }

  var sent: UInt64 { toHost.bytes }
  var received: UInt64 { toApp.bytes }

  func start() { advance() }

  private func advance() {
    guard completion != nil, let app, let host else { return }
    var turn = 0
    var isMoving = true
    while isMoving, turn < Relay.turns {
      turn += 1
      isMoving = false
      for isToHost in [true, false] {
        switch isToHost ? move(&toHost, app, host) : move(&toApp, host, app) {
        case .moved: isMoving = true
        case .waiting: break
        case .failed: return end(failed: true)
        }
      }
    }
    if toHost.isDone, toApp.isDone { return end(failed: false) }
    if isMoving, !isPostponed {
      isPostponed = true
      loop.postpone { [weak self] in
        self?.isPostponed = false
        self?.advance()
      }
    }
  }

  /// There is no pipe now; slow receivers have them all.
  private func advanceLater() {
    guard !isPostponed else { return }
    isPostponed = true
    loop.after(20) { [weak self] in
      self?.isPostponed = false
      self?.advance()
    }
  }

  private enum Progress { case moved, waiting, failed }

  private func move(_ direction: inout Direction, _ from: Side, _ to: Side) -> Progress {
    if direction.isDone { return .waiting }
    var progress = Progress.waiting
    if direction.held == 0, !direction.isAtEnd, from.isReadable, to.isWritable {
      if direction.pipe == nil { direction.pipe = pipes.take() }
      guard let pipe = direction.pipe else {
        advanceLater()
        return .waiting
      }
      let count = egress_splice(from.descriptor, pipe.writing, direction.portion)
      if count > 0 {
        direction.held = count
        progress = .moved
      } else if count == 0 {
        direction.isAtEnd = true
      } else if count == -Int(EAGAINNumber) {
        from.isReadable = false
      } else {
        return .failed
      }
    }
    if direction.held > 0, to.isWritable, let pipe = direction.pipe {
      let wanted = direction.held
      let count = egress_splice(pipe.reading, to.descriptor, wanted)
      if count > 0 {
        direction.held -= count
        direction.bytes += UInt64(count)
        progress = .moved
      } else if count == -Int(EAGAINNumber) {
        to.isWritable = false
      } else {
        return .failed
      }
      if count == wanted {
        direction.portion = min(direction.portion * 2, Relay.portions.upperBound)
      } else {
        direction.portion = max(direction.portion / 4, Relay.portions.lowerBound)
      }
    }
    if direction.held == 0 {
      if let pipe = direction.pipe {
        pipes.give(pipe)
        direction.pipe = nil
      }
      if direction.isAtEnd {
        direction.isDone = true
        _ = egress_shut_writing(to.descriptor)
      }
    }
    return progress
  }

  /// Ends both sides, without waiting for what was not passed on.
  func abort() { end(failed: true) }

  private func end(failed: Bool) {
    guard let completion else { return }
    self.completion = nil
    for direction in [toHost, toApp] {
      if let pipe = direction.pipe { direction.held == 0 ? pipes.give(pipe) : pipes.drop(pipe) }
    }
    for side in [app, host] {
      guard let socket = side?.unwatch() else { continue }
      if failed { egress_reset(socket) } else { closeDescriptor(socket) }
    }
    completion(toHost.bytes, toApp.bytes, failed)
  }
}
