internal import Glibc

/// Where this user's files belong: the XDG Base Directory Specification.
package enum UserDirectories {
  /// `$XDG_DATA_HOME/locara`, or `~/.local/share/locara` when the variable is not set or not absolute.
  package static func data() throws(Failure) -> String {
    if let configured = variable("XDG_DATA_HOME"), configured.hasPrefix("/") { return "\(configured)/locara" }
    guard let home = variable("HOME"), home.hasPrefix("/") else {
      throw Failure(
        "LX006", "cannot tell where this user's data belongs: neither XDG_DATA_HOME nor HOME is an absolute path",
        help: "set HOME, or set XDG_DATA_HOME to a directory that you can write")
    }
    return "\(home)/.local/share/locara"
  }

  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
