internal import Glibc
internal import SystemIO

/// The other programs of the same installation.
enum InstalledProgram {
  /// Where a program is: beside the running one, or below `libexec` of the same installation; nil when it is not there.
  /// `places` says where it was looked for.
  static func find(_ name: String) throws(Failure) -> (place: String?, places: [String]) {
    guard case .symbolicLink(let own) = try Directories.kind(of: "/proc/self/exe") else {
      throw Failure("LR032", "cannot find this program: /proc is not mounted", path: "/proc/self/exe")
    }
    let directory = Files.parent(of: own)
    let places = ["\(directory)/\(name)", "\(Files.parent(of: directory))/libexec/locara/\(name)"]
    return (places.first { unsafe access($0, X_OK) == 0 }, places)
  }

  /// The program that the runner mounts into sandboxes to start tools.
  static func toolLauncher() throws(Failure) -> String {
    let (place, places) = try find("locara-tool")
    guard let place else {
      throw Failure(
        "LR041", "the app has tools, and `locara-tool`, which starts them, is not installed", path: places[0],
        help: "install `locara-tool` there, or at \(places[1])")
    }
    return place
  }
}
