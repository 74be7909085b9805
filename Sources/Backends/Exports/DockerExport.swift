internal import CanonicalJSON
internal import SandboxPlan
internal import SystemIO

/// A Dockerfile of what the app brings along, a seccomp profile, and a script that builds and runs it, docker-run(1).
struct DockerExport {
  private let subject: ExportSubject

  init(_ subject: ExportSubject) { self.subject = subject }

  func files() throws(Failure) -> [ExportedFile] {
    let mounts = try subject.mounts()
    let root = RootDirectory(mounts, at: "rootfs", kind: subject.kind)
    return [
      ExportedFile("seccomp.json", subject.seccomp.prettyBytes),
      ExportedFile("Dockerfile", dockerfile),
      ExportedFile("run", try script(mounts), executable: true),
    ] + root.files
  }

  /// `publisher/name:version`; build metadata has no place in a tag.
  var image: String {
    "\(subject.publisher)/\(subject.name):\(subject.version.replacing("+", with: "_"))"
  }

  var dockerfile: String {
    let launch = subject.plan.launch
    func list(_ words: [String]) -> String {
      String(decoding: JSON.array(words.map { .string($0) }).canonicalBytes, as: UTF8.self)
    }
    var lines = ["FROM scratch", "COPY rootfs/ /", "COPY payload/ /app/", "USER 1000:1000"]
    lines += launch.environment.map {
      "ENV \($0.name)=\"\($0.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("$", with: "\\$"))\""
    }
    lines += ["WORKDIR \(launch.workingDirectory)", "ENTRYPOINT \(list(launch.arguments))"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func script(_ mounts: [ExportSubject.Mount]) throws(Failure) -> String {
    var words = [
      "docker run --rm --interactive", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges",
      "--security-opt seccomp=\"$here/seccomp.json\"", "--hostname locara", "--ipc private",
    ]
    if subject.isOffline { words.append("--network none") }
    for mount in mounts {
      switch mount.place {
      case .bind(let source) where source == subject.payload: break  // in the image
      case .bind(let source):
        let place = source == subject.data ? "\"$here\"/data" : Shell.quote(source)
        words.append(
          "--mount type=bind,source=\(place),target=\(mount.target)\(mount.plan.isReadOnly ? ",readonly" : "")")
      case .temporary(let bytes):
        words.append("--tmpfs \(mount.target):rw,nosuid,nodev,noexec,size=\(bytes),mode=0777")
      case .devices(let names): words += names.map { "--device /dev/\($0)" }
      case .home(let path):
        words.append(
          "--mount type=bind,source=\"$HOME\"/\(Shell.quote(path)),target=\(mount.target)\(mount.plan.isReadOnly ? ",readonly" : "")"
        )
      case .userDirectory(let role): throw OCIRuntimeExport.unknown("the user's \(role)")
      case .proc, .link, .file, .directory: break
      }
    }
    for limit in subject.plan.limits {
      switch limit.resource {
      case .addressSpace: words.append("--memory \(limit.value)")
      case .processes: words.append("--pids-limit \(limit.value)")
      case .core, .fileSize, .openFiles:
        words.append("--ulimit \(limit.resource.rawValue)=\(limit.value):\(limit.value)")
      case .processors: words.append("--cpus \(ExportSubject.decimal(thousandths: limit.value))")
      }
    }
    words.append("\(Shell.quote(image)) \"$@\"")
    return """
      #!/bin/sh
      # \(subject.publisher)/\(subject.name) \(subject.version), by `locara export docker`
      set -eu
      here=$(cd "$(dirname "$0")" && pwd)
      docker build --quiet --tag \(Shell.quote(image)) "$here" > /dev/null
      exec \(words.joined(separator: " \\\n  "))

      """
  }
}
