package import Digests
internal import OCI
package import SystemIO

/// A model file that a fat bundle carries: a blob after the payload. Nothing in the bundle's manifest names it, so thin and
/// fat bundles have one digest; what it is good for is said by the lock, which has its SHA-256.
package struct CarriedModel: Hashable, Sendable {
  package let digest: Digest
  /// Bytes.
  package let size: Int64
  /// Where its first byte is in the file.
  let offset: Int64

  /// Reads the headers of the blobs after the payload, up to the end of the file. There is one form: ascending digests, each
  /// followed by zeros up to the next block, then two blocks of zeros, then nothing.
  static func read(after head: BundleHead, in file: OpenFile) throws(Failure) -> [CarriedModel] {
    var position = head.payloadOffset + head.payload.size
    func take(_ length: Int) throws(Failure) -> [UInt8] {
      guard file.size - position >= Int64(length) else {
        throw .truncated("the bundle is truncated: its \(file.size) bytes have no end", path: file.path)
      }
      let window = InputWindow(file, from: position, length: Int64(length), hashing: false)
      position += Int64(length)
      return try window.read(length)
    }
    func zeros(_ length: Int, after what: String) throws(Failure) {
      guard try take(length).allSatisfy({ $0 == 0 }) else {
        throw .notCanonical("the \(what) is not followed by zeros", path: file.path)
      }
    }
    try zeros(TarHeader.padding(after: head.payload.size), after: "payload")
    var models: [CarriedModel] = []
    while true {
      let block = try take(TarHeader.blockSize)
      if block == TarHeader.zeroBlock {
        try zeros(TarHeader.blockSize, after: "last blob")
        guard position == file.size else {
          throw .notCanonical("the bundle ends at byte \(position), and more follows", path: file.path)
        }
        return models
      }
      let model = try CarriedModel(header: block, at: position, path: file.path)
      guard models.count < BundleLimits.models else {
        throw Failure("LB011", "the bundle carries more than \(BundleLimits.models) model files", path: file.path)
      }
      guard models.last.map({ $0.digest < model.digest }) ?? true else {
        throw .notCanonical("the blobs after the payload are not in order", path: file.path)
      }
      let known = [head.digest, head.manifest.config.digest] + head.manifest.layers.map(\.descriptor.digest)
      guard !known.contains(model.digest) else {
        throw .notCanonical("a blob after the payload is there already", path: file.path)
      }
      guard model.size <= file.size - position else {
        throw .truncated(
          "the bundle is truncated: a blob claims \(model.size) bytes and \(file.size - position) are left",
          path: file.path)
      }
      position += model.size
      try zeros(TarHeader.padding(after: model.size), after: "blob")
      models.append(model)
    }
  }

  private init(header block: [UInt8], at offset: Int64, path: String) throws(Failure) {
    let raw: RawTarHeader
    do throws(TarProblem) { raw = try RawTarHeader(block) } catch let problem {
      throw .notCanonical("what follows the payload is no blob: \(problem.text)", path: path)
    }
    let prefix = "blobs/sha256/"
    let name = String(decoding: raw.name, as: UTF8.self)
    guard name.hasPrefix(prefix), let digest = Digest(hexadecimal: name.dropFirst(prefix.count)),
      block == BundleWriter.header(name, size: raw.size)
    else { throw .notCanonical("the header of a blob after the payload is not in canonical form", path: path) }
    self.digest = digest
    size = raw.size
    self.offset = offset
  }
}

extension Bundle {
  package func verifyModels() throws(Failure) {
    for model in models { try unsafe read(model) { _ throws(Failure) in } }
  }

  /// Gives the bytes of a carried model file to `body`, piece by piece, then compares their digest.
  ///
  /// - Throws: LB004 when they are damaged; what was done with them has to be undone then.
  package func read(
    _ model: CarriedModel, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let window = InputWindow(file, from: model.offset, length: model.size, hashing: true)
    try unsafe window.consume(model.size, body)
    let found = try window.finish()
    guard found == model.digest else {
      throw .damaged("model file", expected: model.digest, found: found, path: path)
    }
  }
}
