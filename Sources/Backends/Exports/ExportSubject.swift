package import CanonicalJSON
package import SandboxPlan
package import SystemIO

/// What is exported, and where its parts are on the machine that it is exported for.
package struct ExportSubject: Sendable {
  package var publisher: String
  package var name: String
  package var version: String
  package var plan: SandboxPlan
  package var architecture: Architecture
  /// The filter for that architecture, as a program and as `linux.seccomp`.
  package var filter: [UInt8]
  package var seccomp: JSON
  /// The directory that the export is written to, absolute. The payload is in `payload` below it.
  package var directory: String
  /// Paths of model files by digest, 64 hexadecimal digits.
  package var models: [String: String]
  /// Unpacked root file systems by digest, 64 hexadecimal digits.
  package var images: [String: String]
  /// User and group that own the app's data outside.
  package var user: UInt32
  package var group: UInt32
  /// What a path of the machine is; nil when there is nothing.
  package var kind: @Sendable (String) -> Directories.Kind?

  package init(
    publisher: String, name: String, version: String, plan: SandboxPlan, architecture: Architecture, filter: [UInt8],
    seccomp: JSON, directory: String, models: [String: String], images: [String: String], user: UInt32, group: UInt32,
    kind: @escaping @Sendable (String) -> Directories.Kind?
  ) {
    self.publisher = publisher
    self.name = name
    self.version = version
    self.plan = plan
    self.architecture = architecture
    self.filter = filter
    self.seccomp = seccomp
    self.directory = directory
    self.models = models
    self.images = images
    self.user = user
    self.group = group
    self.kind = kind
  }

  var payload: String { "\(directory)/payload" }
  var data: String { "\(directory)/data" }
  var hasData: Bool { plan.mounts.contains { $0.source == .appData } }
  var environment: [String] { plan.launch.environment.map { "\($0.name)=\($0.value)" } }
  /// Whether the app lives in a network of its own.
  var isOffline: Bool { plan.namespaces.contains(.network) }

  /// The files of an export for `target`, beside the payload and the enforcement table.
  ///
  /// - Throws: LB061 when the target cannot have something that the plan mounts.
  package func files(for target: ExportTarget) throws(Failure) -> [ExportedFile] {
    switch target {
    case .ociRuntime: try OCIRuntimeExport(self).files()
    case .bwrap: try BubblewrapExport(self).files()
    case .systemd: try SystemdUnitExport(self).files()
    case .docker: try DockerExport(self).files()
    case .kubernetes: try KubernetesPodExport(self).files()
    }
  }

  // MARK: Mounts

  /// A mount with its role resolved.
  enum Place: Hashable {
    /// Of the machine.
    case bind(String)
    /// Below the user's home, or a directory of the user by its role: known when the app is started.
    case home(String), userDirectory(String)
    case temporary(bytes: UInt64)
    case proc
    case devices([String])
    case link(String)
    case file(String)
    case directory
  }

  struct Mount: Hashable {
    var place: Place
    var plan: PlanMount
    var target: String { plan.target }
  }

  /// The plan's mounts, without the optional ones whose source is not on this machine.
  func mounts() throws(Failure) -> [Mount] {
    var mounts: [Mount] = []
    for mount in plan.mounts {
      guard let place = try place(of: mount) else { continue }
      mounts.append(Mount(place: place, plan: mount))
    }
    return mounts
  }

  /// The limits that are setrlimit(2)'s.
  var processLimits: [ResourceLimit] { plan.limits.filter { $0.resource != .processors } }

  /// Thousandths of a processor for all processes together; nil for no limit.
  var processors: UInt64? { plan.limits.first { $0.resource == .processors }?.value }

  /// `1.5` for 1500.
  static func decimal(thousandths value: UInt64) -> String {
    let rest = String(value % 1000)
    return "\(value / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }

  private func place(of mount: PlanMount) throws(Failure) -> Place? {
    switch mount.source {
    case .payload: return .bind(payload)
    case .appData: return .bind(data)
    case .temporary(let bytes): return .temporary(bytes: bytes)
    case .proc: return .proc
    case .devices(let names): return .devices(names.filter { kind("/dev/\($0)") != nil })
    case .toolLauncher:
      throw Failure(
        "LR004", "the app has tools with rights of their own, and other runtimes cannot give them these",
        help: "run it with `locara run`")
    case .symbolicLink(let target): return .link(target)
    case .file(let content): return .file(content)
    case .directory: return .directory
    case .home(let path): return .home(path)
    case .userDirectory(let role): return .userDirectory(role)
    case .modelFile(let digest):
      guard let path = models[digest] else {
        throw Failure(
          "LK003", "the model file with SHA-256 \(digest) is not in the model store",
          help: "import it with `locara model import`, then export again")
      }
      return .bind(path)
    case .host(let path):
      if kind(path) != nil { return .bind(path) }
      guard mount.isOptional else { throw Failure("LX007", "no such file or directory", path: path) }
      return nil
    case .image(let digest, let path):
      guard let root = images[digest] else {
        throw Failure(
          "LR004", "the root file system sha256:\(digest) is not in the store",
          help: "import it with `locara runtime import`, then export again")
      }
      switch kind("\(root)/\(path)") {
      case .symbolicLink(let target)?: return .link(target)
      case .directory?, .file?: return .bind("\(root)/\(path)")
      default: return nil
      }
    case .granted(let name):
      throw Failure("LB061", "`\(name)` is handed over by whoever starts the app, and no export can say that")
    }
  }
}

/// Words for a shell.
enum Shell {
  static func quote(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./:=,@+%".utf8.contains(byte)
    }
    return plain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
  }
}
