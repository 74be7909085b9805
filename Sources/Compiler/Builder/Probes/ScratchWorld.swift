internal import Glibc
internal import Runner
internal import SandboxPlan
internal import SystemIO

/// A place on the outside, in a world that is made for one probe: no file of the user is ever touched.
struct ScratchPlace: Hashable {
  enum Root: Hashable {
    case payload, data
    /// Below the scratch home directory; empty for the home itself.
    case home(String)

    /// Nil for roots that are not directories of an app or of its user.
    init?(policyRoot root: String) {
      let names = [
        "desktop": "Desktop", "documents": "Documents", "downloads": "Downloads", "music": "Music",
        "pictures": "Pictures", "videos": "Videos",
      ]
      switch root {
      case "app": self = .payload
      case "app-data": self = .data
      case "home": self = .home("")
      default:
        guard let name = names[root] else { return nil }
        self = .home(name)
      }
    }
  }

  var root: Root
  var components: [String]

  init(_ root: Root, _ components: [String]) {
    self.root = root
    self.components = components
  }
}

/// What a sandbox sees of the machine while it is probed: an empty home, an empty data directory, a payload and models
/// of empty files.
struct ScratchWorld: ~Copyable {
  private let root: String

  private init(root: String) { self.root = root }

  static func create() throws(Failure) -> ScratchWorld {
    let root = try Directories.createTemporary(in: Environment.temporaryDirectory)
    let world = ScratchWorld(root: root)
    for name in ["payload", "data", "selected"] { try Directories.create("\(root)/\(name)") }
    for name in ["Desktop", "Documents", "Downloads", "Music", "Pictures", "Videos"] {
      try Directories.create("\(root)/home/\(name)")
    }
    return world
  }

  deinit { try? Directories.removeTree(root) }

  /// What it takes to start the sandbox of a plan here.
  func request(_ plan: SandboxPlan, filter: [UInt8]) throws(Failure) -> LaunchRequest {
    var models = TextTable()
    for mount in plan.mounts {
      switch mount.source {
      case .modelFile(let digest):
        models[digest] = "\(root)/model"
        try write("\(root)/model")
      case .home(let path): try Directories.create("\(root)/home/\(path)")
      default: break
      }
    }
    try Directories.create(path(ScratchPlace(.payload, components(plan.launch.workingDirectory, below: "/app") ?? [])))
    // The places that rules name have to be there before they can be ruled.
    for rule in plan.landlock.fileRules {
      for (inside, place) in [("/app", ScratchPlace.Root.payload), ("/data", .data)] {
        guard let below = components(rule.path, below: inside), !below.isEmpty else { continue }
        let path = path(ScratchPlace(place, below))
        if !Files.exists(path) { try write(path) }
      }
    }
    return LaunchRequest(
      plan: plan, filter: filter, payloadDirectory: "\(root)/payload", dataDirectory: "\(root)/data",
      modelFiles: models, callerEnvironment: ["HOME": "\(root)/home"])
  }

  /// Makes the outside of a probe.
  func prepare(_ preparation: Probe.Preparation, _ request: inout LaunchRequest) throws(Failure) {
    switch preparation {
    case .file(let place): try write(path(place))
    case .parents(let place): try Directories.create(Files.parent(of: path(place)))
    case .variable(let name, let value): request.callerEnvironment[name] = value
    case .selected(let name):
      guard let rule = request.plan.landlock.fileRules.first(where: { $0.path == LaunchRequest.selectedDirectory })
      else { return }
      try write("\(root)/selected/\(name)")
      request.selected = [
        LaunchRequest.SelectedFile(path: "\(root)/selected/\(name)", isReadOnly: !rule.rights.contains(.writeFile))
      ]
    }
  }

  private func path(_ place: ScratchPlace) -> String {
    let base =
      switch place.root {
      case .payload: "payload"
      case .data: "data"
      case .home(let name): name.isEmpty ? "home" : "home/\(name)"
      }
    return (["\(root)/\(base)"] + place.components).joined(separator: "/")
  }

  private func components(_ path: String, below directory: String) -> [String]? {
    guard path == directory || path.hasPrefix(directory + "/") else { return nil }
    return path.dropFirst(directory.count).split(separator: "/").map(String.init)
  }

  private func write(_ path: String) throws(Failure) {
    guard !Files.isDirectory(path) else { return }
    try Directories.create(Files.parent(of: path))
    // Executable, so that mode bits are never what refuses.
    try Files.replace(path, with: Array("probed\n".utf8), mode: 0o755)
  }
}
