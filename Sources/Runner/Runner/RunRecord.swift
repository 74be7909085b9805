internal import CSandbox
internal import CanonicalJSON
internal import Glibc
package import SystemIO

/// What `locara ps` shows of a running app: a file in `$XDG_RUNTIME_DIR/locara`, or in the user's data directory where
/// there is no such directory. The runner holds a lock on it, so that a record that nobody holds is known for a leftover.
package struct RunRecord: Hashable, Sendable {
  /// Eight hexadecimal digits, of this run alone.
  package var id: String
  /// `acme/notes@1.0.0`
  package var app: String
  /// The bundle's digest.
  package var bundle: String
  /// Of the runner.
  package var process: Int32
  /// Seconds since 1970.
  package var since: Int64

  /// Where the records are.
  static func directory() throws(Failure) -> String {
    if let runtime = Environment.value("XDG_RUNTIME_DIR"), runtime.hasPrefix("/"), Files.isDirectory(runtime) {
      return "\(runtime)/locara"
    }
    return "\(try UserDirectories.data())/running"
  }

  /// The apps that run now, by their start. Leftovers of runners that were killed are removed.
  package static func running() throws(Failure) -> [RunRecord] {
    let directory = try directory()
    guard Files.exists(directory) else { return [] }
    var records: [RunRecord] = []
    for name in try Directories.names(in: directory) where name.hasSuffix(".json") || name.hasSuffix(newSuffix) {
      let path = "\(directory)/\(name)"
      // Gone since: its app has ended.
      guard let file = try? FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW) else { continue }
      // Shared, so that whoever looks at the same moment does not take this lock for a runner's.
      if flock(file.number, LOCK_SH | LOCK_NB) == 0 {
        if name.hasSuffix(newSuffix), !isOld(file) { continue }
        // Somebody who looks at the same moment may have been faster.
        unsafe unlink(path)
      } else if name.hasSuffix(newSuffix) {
        continue
      } else if let bytes = try? file.read(upTo: 4096, path: path), let record = RunRecord(bytes) {
        records.append(record)
      }
    }
    return records.sorted { ($0.since, $0.id) < ($1.since, $1.id) }
  }

  /// A record that is being written.
  private static let newSuffix = ".new"

  /// Whether nobody can be between making this file and locking it.
  private static func isOld(_ file: borrowing FileDescriptor) -> Bool {
    var status = stat()
    return unsafe fstat(file.number, &status) == 0 && time(nil) - status.st_mtim.tv_sec > 60
  }

  private init?(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes), let id = json["id"]?.stringValue, let app = json["app"]?.stringValue,
      let bundle = json["bundle"]?.stringValue, let process = json["pid"]?.integerValue,
      let since = json["since"]?.integerValue
    else { return nil }
    self.init(id: id, app: app, bundle: bundle, process: Int32(truncatingIfNeeded: process), since: since)
  }

  private init(id: String, app: String, bundle: String, process: Int32, since: Int64) {
    self.id = id
    self.app = app
    self.bundle = bundle
    self.process = process
    self.since = since
  }

  /// How the record of an app begins, as far as its id.
  static func head(app: String, bundle: String) -> String {
    let record: JSON = ["app": .string(app), "bundle": .string(bundle), "id": ""]
    return String(record.canonicalText.dropLast(2))
  }

  /// A record of this process, for as long as the value lives.
  final class Registration {
    private let path: String
    private let file: FileDescriptor

    /// Nil where no record can be written: that is no reason not to run an app.
    init?(app: String, bundle: String) {
      guard let directory = try? RunRecord.directory() else { return nil }
      try? Directories.create(directory, mode: 0o700)
      var number: Int32 = -1
      let bytes = unsafe [CChar](unsafeUninitializedCapacity: 4096) { buffer, count in
        number = unsafe locara_write_record(
          directory, RunRecord.head(app: app, bundle: bundle), buffer.baseAddress, buffer.count)
        count = number < 0 ? 0 : unsafe buffer.baseAddress.map { unsafe Int(strlen($0)) } ?? 0
      }
      guard number >= 0 else { return nil }
      path = String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      file = FileDescriptor(owning: number)
    }

    /// Takes over a record that was written for this process.
    init(path: String, file: consuming FileDescriptor) {
      self.path = path
      self.file = file
    }

    deinit { try? Files.remove(path) }
  }
}
