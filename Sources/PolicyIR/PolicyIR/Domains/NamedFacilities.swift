// Domains that are plain sets of names. Each element is one operation.

internal import Structures

/// A device of the machine.
package enum Device: String, Hashable, Sendable, CaseIterable, Comparable {
  case camera, gpu, microphone, speaker
  package static func < (left: Device, right: Device) -> Bool { left.rawValue < right.rawValue }
}

/// A way to talk to other programs of the user.
package enum IPCFacility: String, Hashable, Sendable, CaseIterable, Comparable {
  /// The session bus.
  case dbus
  /// Memory shared between processes of the app: POSIX and System V.
  case sharedMemory = "shared-memory"
  /// The display server.
  case wayland
  package static func < (left: IPCFacility, right: IPCFacility) -> Bool { left.rawValue < right.rawValue }
}

/// A way to get the user's attention.
package enum NotificationMode: String, Hashable, Sendable, CaseIterable, Comparable {
  case alert, badge, sound
  package static func < (left: NotificationMode, right: NotificationMode) -> Bool { left.rawValue < right.rawValue }
}

/// What an app may go on doing without a window or a terminal. `active` does not include `passive`; lowering grants both.
package enum BackgroundMode: String, Hashable, Sendable, CaseIterable, Comparable {
  case active, passive
  package static func < (left: BackgroundMode, right: BackgroundMode) -> Bool { left.rawValue < right.rawValue }
}

/// A protocol that an app serves to the program that started it.
package enum ServedProtocol: String, Hashable, Sendable, CaseIterable, Comparable {
  /// The Model Context Protocol on standard input and output.
  case mcpStdio = "mcp-stdio"
  package static func < (left: ServedProtocol, right: ServedProtocol) -> Bool { left.rawValue < right.rawValue }
}

/// The use of one file of a model in a role.
package struct ModelUse: Hashable, Sendable, Comparable {
  package var role: String
  /// SHA-256 of the file in hexadecimal.
  package var digest: String

  package init(role: String, digest: String) {
    self.role = role
    self.digest = digest
  }

  package static func < (left: ModelUse, right: ModelUse) -> Bool {
    (left.role, left.digest) < (right.role, right.digest)
  }
}

extension Device: SetMember { package typealias Key = Device }
extension IPCFacility: SetMember { package typealias Key = IPCFacility }
extension NotificationMode: SetMember { package typealias Key = NotificationMode }
extension BackgroundMode: SetMember { package typealias Key = BackgroundMode }
extension ServedProtocol: SetMember { package typealias Key = ServedProtocol }
extension ModelUse: SetMember { package typealias Key = ModelUse }
