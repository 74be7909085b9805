internal import Glibc
internal import SystemIO

/// The user's well-known directories, as xdg-user-dirs records them: `$XDG_CONFIG_HOME/user-dirs.dirs`, lines of
/// `XDG_DOCUMENTS_DIR="$HOME/Documents"`.
struct PersonalDirectories {
  private let home: String?
  /// The file that says where they are; nil when nobody says where that is.
  let configuration: String?
  private let configured: [String: String]

  init(environment: TextTable) {
    home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let directory =
      environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home.map { $0 + "/.config" }
    configuration = directory.map { "\($0)/user-dirs.dirs" }
    let text = configuration.flatMap { try? Files.read($0, limit: 64 << 10) } ?? []
    var found: [String: String] = [:]
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].hasPrefix("XDG_"), parts[0].hasSuffix("_DIR"),
        parts[1].count >= 2, parts[1].hasPrefix("\""), parts[1].hasSuffix("\"")
      else { continue }
      found[String(parts[0])] = String(parts[1].dropFirst().dropLast())
    }
    configured = found
  }

  /// An existing directory, or nil. A directory that is configured as the home directory itself is a role switched off.
  func path(of role: String) -> String? {
    guard let home, let (variable, standard) = PersonalDirectories.names[role] else { return nil }
    var path = "\(home)/\(standard)"
    if let value = configured[variable] {
      if value == "$HOME" || value == "$HOME/" || value == home { return nil }
      path = value.hasPrefix("$HOME/") ? home + value.dropFirst("$HOME".count) : value
    }
    return path.hasPrefix("/") && Files.isDirectory(path) ? path : nil
  }

  /// The words that manifests have for them.
  static var roles: Set<String> { Set(names.keys) }

  private static let names = [
    "desktop": ("XDG_DESKTOP_DIR", "Desktop"), "documents": ("XDG_DOCUMENTS_DIR", "Documents"),
    "downloads": ("XDG_DOWNLOAD_DIR", "Downloads"), "music": ("XDG_MUSIC_DIR", "Music"),
    "pictures": ("XDG_PICTURES_DIR", "Pictures"), "videos": ("XDG_VIDEOS_DIR", "Videos"),
  ]
}
