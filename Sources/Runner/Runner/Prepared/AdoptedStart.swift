internal import CSandbox
internal import Glibc
internal import SystemIO

/// A start that was made from a prepared one, before Swift was there, and in which something has come up that only the
/// runner knows how to do: a denial to explain, a signal to pass on, the end of the time.
package enum AdoptedStart {
  /// Goes on with the start of this process until the app has ended, and gives the exit code of the process.
  ///
  /// - Returns: nil when there is no such start.
  package static func goOn() -> Int32? {
    guard let adopted = unsafe locara_adopted_start() else { return nil }
    let (record, path) = unsafe (adopted.pointee.record, adopted.pointee.record_path)
    var registration: RunRecord.Registration?
    if let path = unsafe path, record >= 0 {
      registration = RunRecord.Registration(
        path: unsafe String(cString: path), file: FileDescriptor(owning: record))
    }
    defer {
      withExtendedLifetime(registration) {}
      if let group = unsafe adopted.pointee.group { unsafe locara_remove_group(group) }
      if let scratch = unsafe adopted.pointee.start.pointee.scratch {
        try? Directories.removeTree(unsafe String(cString: scratch))
      }
    }
    if unsafe adopted.pointee.has_ended != 0 { return unsafe adopted.pointee.status }
    do throws(Failure) {
      return try unsafe supervise(adopted.pointee).shellCode
    } catch let failure {
      StandardStream.error.write(failure.report(color: StandardStream.error.hasColor))
      return RunCommandLine.failureCode
    }
  }

  private static func supervise(_ adopted: locara_adopted) throws(Failure) -> ExitStatus {
    let start = unsafe adopted.start.pointee
    let sandbox = unsafe RunningSandbox(adopted.spawned)
    let signals = unsafe SignalDescriptor(adopting: adopted.signals, previous: adopted.previous_signals)
    let log = DenialLog.ofStandardError()
    let filter = unsafe Array(UnsafeRawBufferPointer(start: start.denials, count: Int(start.denials_length) * 8))
    let number = unsafe adopted.listener
    let listener =
      number < 0 ? nil : DenialListener(owning: number, filter: filter, receiver: log, files: nil)
    let (limit, used) = unsafe (start.time_limit, Clock.milliseconds - adopted.began)
    let status = try sandbox.supervise(
      listener: listener, egress: nil, signals: signals, terminal: nil,
      timeLimit: limit == 0 ? nil : limit - min(used, limit), awaitsCleanUp: unsafe adopted.group != nil)
    log.summarize()
    return status
  }
}
