package import Diagnostics

/// What `capabilities` says, of an app or of a tool, as it is written: defaults are applied by lowering.
package struct Capabilities: Sendable, Hashable {
  package enum Access: String, Sendable, Hashable {
    case read
    case readWrite = "read-write"
    case none
  }

  package enum Network: Sendable, Hashable {
    case all
    case some(
      hosts: [Located<String>], ports: [Located<String>], requiresTLS: Bool, listen: [Located<String>])
  }

  /// Where `capabilities` is written; nil when it is absent.
  package var span: Span?
  /// Where `capabilities.fs` is written; nil when it is absent.
  package var filesSpan: Span?
  /// Nil for `false`.
  package var network: Located<Network>?
  /// Nil when the key is absent.
  package var appData: Located<Access>?
  package var userSelected: Located<Access>?
  /// In the order of the manifest, without those that are `false`.
  package var userPaths: [UserPath]
  package var read: [Located<String>]
  package var write: [Located<String>]
  /// Keys of `device` and `ipc` that are true.
  package var devices: [Located<String>]
  package var ipc: [Located<String>]
  package var spawn: [Located<String>]
  /// Nil when the key is absent.
  package var threads: Located<Bool>?
  package var environment: [Located<String>]
  package var mcp: Span?
  package var background: Located<String>?
  package var notifications: [Located<String>]

  package struct UserPath: Sendable, Hashable {
    package var name: String
    package var access: Located<Access>
  }
}
