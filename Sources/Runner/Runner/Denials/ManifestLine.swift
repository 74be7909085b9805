internal import SystemIO

/// The line of a manifest that would let an app have a file.
struct ManifestLine {
  /// What follows `capabilities:`; empty when there is none.
  var text = ""
  var capability = ""
  /// What to say instead of the general reason; may be empty.
  var remark = ""

  /// - Parameters:
  ///   - path: absolute, inside; for a file that is not there, as on the machine.
  ///   - home: the user's home directory.
  init(_ path: String, _ intent: FileIntent, isDirectory: Bool, home: String?) {
    let changes = [.write, .create, .remove].contains(intent)
    let access = changes ? "read-write" : "read"
    func isBelow(_ root: String) -> Bool { path == root || path.hasPrefix(root + "/") }
    if intent == .execute {
      (capability, text) = ("process.spawn", "process: {spawn: [\(ManifestLine.quoted(ManifestLine.program(path)))]}")
      if isBelow("/data") || isBelow("/tmp") || isBelow("/user") {
        (capability, text, remark) = ("", "", "no app starts programs from where it can write")
      }
    } else if let home, path.hasPrefix(home + "/") {
      (capability, text) = ManifestLine.grant(path, changes, isDirectory: isDirectory, home: home)
    } else if isBelow("/app") {
      remark = "an app's own files never change; it can write below /data"
    } else if isBelow("/data") {
      (capability, text) = ("fs.app-data", "fs: {app-data: \(access)}")
    } else if isBelow("/user/selected") {
      (capability, text) = ("fs.user-selected", "fs: {user-selected: \(access)}")
    } else if isBelow("/user") {
      // The app names directories there that are none of the user's.
      if let role = path.split(separator: "/").dropFirst().first, PersonalDirectories.roles.contains(String(role)) {
        (capability, text) = ("fs.user-paths", "fs: {user-paths: {\(role): \(access)}}")
      } else {
        remark = "the user has no such directory"
      }
    } else if isBelow("/dev/shm") {
      (capability, text) = ("ipc.shared-memory", "ipc: {shared-memory: true}")
    } else if isBelow("/dev/dri") {
      (capability, text) = ("device.gpu", "device: {gpu: true}")
    } else if isBelow("/dev/snd") {
      (capability, text) = ("device.speaker", "device: {speaker: true}")
    } else if path.hasPrefix("/dev/video") {
      (capability, text) = ("device.camera", "device: {camera: true}")
    } else if ["/dev", "/proc", "/sys", "/run/locara", "/models", "/tmp"].contains(where: isBelow) {
      remark = "this belongs to the sandbox itself"
    } else {
      (capability, text) = ManifestLine.grant(path, changes, isDirectory: isDirectory, home: home)
    }
  }

  private static func grant(_ path: String, _ changes: Bool, isDirectory: Bool, home: String?) -> (String, String) {
    let pattern = granted(path, home: home) + (isDirectory ? "/**" : "")
    let key = changes ? "write" : "read"
    return ("fs.\(key)", "fs: {\(key): [\(quoted(pattern))]}")
  }

  private static func granted(_ path: String, home: String?) -> String {
    guard let home, path.hasPrefix(home + "/") else { return path }
    return "~" + path.dropFirst(home.count)
  }

  /// A program in the manifest's words: a path in the app's files, or a name of the runtime.
  private static func program(_ path: String) -> String {
    for prefix in ["/app/", "/usr/bin/"] where path.hasPrefix(prefix) { return String(path.dropFirst(prefix.count)) }
    return path
  }

  /// In double quotes, which hold every path; what does not show is escaped. YAML 1.2, sections 5.7 and 7.3.1.
  private static func quoted(_ text: String) -> String {
    "\""
      + text.unicodeScalars.map { scalar in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case _ where scalar == " " || scalar.isShown: String(scalar)
        case _ where scalar.value <= 0xFF: "\\x" + digits(scalar, 2)
        case _ where scalar.value <= 0xFFFF: "\\u" + digits(scalar, 4)
        default: "\\U" + digits(scalar, 8)
        }
      }.joined() + "\""
  }

  private static func digits(_ scalar: Unicode.Scalar, _ count: Int) -> String {
    let digits = String(scalar.value, radix: 16)
    return String(repeating: "0", count: count - digits.count) + digits
  }
}
