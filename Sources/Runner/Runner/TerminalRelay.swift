internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// A terminal of the app's own between the app and the caller's terminal: what is typed goes in, what the app writes
/// comes out, and nothing that the app does to its terminal reaches the caller's.
///
/// There is one when both standard input and standard output are terminals. With one of them redirected, as in a
/// pipeline, the streams pass as they are: another program may be reading the same terminal.
final class TerminalRelay {
  /// The app's end.
  let end: Int32
  /// The caller's terminal, by a descriptor that is out of the way of the standard streams.
  let callerInput: Int32
  let formerModes: termios
  let changedModes: termios

  private let own: Int32
  private let callerOutput: Int32
  private var isChanged = false
  private var isInputOpen = true
  private var toApp: [UInt8] = []
  private var toCaller: [UInt8] = []

  /// Nil when the app's streams are not a terminal's, or there is none to be had: the streams then pass as they are.
  init?(_ request: LaunchRequest) {
    let streams = request.streams
    guard request.forwardsSignals, request.plan.launch.streams == .inherit, isatty(streams.input) == 1,
      isatty(streams.output) == 1
    else { return nil }
    var modes = termios()
    guard unsafe tcgetattr(streams.input, &modes) == 0 else { return nil }
    formerModes = modes
    unsafe cfmakeraw(&modes)
    changedModes = modes
    var end: Int32 = -1
    let own = unsafe locara_open_terminal(streams.input, &end)
    guard own >= 0 else { return nil }
    self.own = own
    self.end = end
    callerInput = fcntl(streams.input, F_DUPFD_CLOEXEC, 3)
    // Opened once more, so that not blocking is nobody else's: a terminal that is held would hold the supervisor too.
    let again = unsafe open("/proc/self/fd/\(streams.output)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    callerOutput = again >= 0 ? again : fcntl(streams.output, F_DUPFD_CLOEXEC, 3)
  }

  deinit {
    suspend()
    for descriptor in [own, end, callerInput, callerOutput] where descriptor >= 0 { close(descriptor) }
  }

  // MARK: The caller's modes

  /// Whether what is typed is for this process. A terminal that controls nobody's jobs is always.
  private var isInForeground: Bool {
    let group = tcgetpgrp(callerInput)
    return group < 0 || group == getpgrp()
  }

  /// Takes the keys, when this process is in the foreground: the app's terminal interprets them, not the caller's.
  func start() {
    guard !isChanged, isInForeground else { return }
    var modes = changedModes
    isChanged = unsafe tcsetattr(callerInput, TCSADRAIN, &modes) == 0
  }

  /// Gives the caller's terminal back as it was.
  func suspend() {
    guard isChanged else { return }
    var modes = formerModes
    _ = unsafe tcsetattr(callerInput, TCSADRAIN, &modes)
    isChanged = false
  }

  /// Goes on after a stop: the terminal may have another size by now.
  func resume() {
    start()
    resize()
  }

  func resize() { _ = locara_copy_window_size(callerInput, own) }

  /// In the background: when to look again whether this process has come to the foreground. Nobody says so.
  var nextLook: UInt64? { isChanged || !isInputOpen ? nil : Clock.milliseconds + 200 }

  // MARK: Bytes

  private static let most = 4096

  /// What to wait for; a descriptor of -1 is not waited for.
  var events: [pollfd] {
    if !isChanged && isInputOpen { start() }
    let reads = isChanged && isInputOpen && toApp.isEmpty
    return [
      pollfd(fd: reads ? callerInput : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: toCaller.isEmpty ? -1 : callerOutput, events: Int16(POLLOUT), revents: 0),
      pollfd(
        fd: toCaller.isEmpty || !toApp.isEmpty ? own : -1,
        events: Int16((toCaller.isEmpty ? POLLIN : 0) | (toApp.isEmpty ? 0 : POLLOUT)), revents: 0),
    ]
  }

  func handle(_ ready: ArraySlice<pollfd>) {
    let events = ready.map { Int32($0.revents) }
    guard events.count == 3 else { return }
    if events[0] != 0 {
      toApp = TerminalRelay.read(callerInput)
      // The terminal has gone away, or says that there is no more.
      if toApp.isEmpty { isInputOpen = false }
    }
    if events[2] & POLLIN != 0 { toCaller = TerminalRelay.read(own) }
    if events[2] & POLLOUT != 0 { TerminalRelay.write(&toApp, to: own) }
    if events[1] != 0 { TerminalRelay.write(&toCaller, to: callerOutput) }
  }

  /// The app has ended: passes on what it wrote last, and gives the terminal back.
  func finish() {
    // The app's descriptors are closed; what they wrote is here. Bounded, for a caller whose terminal takes nothing.
    let end = Clock.milliseconds + 1000
    while Clock.milliseconds < end {
      if toCaller.isEmpty { toCaller = TerminalRelay.read(own) }
      guard !toCaller.isEmpty else { break }
      var output = pollfd(fd: callerOutput, events: Int16(POLLOUT), revents: 0)
      _ = unsafe poll(&output, 1, Clock.timeout(until: end))
      TerminalRelay.write(&toCaller, to: callerOutput)
    }
    suspend()
  }

  private static func read(_ descriptor: Int32) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
      count = unsafe max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
    }
  }

  /// Writes what fits; on a failure the rest is dropped, since there is nobody to read it.
  private static func write(_ bytes: inout [UInt8], to descriptor: Int32) {
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, min($0.count, 1024)) }
    if count > 0 {
      bytes.removeFirst(count)
    } else if errno != EAGAIN && errno != EINTR {
      bytes = []
    }
  }
}
