internal import Glibc

/// Variables of the environment that this program was started with.
package enum Environment {
  package static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// `$TMPDIR` when it is an absolute path, else `/tmp`.
  package static var temporaryDirectory: String {
    guard let configured = value("TMPDIR"), configured.hasPrefix("/") else { return "/tmp" }
    return configured
  }

  /// Those of these variables that are set.
  package static func values(of names: [String]) -> TextTable {
    var variables = TextTable()
    for name in names { variables[name] = value(name) }
    return variables
  }

  /// The directory that relative paths start from, getcwd(3); `.` when it has no name any more.
  package static var workingDirectory: String {
    guard let path = unsafe getcwd(nil, 0) else { return "." }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// All variables; of two with the same name the first counts.
  package static var all: [String: String] {
    var variables: [String: String] = [:]
    var entry = unsafe environ
    while let text = unsafe entry.pointee {
      let pair = unsafe String(cString: text)
      if let equals = pair.firstIndex(of: "=") {
        let name = String(pair[..<equals])
        if variables[name] == nil { variables[name] = String(pair[pair.index(after: equals)...]) }
      }
      unsafe entry += 1
    }
    return variables
  }
}
