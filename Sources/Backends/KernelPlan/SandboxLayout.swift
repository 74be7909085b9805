internal import PolicyIR

/// Where things are inside a sandbox. The layout is part of what apps can rely on (`spec/runner.md`).
package enum SandboxLayout {
  package static let payload = "/app"
  package static let data = "/data"
  package static let models = "/models"
  package static let temporary = "/tmp"
  package static let home = "/home"
  package static let user = "/user"
  package static let selected = "/user/selected"

  /// The roots of the policy's file tree that are directories of the user, by XDG role.
  package static let userDirectories = ["desktop", "documents", "downloads", "music", "pictures", "videos"]

  /// The absolute path inside the sandbox of a root of the policy's file tree; nil for a root that does not exist.
  package static func path(ofRoot root: String) -> String? {
    switch root {
    case "app": payload
    case "app-data": data
    case "models": models
    case "home": home
    case "host": ""
    case "user-selected": selected
    case _ where userDirectories.contains(root): "\(user)/\(root)"
    default: nil
    }
  }

  /// The absolute path inside of a program as a manifest names it: a path in the payload when it has a slash, otherwise
  /// a program of the runtime.
  package static func path(ofProgram program: String) -> String {
    if program.hasPrefix("/") { return program }
    return program.contains("/") ? "\(payload)/\(program)" : "/usr/bin/\(program)"
  }

  /// Dynamic loaders, which execve(2) opens for execution beside the program itself. A machine has one of them.
  package static let loaders = [
    "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-riscv64-lp64d.so.1", "/lib64/ld-linux-x86-64.so.2",
  ]

  /// The same of musl, as images have it.
  static let muslLoaders = ["/lib/ld-musl-aarch64.so.1", "/lib/ld-musl-riscv64.so.1", "/lib/ld-musl-x86_64.so.1"]

  /// What of an image's `/etc` is about its programs and libraries.
  static let imageConfiguration = [
    "etc/alternatives", "etc/ca-certificates", "etc/ca-certificates.conf", "etc/fonts", "etc/ld-musl-aarch64.path",
    "etc/ld-musl-riscv64.path", "etc/ld-musl-x86_64.path", "etc/ld.so.cache", "etc/ld.so.conf", "etc/ld.so.conf.d",
    "etc/localtime", "etc/mime.types", "etc/os-release", "etc/python3", "etc/ssl",
  ]
}
