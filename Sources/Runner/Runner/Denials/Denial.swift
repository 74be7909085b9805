package import CanonicalJSON
internal import SystemIO

/// Something that an app asked for and did not get.
package struct Denial: Hashable, Sendable {
  /// The call: "connect".
  package var call: String
  /// Its arguments as people write them: `AF_INET`, `"93.184.216.34:443"`.
  package var arguments: [String]
  /// What the app was told: "EPERM".
  package var answer: String
  /// What the call is for, in the manifest's words: "net"; empty when no manifest can allow it.
  package var capability: String
  /// The lines of the manifest that would allow it; empty when none would.
  package var manifest: String
  /// One sentence: why it is denied, or what to do instead.
  package var reason: String

  package init(
    call: String, arguments: [String], answer: String, capability: String, manifest: String, reason: String
  ) {
    self.call = call
    self.arguments = arguments
    self.answer = answer
    self.capability = capability
    self.manifest = manifest
    self.reason = reason
  }

  /// One line for people.
  package var text: String {
    let allowed =
      manifest.isEmpty
      ? "no line of a manifest allows this" : "`\(manifest)` under `capabilities` would allow it"
    // Names that the app made up are in all parts; none may reach the terminal as anything but text of this line.
    return "denied \(call)(\(arguments.joined(separator: ", "))) = \(answer): \(reason); \(allowed)".visible
  }

  /// One line for programs.
  package var json: JSON {
    [
      "call": .string(call), "arguments": .array(arguments.map { .string($0) }), "answer": .string(answer),
      "capability": .string(capability), "manifest": .string(manifest), "reason": .string(reason),
    ]
  }
}

/// Where denials go while an app runs; called on the thread that waits for the app.
package protocol DenialReceiver: AnyObject {
  func receive(_ denial: Denial)
}
