internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemCalls
internal import SystemIO

/// Answers the calls that the filter denies, and tells what they were.
final class DenialListener {
  private let descriptor: FileDescriptor
  private let filter: FilterProgram
  private let receiver: (any DenialReceiver)?
  private let egress: EgressSession?
  /// Told of the calls that name files; nil when those do not ask.
  private let files: FileDenials?

  init(
    owning descriptor: Int32, filter: [UInt8], receiver: (any DenialReceiver)?, egress: EgressSession? = nil,
    files: FileDenials?
  ) {
    self.files = files
    self.descriptor = FileDescriptor(owning: descriptor)
    self.filter = FilterProgram(filter)
    self.receiver = receiver
    self.egress = egress
    locara_wake_in_turn(descriptor)
  }

  var number: Int32 { descriptor.number }

  /// Handles one call. What cannot be explained is denied all the same.
  func handle() {
    var notification = locara_notification()
    // None when the caller has died meanwhile.
    guard unsafe locara_receive_notification(number, &notification) == 0 else { return }
    if egress?.takes(notification, listener: number) == true { return }
    let arguments = unsafe withUnsafeBytes(of: notification.arguments) { unsafe Array($0.bindMemory(to: UInt64.self)) }
    let call = FilterProgram.Call(
      number: notification.number, architecture: notification.architecture,
      instructionPointer: notification.instruction_pointer, arguments: arguments)
    if files != nil, filter.allows(call) { return explainFile(call, notification) }
    let answer = filter.denial(of: call)
    // Before the answer: until then the caller waits and its memory stays.
    let denial = explain(call, process: notification.process, answer: answer)
    let isCurrent = locara_notification_is_valid(number, notification.id) == 0
    _ = locara_deny(number, notification.id, answer)
    if isCurrent { receiver?.receive(denial) }
  }

  /// Says whether the call will get its file, and lets the kernel decide.
  private func explainFile(_ call: FilterProgram.Call, _ notification: locara_notification) {
    let architecture = Architecture.allCases.first { $0.auditToken == call.architecture }
    let known = architecture.flatMap { SystemCall.numbered(UInt32(bitPattern: call.number), on: $0) }
    let denial = known.flatMap {
      files?.denial(
        $0.name, call.arguments, of: notification.process, CallDecoder(process: notification.process))
    }
    let isCurrent = locara_notification_is_valid(number, notification.id) == 0
    _ = locara_continue(number, notification.id)
    if isCurrent, let denial { receiver?.receive(denial) }
  }

  private func explain(_ call: FilterProgram.Call, process: Int32, answer: Int32) -> Denial {
    let name = unsafe locara_error_name(answer).map { unsafe String(cString: $0) } ?? "\(answer)"
    // The table is read at the first denial, so that the start of an app does not pay for it.
    let architecture = Architecture.allCases.first { $0.auditToken == call.architecture }
    let number = UInt32(bitPattern: call.number)
    guard let known = architecture.flatMap({ SystemCall.numbered(number, on: $0) }) else {
      return Denial(
        call: "system call \(call.number)", arguments: [], answer: name, capability: "", manifest: "",
        reason: "the app's policy does not know this call")
    }
    let arguments = CallDecoder(process: process).arguments(call.arguments, of: known)
    if let denial = Denial(toolStartedByPath: known.name, arguments) { return denial }
    let explanation = DenialExplanation(known.group, arguments: arguments)
    return Denial(
      call: known.name, arguments: arguments, answer: name, capability: explanation.capability,
      manifest: explanation.manifest, reason: explanation.reason)
  }
}
