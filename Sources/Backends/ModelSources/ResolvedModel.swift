package import Digests

/// What a source says about the files of a model, before any of their bytes were seen.
package struct ResolvedModel: Sendable {
  package struct File: Sendable {
    package var path: String
    /// Bytes; nil when the source does not say.
    package var size: Int64?
    /// SHA-256; nil when the source has none.
    package var digest: Digest?
    /// The source's own id of the content: a git blob's SHA-1, an LFS file's SHA-256, an entity tag.
    package var sourceID: String?
    /// Where the bytes are.
    package var location: Location
  }

  /// The commit or digest that the revision stands for; empty when the source has none.
  package var revision: String
  /// The license that the source states.
  package var license: String?
  package var files: [File]
}
