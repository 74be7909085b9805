internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// A started sandbox, seen from outside. When this value goes, the sandbox goes.
struct RunningSandbox: ~Copyable {
  private let process: FileDescriptor  // pidfd of its first process
  private let channel: FileDescriptor

  init(_ spawned: locara_spawned) {
    process = FileDescriptor(owning: spawned.pid_fd)
    channel = FileDescriptor(owning: spawned.channel)
  }

  /// Returns once the program has been executed, with the filter's listener or -1.
  func waitForStart(_ request: LaunchRequest) throws(Failure) -> Int32 {
    var message = locara_message()
    var descriptor: Int32 = -1
    var received = unsafe locara_receive(channel.number, &message, &descriptor)
    if received == 1, message.kind == Int32(LOCARA_READY.rawValue) {
      guard request.isStillVerified?() ?? true else {
        throw Failure(
          "LR039", "the app's files were changed while it was being started", path: request.payloadDirectory,
          help: "run the same command again when nothing writes there")
      }
      _ = locara_permit(channel.number)
      received = unsafe locara_receive(channel.number, &message, &descriptor)
    }
    if received == 1, message.kind == Int32(LOCARA_STARTED.rawValue) { return descriptor }
    if descriptor >= 0 { close(descriptor) }
    var status: Int32 = 0
    _ = locara_kill(process.number, SIGKILL)
    _ = unsafe locara_reap(process.number, &status)
    guard received == 1 else {
      throw Failure(
        "LR007", "the sandbox ended while it was being set up (wait status \(status))",
        help: "look into the kernel's log; something outside ended the process, the out-of-memory killer for instance")
    }
    throw Requirements.explain(message, of: request.plan)
  }

  /// Waits for the program's end, answers what it is denied, passes signals on and keeps the time.
  ///
  /// - Parameters:
  ///   - timeLimit: milliseconds from now.
  ///   - awaitsCleanUp: whether the first process is waited for too; otherwise it stays a zombie of this process.
  func supervise(
    listener: DenialListener?, egress: EgressSession?, signals: borrowing SignalDescriptor, terminal: TerminalRelay?,
    timeLimit: UInt64?,
    awaitsCleanUp: Bool
  ) throws(Failure) -> ExitStatus {
    var deadline = timeLimit.map { Clock.milliseconds + $0 }
    var isOverTime = false
    var programStatus: Int32?
    var asking = listener?.number ?? -1  // poll(2) skips -1
    var stopAskedUntil: UInt64 = 0
    while true {
      var events = ([channel.number, signals.number, asking] + (egress?.watched ?? [])).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let first = events.count
      if let terminal { events += terminal.events }
      let due = [deadline, egress?.deadline, terminal?.nextLook].compactMap(\.self).min()
      let ready = unsafe poll(&events, nfds_t(events.count), Clock.timeout(until: due))
      guard ready >= 0 || errno == EINTR else { throw .system("wait for the sandbox", path: "poll", errno: errno) }
      if let due = deadline, Clock.milliseconds >= due {
        if isOverTime {
          _ = locara_kill(process.number, SIGKILL)
          deadline = nil
        } else {
          isOverTime = true
          _ = locara_forward(channel.number, SIGTERM, 1)
          deadline = due + RunningSandbox.grace
        }
      }
      terminal?.handle(events[first...])
      if events[1].revents != 0, forward(from: signals.number, terminal) { stopAskedUntil = Clock.milliseconds + 1000 }
      if events[2].revents & Int16(POLLIN) != 0 {
        listener?.handle()
      } else if events[2].revents != 0 {
        asking = -1  // nobody is left who could ask
      }
      if events[3..<first].contains(where: { $0.revents != 0 }) { egress?.handle() }
      egress?.expire()
      if events[0].revents != 0 {
        var message = locara_message()
        var descriptor: Int32 = -1
        let received = unsafe locara_receive(channel.number, &message, &descriptor)
        if descriptor >= 0 { close(descriptor) }
        if received == 1, message.kind == Int32(LOCARA_STOPPED.rawValue) {
          if let terminal {
            // Whoever types must get the shell back, whatever signal it was: the keys are the stopped program's.
            stop(terminal, withGroup: true)
          } else if Clock.milliseconds < stopAskedUntil {
            stopAskedUntil = 0
            stop(terminal, withGroup: false)
          }
        } else if received == 1, message.kind == Int32(LOCARA_ENDED.rawValue) {
          programStatus = message.value
          egress?.finish()
          terminal?.finish()
          // Every process of the app is gone. What is left is the kernel taking the namespaces down, which a process
          // that is about to end itself need not see.
          if !awaitsCleanUp { return isOverTime ? .timedOut : ExitStatus(waitStatus: message.value) }
        } else if received != 1 {
          break
        }
      }
    }
    var status: Int32 = 0
    _ = locara_kill(process.number, SIGKILL)
    let reaped = unsafe locara_reap(process.number, &status)
    guard reaped == 0 else { throw .system("wait for the sandbox", path: "waitid", errno: -reaped) }
    if isOverTime { return .timedOut }
    return ExitStatus(waitStatus: programStatus ?? status)
  }

  /// Between SIGTERM and SIGKILL at the end of the time, in milliseconds.
  private static let grace: UInt64 = 1000

  /// - Returns: whether this process was asked to stop.
  private func forward(from signals: Int32, _ terminal: TerminalRelay?) -> Bool {
    var isAskedToStop = false
    while true {
      var isFromTerminal: Int32 = 0
      let number = unsafe locara_next_signal(signals, &isFromTerminal)
      guard number != 0 else { return isAskedToStop }
      if number == SIGTSTP { isAskedToStop = true }
      if number == SIGCONT { isAskedToStop = false }
      if let terminal {
        // The app's terminal tells the app itself.
        if number == SIGWINCH { terminal.resize() }
        if number == SIGCONT { terminal.resume() }
        if isFromTerminal != 0 && number == SIGWINCH { continue }
      }
      // A key concerns everything in the foreground, kill(1) the one process that it names.
      _ = locara_forward(
        channel.number, number, isFromTerminal != 0 ? LOCARA_TO_GROUP.number : LOCARA_TO_PROGRAM.number)
    }
  }

  /// The program was stopped, and so is this process, as whoever started it expects: where the app has a terminal, with
  /// its group, which a key of its own terminal would have reached too; else alone, and only after it was asked to stop. A
  /// program that stops on its own concerns nobody else, and its time goes on.
  ///
  /// Nothing of the sandbox runs on meanwhile, when nobody keeps its time.
  private func stop(_ terminal: TerminalRelay?, withGroup: Bool) {
    _ = locara_forward(channel.number, SIGSTOP, LOCARA_TO_ALL.number)
    terminal?.suspend()
    locara_stop(withGroup ? 1 : 0)
    terminal?.resume()
    _ = locara_forward(channel.number, SIGCONT, LOCARA_TO_ALL.number)
  }

  deinit {
    // Nothing to do when it was reaped: a pidfd never names another process.
    _ = locara_kill(process.number, SIGKILL)
  }
}

/// The signals for a program in the foreground, while a sandbox runs in its place.
struct SignalDescriptor: ~Copyable {
  /// -1, which poll(2) skips, when nothing is caught.
  let number: Int32
  private let previous: UInt64

  /// Takes over what this process caught before.
  init(adopting number: Int32, previous: UInt64) {
    self.number = number
    self.previous = previous
  }

  init(isNeeded: Bool) throws(Failure) {
    var previous: UInt64 = 0
    guard isNeeded else {
      number = -1
      self.previous = 0
      return
    }
    number = unsafe locara_catch_signals(&previous)
    self.previous = previous
    guard number >= 0 else { throw .system("catch signals", path: "signalfd", errno: -number) }
  }

  deinit { if number >= 0 { locara_restore_signals(number, previous) } }
}

extension locara_recipient {
  fileprivate var number: Int32 { Int32(rawValue) }
}

enum Clock {
  /// Time since some fixed moment.
  static var milliseconds: UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  /// What poll(2) takes.
  static func timeout(until deadline: UInt64?) -> Int32 {
    guard let deadline else { return -1 }
    let now = milliseconds
    // Rounded up: waking a moment early would be a busy wait.
    return deadline > now ? Int32(clamping: deadline - now + 1) : 0
  }
}

extension ExitStatus {
  /// What wait(2) reports.
  init(waitStatus status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .exited(status >> 8 & 0xFF) : .signaled(signal)
  }
}
