internal import BundleFormat
internal import Digests
internal import Glibc
internal import SandboxPlan
package import SystemIO

/// What the store knows of a bundle's file that it has verified: which bundle it is, what its unpacked payload looked
/// like, and what whoever starts bundles wants to find again without reading the bundle.
///
/// A record counts only for the very file, unchanged, that it was written for. It is bound to this version of locara and
/// holds a digest of itself; one that is damaged or of another version is as good as none.
struct OpenedRecord {
  let digest: Digest
  let witness: [TreeWitness.Entry]
  let note: [UInt8]

  private static let magic = Array("locara opened 2 \(Version.text)\n".utf8)
  /// A payload may have very many files.
  private static let sizeLimit = 64 << 20

  private static func path(of identity: FileIdentity, in store: BundleStore) -> String {
    "\(store.opened)/\(String(identity.device, radix: 16))-\(String(identity.inode, radix: 16))"
  }

  /// Reads the record of the file with this identity; nil when there is none that counts.
  init?(of identity: FileIdentity, in store: BundleStore) {
    self.init(at: OpenedRecord.path(of: identity, in: store), of: identity)
  }

  /// - Parameter identity: what the record must be about; nil accepts any file.
  private init?(at path: String, of identity: FileIdentity?) {
    guard let bytes = try? Files.read(path, limit: OpenedRecord.sizeLimit) else { return nil }
    self.init(parsing: bytes, of: identity)
  }

  /// Reads a record's bytes; nil when they are damaged, of another version, or about another file than `identity`.
  init?(parsing bytes: [UInt8], of identity: FileIdentity?) {
    let start = OpenedRecord.magic.count + 32
    guard bytes.count > start, bytes.starts(with: OpenedRecord.magic),
      Digest.of(bytes, from: start).bytes[...] == bytes[OpenedRecord.magic.count..<start]
    else { return nil }
    var reader = RecordReader(bytes, from: start)
    do throws(RecordError) {
      let recorded = try FileIdentity(from: &reader)
      guard identity == nil || recorded == identity else { return nil }
      digest = try Digest(from: &reader)
      witness = try reader.list { r throws(RecordError) in
        TreeWitness.Entry(path: try r.text(), identity: try FileIdentity(from: &r))
      }
      note = try reader.data()
      try reader.finish()
    } catch {
      return nil
    }
  }

  init(digest: Digest, witness: [TreeWitness.Entry], note: [UInt8]) {
    self.digest = digest
    self.witness = witness
    self.note = note
  }

  /// Writes the record of the file with this identity.
  func write(for identity: FileIdentity, in store: BundleStore) throws(Failure) {
    var writer = RecordWriter()
    identity.write(to: &writer)
    digest.write(to: &writer)
    writer.write(list: witness) { writer, entry in
      writer.write(text: entry.path)
      entry.identity.write(to: &writer)
    }
    writer.write(data: note)
    try Directories.create(store.opened, mode: 0o700)
    try Files.replace(
      OpenedRecord.path(of: identity, in: store), with: OpenedRecord.sealed(writer.bytes), mode: 0o600)
  }

  /// The bytes of a file with these fields: preceded by the version and by their digest.
  static func sealed(_ fields: [UInt8]) -> [UInt8] { magic + Digest.of(fields).bytes + fields }
}

extension OpenedRecord {
  /// Removes the records of bundles that the store no longer has, and those that this version cannot read.
  static func removeStale(in store: BundleStore) throws(Failure) {
    guard Files.exists(store.opened) else { return }
    for name in try Directories.names(in: store.opened) where !name.hasPrefix(".locara-") {
      let path = "\(store.opened)/\(name)"
      if let record = OpenedRecord(at: path, of: nil), Files.exists(store.entry(record.digest)) { continue }
      try Files.remove(path)
    }
  }
}

extension FileIdentity {
  func write(to writer: inout RecordWriter) {
    writer.write(number: device)
    writer.write(number: inode)
    writer.write(integer: size)
    writer.write(number: UInt64(mode))
    writer.write(integer: modified)
    writer.write(integer: changed)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      device: try reader.number(), inode: try reader.number(), size: try reader.integer(),
      mode: UInt32(truncatingIfNeeded: try reader.number()), modified: try reader.integer(),
      changed: try reader.integer())
  }
}

/// A bundle that was verified before: its payload in the store, and the note that was left with it.
package struct KnownBundle: Sendable {
  /// The bundle's file.
  package let source: FileIdentity
  package let payload: InstalledPayload
  package let note: [UInt8]
}

extension BundleStore {
  /// The bundle whose file at `path` was verified before and has not been touched since; nil when it has to be opened.
  ///
  /// The payload is as it was when `payload.isUnchanged()` says so.
  /// - Throws: LX007 and the like when there is no file to open.
  package func recall(_ path: String) throws(Failure) -> KnownBundle? {
    let file = try OpenFile(path)
    guard let record = OpenedRecord(of: file.identity, in: self), !record.note.isEmpty,
      let lock = try StoreLock.shared(entry(record.digest))
    else { return nil }
    return KnownBundle(
      source: file.identity,
      payload: InstalledPayload(entry(record.digest), witness: record.witness, lock: lock), note: record.note)
  }

  /// Notes that the file which was opened is this bundle, so that `recall` finds it. This only saves time, so that a
  /// failure is not reported.
  package func remember(_ installed: InstalledBundle, note: [UInt8] = []) {
    guard let identity = installed.source, identity.isSettled else { return }
    let record = OpenedRecord(digest: installed.bundle.digest, witness: installed.payload.witness, note: note)
    try? record.write(for: identity, in: self)
  }
}
