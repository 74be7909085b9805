internal import CEgress
internal import CanonicalJSON
internal import SystemIO

/// What a reviewer reads: one JSON object a line, for each connection when it has ended and for each thing denied.
final class EgressLog {
  enum Verdict: String {
    case allowed, denied, failed
    /// A connection to a port that the app publishes.
    case accepted
  }

  private let file: FileDescriptor?
  /// Denials and failures that were written, so that an app that repeats itself does not fill the disk.
  private var written: Set<String> = []
  private static let mostRepeatable = 4096

  init(_ file: consuming FileDescriptor?) { self.file = file }

  func note(
    name: String, endpoint: Endpoint? = nil, verdict: Verdict, reason: String = "", sent: UInt64 = 0,
    received: UInt64 = 0, duration: Int64 = 0
  ) {
    guard file != nil else { return }
    if verdict == .denied || verdict == .failed {
      guard written.count < EgressLog.mostRepeatable,
        written.insert("\(verdict) \(name) \(endpoint?.description ?? "") \(reason)").inserted
      else { return }
    }
    let line: JSON = [
      "name": .string(name), "address": .string(endpoint.map { "\($0.address)" } ?? ""),
      "port": .integer(Int64(endpoint?.port ?? 0)), "verdict": .string(verdict.rawValue), "reason": .string(reason),
      "sent": .integer(Int64(clamping: sent)), "received": .integer(Int64(clamping: received)),
      "milliseconds": .integer(duration), "time": .integer(egress_unix_milliseconds()),
    ]
    // A full disk must not end the app's connections.
    try? file?.write(line.canonicalBytes + [UInt8(ascii: "\n")], path: "the egress log")
  }
}
