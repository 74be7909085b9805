internal import CanonicalJSON
internal import SandboxPlan
internal import SystemIO

/// A bundle of the OCI runtime specification, version 1.0: `config.json` and `rootfs`, for crun and runc.
struct OCIRuntimeExport {
  private let subject: ExportSubject

  init(_ subject: ExportSubject) { self.subject = subject }

  func files() throws(Failure) -> [ExportedFile] {
    let mounts = try subject.mounts()
    let root = RootDirectory(mounts, at: "rootfs", kind: subject.kind)
    return [ExportedFile("config.json", try configuration(mounts).prettyBytes)] + root.files
  }

  /// What `/proc` hides and what of it is read-only: as the sandbox of locara has it.
  static let maskedPaths = [
    "acpi", "asound", "bus", "config.gz", "driver", "fs", "iomem", "ioports", "irq", "kallsyms", "kcore", "key-users",
    "keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags", "modules", "scsi", "slabinfo", "sysrq-trigger",
    "timer_list", "tty", "vmallocinfo",
  ]

  private func configuration(_ mounts: [ExportSubject.Mount]) throws(Failure) -> JSON {
    let plan = subject.plan
    var list: [JSON] = []
    for mount in mounts { if let json = try json(mount) { list.append(json) } }
    let none: JSON = []
    return [
      "ociVersion": "1.0.2",
      "root": ["path": "rootfs", "readonly": true],
      "hostname": "locara",
      "process": [
        "terminal": false,
        "user": ["uid": .integer(1000), "gid": .integer(1000), "umask": .integer(0o022)],
        "args": .array(plan.launch.arguments.map { .string($0) }),
        "env": .array(subject.environment.map { .string($0) }),
        "cwd": .string(plan.launch.workingDirectory),
        "noNewPrivileges": true,
        "capabilities": [
          "bounding": none, "effective": none, "inheritable": none, "permitted": none, "ambient": none,
        ],
        "rlimits": .array(
          subject.processLimits.map { limit in
            [
              "type": .string("RLIMIT_\(limit.resource.rawValue.uppercased())"),
              "soft": .integer(Int64(clamping: limit.value)), "hard": .integer(Int64(clamping: limit.value)),
            ]
          }),
      ],
      "mounts": .array(list),
      "linux": [
        // Of each tenth of a second, so much on all processors together.
        "resources": subject.processors.map {
          ["cpu": ["period": 100_000, "quota": .integer(Int64(clamping: $0 * 100))]]
        } ?? [:],
        "namespaces": .array(plan.namespaces.map { ["type": .string($0.rawValue)] }),
        "uidMappings": [map(1000, to: subject.user)],
        "gidMappings": [map(1000, to: subject.group)],
        "seccomp": subject.seccomp,
        "maskedPaths": .array(OCIRuntimeExport.maskedPaths.map { .string("/proc/\($0)") }),
        "readonlyPaths": ["/proc/sys"],
      ],
    ]
  }

  private func map(_ inside: Int64, to outside: UInt32) -> JSON {
    ["containerID": .integer(inside), "hostID": .integer(Int64(outside)), "size": .integer(1)]
  }

  private func json(_ mount: ExportSubject.Mount) throws(Failure) -> JSON? {
    func entry(_ type: String, _ source: String, _ options: [String]) -> JSON {
      [
        "destination": .string(mount.target), "type": .string(type), "source": .string(source),
        "options": .array(options.map { .string($0) }),
      ]
    }
    var flags = ["nosuid", mount.plan.isReadOnly ? "ro" : "rw"]
    if !mount.plan.permitsExecution { flags.append("noexec") }
    switch mount.place {
    case .bind(let source): return entry("bind", source, ["rbind", "nodev"] + flags)
    case .temporary(let bytes): return entry("tmpfs", "tmpfs", ["nodev", "mode=700", "size=\(bytes)"] + flags)
    case .proc: return entry("proc", "proc", ["nosuid", "nodev", "noexec"])
    case .devices(let names):
      guard names.isEmpty else {
        throw Failure(
          "LB061", "the devices \(names.joined(separator: ", ")) cannot be exported to an OCI runtime",
          help: "export to bwrap")
      }
      return entry("tmpfs", "tmpfs", ["nosuid", "noexec", "mode=755", "size=65536"])
    case .link, .file, .directory: return nil
    case .home(let path): throw OCIRuntimeExport.unknown("the user's ~/\(path)")
    case .userDirectory(let role): throw OCIRuntimeExport.unknown("the user's \(role)")
    }
  }

  /// A static document cannot name what depends on who starts the app.
  static func unknown(_ what: String) -> Failure {
    Failure(
      "LB061", "\(what) is known only when the app is started, and this form cannot wait until then",
      help: "export to bwrap, which is a script")
  }
}
