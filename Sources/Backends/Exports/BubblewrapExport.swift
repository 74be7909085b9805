internal import SandboxPlan
internal import SystemIO

/// A script that starts the app with bubblewrap, bwrap(1).
struct BubblewrapExport {
  private let subject: ExportSubject

  init(_ subject: ExportSubject) { self.subject = subject }

  func files() throws(Failure) -> [ExportedFile] {
    let mounts = try subject.mounts()
    var files = [ExportedFile("seccomp.bpf", subject.filter)]
    var lines = [
      "#!/bin/sh", "# \(subject.publisher)/\(subject.name) \(subject.version), by `locara export bwrap`", "set -eu",
      "here=$(cd \"$(dirname \"$0\")\" && pwd)", "set -- \(command) \"$@\"",
    ]
    // Built from the last to the first, since `set --` puts words before those that are there.
    var words = ["bwrap", "--die-with-parent", "--new-session", "--cap-drop ALL", "--clearenv"]
    words += subject.plan.namespaces.compactMap(BubblewrapExport.option)
    words += ["--uid 1000", "--gid 1000", "--hostname locara", "--seccomp 9"]
    for (index, mount) in mounts.enumerated() {
      if case .file(let content) = mount.place {
        files.append(ExportedFile("files/\(index)", content))
        words.append("--ro-bind \"$here/files/\(index)\" \(Shell.quote(mount.target))")
      } else {
        words += self.words(mount)
      }
    }
    words.append("--remount-ro /")
    words += subject.plan.launch.environment.map { "--setenv \($0.name) \(Shell.quote($0.value))" }
    for name in subject.plan.launch.passedEnvironment {
      lines.append("[ -z \"${\(name)+set}\" ] || set -- --setenv \(name) \"$\(name)\" \"$@\"")
    }
    words.append("--chdir \(Shell.quote(subject.plan.launch.workingDirectory))")
    let limits = subject.processLimits.map { "--\($0.resource.rawValue)=\($0.value)" }
    // What is to be counted is the app; bwrap sets the sandbox up before.
    let prefix = limits.isEmpty ? "" : "prlimit \(limits.joined(separator: " ")) -- "
    lines.append("exec \(prefix)\(words.joined(separator: " \\\n  ")) \\\n  \"$@\" 9< \"$here/seccomp.bpf\"")
    files.append(ExportedFile("run", lines.joined(separator: "\n") + "\n", executable: true))
    return files
  }

  private var command: String {
    (["--"] + subject.plan.launch.arguments).map(Shell.quote).joined(separator: " ")
  }

  private static func option(_ namespace: Namespace) -> String? {
    switch namespace {
    case .user: "--unshare-user"
    case .pid: "--unshare-pid"
    case .ipc: "--unshare-ipc"
    case .uts: "--unshare-uts"
    case .cgroup: "--unshare-cgroup-try"
    case .network: "--unshare-net"
    case .mount: nil
    }
  }

  private func words(_ mount: ExportSubject.Mount) -> [String] {
    let target = Shell.quote(mount.target)
    let verb = mount.plan.isReadOnly ? "--ro-bind" : "--bind"
    func relative(_ path: String) -> String {
      path.hasPrefix(subject.directory + "/")
        ? "\"$here\"/\(Shell.quote(String(path.dropFirst(subject.directory.utf8.count + 1))))" : Shell.quote(path)
    }
    switch mount.place {
    case .bind(let source): return ["\(verb) \(relative(source)) \(target)"]
    case .home(let path): return ["\(verb)-try \"$HOME\"/\(Shell.quote(path)) \(target)"]
    case .userDirectory(let role):
      let name = role == "downloads" ? "DOWNLOAD" : role.uppercased()
      return ["\(verb)-try \"$(xdg-user-dir \(name))\" \(target)"]
    case .temporary(let bytes): return ["--perms 0700 --size \(bytes) --tmpfs \(target)"]
    case .proc: return ["--proc \(target)"]
    case .devices(let names):
      return ["--dev \(target)"] + names.map { "--dev-bind \(Shell.quote("/dev/\($0)")) \(target)/\($0)" }
    case .link(let destination): return ["--symlink \(Shell.quote(destination)) \(target)"]
    case .directory: return ["--dir \(target)"]
    case .file: return []
    }
  }
}
