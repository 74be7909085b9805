// INVARIANT: this module is what a bundle is on disk: which bytes, how they are verified, where they are kept. Archives are
// written and read here and nowhere else. It does not interpret policies or plans, and it imports no Foundation.

package import Digests
internal import OCI
package import SandboxPlan
package import SystemIO

/// An open bundle. Every digest and size was verified before this value came to be; layers are kept in memory, so
/// that what is used is what was verified, whatever happens to the file.
package final class Bundle: Sendable {
  /// Of the OCI manifest: the name of the bundle everywhere.
  package var digest: Digest { head.digest }
  package var configuration: BundleConfiguration { head.configuration }
  /// The file that was opened.
  package var path: String { file.path }

  package let head: BundleHead
  package let file: OpenFile
  /// The files of models that a fat bundle carries, by digest.
  package let models: [CarriedModel]

  package init(head: BundleHead, file: OpenFile, models: [CarriedModel] = []) {
    self.head = head
    self.file = file
    self.models = models
  }

  /// Opens the bundle at `path` and verifies all of it, the payload too.
  ///
  /// - Throws: LB001 not a bundle; LB002 truncated; LB003 not in canonical form; LB004 a blob is damaged; LB005 another
  ///   artifact; LB006 an unknown version; LB007 a malformed document; LB009 a payload that is refused; LB011 too large.
  package static func open(_ path: String) throws(Failure) -> Bundle {
    let bundle = try openHead(try OpenFile(path))
    try bundle.verifyContent()
    return bundle
  }

  /// Opens a bundle that was verified before, for the model files that it carries: what is read of them is verified again.
  package static func openCarried(_ path: String) throws(Failure) -> Bundle { try openHead(try OpenFile(path)) }

  /// Opens a bundle and verifies everything but the content of the payload and of models.
  package static func openHead(_ file: OpenFile) throws(Failure) -> Bundle {
    let head = try BundleReader(file).head()
    guard file.size >= head.fileSize else {
      throw .truncated("the bundle is truncated: expected \(head.fileSize) bytes, found \(file.size)", path: file.path)
    }
    return Bundle(head: head, file: file, models: try CarriedModel.read(after: head, in: file))
  }

  /// The layers that there are, in order; the payload is always the last.
  package var layers: [LayerKind] { head.manifest.layers.map(\.kind) }

  /// Digest and bytes of a layer; nil when the bundle has none of that kind.
  package func facts(of kind: LayerKind) -> (digest: Digest, size: Int64)? {
    head.manifest.layers.first { $0.kind == kind }.map { ($0.descriptor.digest, $0.descriptor.size) }
  }

  /// The bytes of a layer; nil when the bundle has none of that kind. The payload is not held: it is extracted.
  package func contents(of kind: LayerKind) -> [UInt8]? { head.contents[kind] }

  /// The bytes of a layer that must be there.
  ///
  /// - Throws: LB014.
  package func layer(_ kind: LayerKind) throws(Failure) -> [UInt8] {
    guard let bytes = head.contents[kind] else {
      throw Failure("LB014", "the bundle has no \(kind.title)", path: path, help: Failure.getItAgain)
    }
    return bytes
  }

  /// The filter for `architecture`, an array of `struct sock_filter`.
  ///
  /// - Throws: LB008 when the bundle is for others.
  package func filter(for architecture: Architecture) throws(Failure) -> [UInt8] {
    guard let bytes = head.contents[.seccompFilter(architecture)] else {
      let others = configuration.architectures.map(\.rawValue).joined(separator: ", ")
      throw Failure(
        "LB008", "the bundle is for \(others), and this machine is \(architecture.rawValue)", path: path,
        help: "build it for this architecture")
    }
    return bytes
  }

  /// Every entry of the payload, in the archive's order; reads and verifies the payload again.
  package func payloadEntries() throws(Failure) -> [PayloadEntry] {
    var visitor = EntryCollector()
    try readPayload(&visitor)
    return visitor.entries
  }

  /// Writes the payload to a new directory at `directory`, read-only.
  ///
  /// The bytes are verified again on their way. After a failure nothing is left at `directory`.
  package func extractPayload(to directory: String) throws(Failure) {
    var extractor = try PayloadExtractor(root: directory)
    do throws(Failure) {
      try readPayload(&extractor)
      try extractor.finish()
    } catch let failure {
      try? Directories.removeTree(directory)
      throw failure
    }
  }

  package func verifyContent() throws(Failure) {
    var checker = PayloadChecker()
    try readPayload(&checker)
    try verifyModels()
  }

  func readPayload(_ visitor: inout some PayloadVisitor) throws(Failure) {
    try Bundle.readPayload(
      InputWindow(file, from: head.payloadOffset, length: head.payload.size, hashing: true),
      expecting: head.payload.digest, &visitor)
  }

  /// - Parameter window: the payload, from its first byte to its last, hashed.
  static func readPayload(
    _ window: InputWindow, expecting digest: Digest, _ visitor: inout some PayloadVisitor
  ) throws(Failure) {
    var reader = PayloadReader(window)
    var refusal: Failure?
    do throws(Failure) { try reader.read(&visitor) } catch let failure { refusal = failure }
    // A damaged archive is reported as damaged, whatever the damage made it look like.
    if let refusal, refusal.code != "LB009" { throw refusal }
    let found = try window.finish()
    guard found == digest else {
      throw .damaged("payload", expected: digest, found: found, path: window.file.path)
    }
    if let refusal { throw refusal }
  }
}

private struct EntryCollector: PayloadVisitor {
  var entries: [PayloadEntry] = []
  mutating func begin(_ entry: PayloadEntry) throws(Failure) { entries.append(entry) }
  mutating func content(_ piece: UnsafeRawBufferPointer) throws(Failure) {}
  mutating func endFile() throws(Failure) {}
}
