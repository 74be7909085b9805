/// A Landlock domain, landlock(7), linux/landlock.h.
package struct LandlockPlan: Hashable, Sendable {
  /// The lowest ABI version on which the plan is enforced as the enforcement table says; the runner refuses below it.
  package var minimumABI: Int
  /// File rights that are denied unless a rule grants them. The runner removes bits that the kernel does not know.
  package var handledFiles: FileRights
  /// Sorted by path.
  package var fileRules: [FileRule]
  /// TCP rights that are denied unless a rule grants them.
  package var handledPorts: PortRights
  /// Sorted by port.
  package var portRules: [PortRule]
  package var scopes: Scopes

  package init(
    minimumABI: Int, handledFiles: FileRights, fileRules: [FileRule], handledPorts: PortRights,
    portRules: [PortRule], scopes: Scopes
  ) {
    self.minimumABI = minimumABI
    self.handledFiles = handledFiles
    self.fileRules = fileRules
    self.handledPorts = handledPorts
    self.portRules = portRules
    self.scopes = scopes
  }

  package struct FileRule: Hashable, Sendable {
    /// Absolute path inside the sandbox; the rule covers everything below it.
    package var path: String
    package var rights: FileRights
    /// A path that does not exist inside is left out; otherwise it is an error.
    package var isOptional: Bool

    package init(path: String, rights: FileRights, isOptional: Bool = false) {
      self.path = path
      self.rights = rights
      self.isOptional = isOptional
    }
  }

  package struct PortRule: Hashable, Sendable {
    package var port: UInt16
    package var rights: PortRights

    package init(port: UInt16, rights: PortRights) {
      self.port = port
      self.rights = rights
    }
  }

  /// `LANDLOCK_ACCESS_FS_*`, bit for bit.
  package struct FileRights: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let execute = FileRights(rawValue: 1 << 0)
    package static let writeFile = FileRights(rawValue: 1 << 1)
    package static let readFile = FileRights(rawValue: 1 << 2)
    package static let readDirectory = FileRights(rawValue: 1 << 3)
    package static let removeDirectory = FileRights(rawValue: 1 << 4)
    package static let removeFile = FileRights(rawValue: 1 << 5)
    package static let makeCharacterDevice = FileRights(rawValue: 1 << 6)
    package static let makeDirectory = FileRights(rawValue: 1 << 7)
    package static let makeRegularFile = FileRights(rawValue: 1 << 8)
    package static let makeSocket = FileRights(rawValue: 1 << 9)
    package static let makeFIFO = FileRights(rawValue: 1 << 10)
    package static let makeBlockDevice = FileRights(rawValue: 1 << 11)
    package static let makeSymbolicLink = FileRights(rawValue: 1 << 12)
    /// ABI 2: renaming and linking between directories.
    package static let refer = FileRights(rawValue: 1 << 13)
    /// ABI 3.
    package static let truncate = FileRights(rawValue: 1 << 14)
    /// ABI 5.
    package static let ioctlDevice = FileRights(rawValue: 1 << 15)

    /// Everything that ABI 5 and later know.
    package static let all = FileRights(rawValue: (1 << 16) - 1)
  }

  /// `LANDLOCK_ACCESS_NET_*`, ABI 4.
  package struct PortRights: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let bindTCP = PortRights(rawValue: 1 << 0)
    package static let connectTCP = PortRights(rawValue: 1 << 1)
  }

  /// `LANDLOCK_SCOPE_*`, ABI 6.
  package struct Scopes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let abstractUnixSocket = Scopes(rawValue: 1 << 0)
    package static let signal = Scopes(rawValue: 1 << 1)
  }
}
