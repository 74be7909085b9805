internal import Glibc

/// Where this user's files belong: the XDG Base Directory Specification.
package enum UserDirectories {
  /// `$XDG_DATA_HOME/locara`, or `~/.local/share/locara` when the variable is not set or not absolute.
  package static func data() throws(Failure) -> String {
    try directory("data", "XDG_DATA_HOME", below: ".local/share")
  }

  /// `$XDG_STATE_HOME/locara`, or `~/.local/state/locara` likewise: what should survive a restart and is no data.
  package static func state() throws(Failure) -> String {
    try directory("state", "XDG_STATE_HOME", below: ".local/state")
  }

  private static func directory(
    _ kind: String, _ name: String, below standard: String
  ) throws(Failure) -> String {
    if let configured = variable(name), configured.hasPrefix("/") { return "\(configured)/locara" }
    guard let home = variable("HOME"), home.hasPrefix("/") else {
      throw Failure(
        "LX006", "cannot tell where this user's \(kind) belongs: neither \(name) nor HOME is an absolute path",
        help: "set HOME, or set \(name) to a directory that you can write")
    }
    return "\(home)/\(standard)/locara"
  }

  /// `$XDG_CACHE_HOME/locara`, or `~/.cache/locara`: what can be made again.
  package static func cache() throws(Failure) -> String {
    try directory("cache", "XDG_CACHE_HOME", below: ".cache")
  }

  /// `$XDG_CONFIG_HOME/locara`, or `~/.config/locara` likewise: what the user writes.
  package static func configuration() throws(Failure) -> String {
    try directory("configuration", "XDG_CONFIG_HOME", below: ".config")
  }

  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
