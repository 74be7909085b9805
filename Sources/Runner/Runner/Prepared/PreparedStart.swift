internal import BundleStore
internal import SystemIO

/// A start as it was worked out, with everything that went into it: kept in the store, so that the next start of the same
/// app need not work it out again (`locara_begin`, Sources/Runner/CSandbox/start.c). While all conditions hold, working it out
/// would give the same; as soon as one does not, it is worked out, and kept anew.
package struct PreparedStart {
  /// What has to be as it was.
  enum Condition: Hashable {
    /// A variable of the environment has this value, or is not set.
    case variable(String, String?)
    /// A file has these bytes at an offset.
    case content(path: String, offset: UInt64, [UInt8])
    /// A file has these bytes and no others; with nil there is no such file.
    case whole(path: String, [UInt8]?)
    /// A file that was verified was not touched since.
    case facts(path: String, FileIdentity)
    /// A directory that this user may read, write and search.
    case directory(String)
  }

  let store: BundleStore
  /// The bundle's file, as it was named.
  let bundle: FileIdentity
  let payload: InstalledPayload
  var conditions: [Condition]
  /// Where `locara ps` looks, and how this app's record begins.
  let recordDirectory: String
  let recordHead: String
  /// Without namespaces: a directory of the start's own, and those that are made in it.
  var scratch: (path: String, directories: [String])?
  /// What is said at each start.
  var notice: String?

  /// Which of the bundle's two prepared starts this is.
  var path: String {
    let name = "\(String(bundle.device, radix: 16))-\(String(bundle.inode, radix: 16))"
    return "\(store.prepared)/\(name)\(scratch == nil ? "" : ".plain")"
  }

  /// The variables that tell where this user's files are.
  static let placeVariables = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"]
}
