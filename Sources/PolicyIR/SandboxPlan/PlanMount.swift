/// One thing that is put into the sandbox's file tree. Everything is mounted `nosuid` and `nodev`.
package struct PlanMount: Hashable, Sendable {
  package enum Source: Hashable, Sendable {
    /// The bundle's unpacked payload.
    case payload
    /// The app's own data directory.
    case appData
    /// One file of a model, from the model store.
    case modelFile(digestHexadecimal: String)
    /// A directory of the user by its XDG role: `documents`, `downloads`, `pictures`, `music`, `videos`, `desktop`.
    case userDirectory(String)
    /// A path below the user's home directory, relative to it.
    case home(String)
    /// A path of the machine.
    case host(String)
    /// A path of a pinned root file system: the image's digest, 64 hexadecimal digits, and what is meant of it. A link of
    /// the image is a link inside.
    case image(digestHexadecimal: String, path: String)
    /// A file or directory that whoever starts the sandbox hands over under this name: a build's working directory,
    /// a file that the user chose. The plan says where it appears and with which rights, the start says what it is.
    case granted(String)
    /// An empty directory in memory, of at most this many bytes.
    case temporary(bytes: UInt64)
    /// A new procfs of the sandbox's pid namespace.
    case proc
    /// A minimal `/dev`: null, zero, full, random, urandom, and the links fd, stdin, stdout, stderr; further nodes by name.
    case devices([String])
    case symbolicLink(target: String)
    /// A small read-only file with this content.
    case file(content: String)
    /// An empty read-only directory.
    case directory
    /// The program that starts tools, which belongs to the runner.
    case toolLauncher
  }

  package var source: Source
  /// Absolute path inside the sandbox, normalized.
  package var target: String
  package var isReadOnly: Bool
  package var permitsExecution: Bool
  /// A source that this machine does not have is left out; otherwise it is an error.
  package var isOptional: Bool

  package init(
    _ source: Source, at target: String, isReadOnly: Bool = true, permitsExecution: Bool = false,
    isOptional: Bool = false
  ) {
    self.source = source
    self.target = target
    self.isReadOnly = isReadOnly
    self.permitsExecution = permitsExecution
    self.isOptional = isOptional
  }
}
