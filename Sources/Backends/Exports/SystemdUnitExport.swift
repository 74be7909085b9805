internal import CanonicalJSON
internal import SandboxPlan
internal import Seccomp
internal import SystemIO

/// A service of systemd, systemd.service(5) and systemd.exec(5): for the system's manager, as a user of its own.
struct SystemdUnitExport {
  private let subject: ExportSubject

  init(_ subject: ExportSubject) { self.subject = subject }

  func files() throws(Failure) -> [ExportedFile] {
    var lines = [
      "[Unit]", "Description=\(escape(subject.publisher))/\(escape(subject.name)) \(escape(subject.version))", "",
      "[Service]", "Type=exec", "ExecStart=\(command)", "WorkingDirectory=\(escape(plan.launch.workingDirectory))",
    ]
    lines += plan.launch.environment.map { "Environment=\(quote("\($0.name)=\($0.value)"))" }
    lines += streams
    lines += ["", "# The file tree: what is not named does not exist.", "TemporaryFileSystem=/:ro"]
    var files: [ExportedFile] = []
    for (index, mount) in try subject.mounts().enumerated() {
      if case .file(let content) = mount.place {
        files.append(ExportedFile("files/\(index)", content))
        lines.append("BindReadOnlyPaths=\(bind("\(subject.directory)/files/\(index)", mount.target))")
      } else {
        lines += try self.lines(mount)
      }
    }
    lines += ["", "# What it is, and what it cannot become."]
    lines += subject.hasData ? ["User=\(subject.user)", "Group=\(subject.group)"] : ["DynamicUser=yes"]
    lines += [
      "NoNewPrivileges=yes", "CapabilityBoundingSet=", "AmbientCapabilities=", "UMask=0022", "PrivateUsers=yes",
      "PrivateIPC=yes", "ProtectProc=invisible", "ProcSubset=pid", "ProtectHostname=yes", "ProtectClock=yes",
      "ProtectKernelTunables=yes", "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectControlGroups=yes",
      "LockPersonality=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "RestrictNamespaces=yes",
      "KeyringMode=private", "RemoveIPC=yes",
    ]
    lines += subject.isOffline ? ["PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"] : []
    if let processors = subject.processors { lines.append("CPUQuota=\(max(1, processors / 10))%") }
    lines += subject.processLimits.map { "Limit\($0.resource.rawValue.uppercased())=\($0.value)" }
    if let wallTime = plan.wallTime { lines.append("RuntimeMaxSec=\(wallTime)ms") }
    lines += ["", "# System calls."] + (try systemCalls())
    files.append(ExportedFile("\(subject.name).service", lines.joined(separator: "\n") + "\n"))
    return files
  }

  private var plan: SandboxPlan { subject.plan }
  private var command: String { plan.launch.arguments.map(quote).joined(separator: " ") }

  private var streams: [String] {
    plan.launch.streams == .null ? ["StandardInput=null", "StandardOutput=null", "StandardError=null"] : []
  }

  private func lines(_ mount: ExportSubject.Mount) throws(Failure) -> [String] {
    switch mount.place {
    case .bind(let source):
      let verb = mount.plan.isReadOnly ? "BindReadOnlyPaths" : "BindPaths"
      let execution = mount.plan.permitsExecution ? [] : ["NoExecPaths=\(escape(mount.target))"]
      return ["\(verb)=\(bind(source, mount.target))"] + execution
    case .temporary(let bytes): return ["TemporaryFileSystem=\(mount.target):rw,size=\(bytes),mode=0700,noexec"]
    case .devices(let names):
      return ["PrivateDevices=\(names.isEmpty ? "yes" : "no")"]
        + (names.isEmpty ? [] : ["DevicePolicy=closed"] + names.map { "DeviceAllow=/dev/\($0) rw" })
    case .link(let target):
      // A link is no mount; what it leads to is bound in its place.
      let parent = Files.parent(of: mount.target)
      let source = target.hasPrefix("/") ? target : (parent == "/" ? "/\(target)" : "\(parent)/\(target)")
      return subject.kind(source) == nil ? [] : ["BindReadOnlyPaths=\(bind(source, mount.target))"]
    case .proc: return ["MountAPIVFS=yes"]
    case .directory: return ["TemporaryFileSystem=\(mount.target):ro"]
    case .home(let path): throw OCIRuntimeExport.unknown("the user's ~/\(path)")
    case .userDirectory(let role): throw OCIRuntimeExport.unknown("the user's \(role)")
    case .file: return []
    }
  }

  /// The calls by name: a call that the filter permits for some arguments is permitted for all.
  private func systemCalls() throws(Failure) -> [String] {
    var allowed: Set<String> = []
    var failing: [String: Int64] = [:]
    for rule in subject.seccomp["syscalls"]?.arrayValue ?? [] {
      for name in (rule["names"]?.arrayValue ?? []).compactMap(\.stringValue) {
        switch rule["action"]?.stringValue {
        case "SCMP_ACT_ALLOW": allowed.insert(name)
        case "SCMP_ACT_ERRNO" where rule["args"] == nil: failing[name] = rule["errnoRet"]?.integerValue ?? 1
        default: break
        }
      }
    }
    guard !allowed.isEmpty else { throw Failure("LC040", "a systemd unit cannot say a list that allows nothing") }
    let fallback = subject.seccomp["defaultErrnoRet"]?.integerValue ?? 1
    let words =
      allowed.sorted()
      + failing.keys.filter { !allowed.contains($0) }.sorted().map { "\($0):\(error(failing[$0] ?? 1))" }
    var lines = ["SystemCallArchitectures=native", "SystemCallErrorNumber=\(error(fallback))"]
    for start in stride(from: 0, to: words.count, by: 10) {
      lines.append("SystemCallFilter=" + words[start..<min(start + 10, words.count)].joined(separator: " "))
    }
    return lines
  }

  private func error(_ number: Int64) -> String {
    OCINames.errors.filter { Int64($0.value) == number }.keys.min() ?? String(number)
  }

  private func bind(_ source: String, _ target: String) -> String {
    quote("\(source.replacing(":", with: "\\:")):\(target)")
  }

  /// systemd.unit(5): `%` begins a specifier.
  private func escape(_ text: String) -> String { text.replacing("%", with: "%%") }

  /// systemd.syntax(7).
  private func quote(_ text: String) -> String {
    let escaped = escape(text).replacing("$", with: "$$")
    guard escaped.contains(where: { " \t\"'\\;".contains($0) }) || escaped.isEmpty else { return escaped }
    return "\"\(escaped.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}
