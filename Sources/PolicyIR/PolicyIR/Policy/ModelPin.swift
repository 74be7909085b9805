package import Digests
internal import Schemas
internal import Structures

/// One model that an app needs, pinned to exact bytes.
package struct ModelPin: Hashable, Sendable {
  package struct File: Hashable, Sendable {
    /// Relative path below the model's directory, normalized.
    package var path: String
    /// Bytes.
    package var size: Int64
    package var digest: Digest

    package init(path: String, size: Int64, digest: Digest) {
      self.path = path
      self.size = size
      self.digest = digest
    }
  }

  package enum Loading: String, Hashable, Sendable, CaseIterable { case lazy, eager }

  /// Unique in the app; also the name of the model's directory inside the sandbox.
  package var id: String
  /// The modality that it serves, such as `text-to-embedding`.
  package var role: String
  /// Where the bytes came from: `hf:org/name`, `https://…`, `file:…`, `oci:…`; empty for an id with a hash alone.
  package var source: String
  /// The source's own revision, such as a commit; empty when it has none.
  package var revision: String
  /// Sorted by path.
  package var files: [File]
  /// SPDX id; empty when not stated.
  package var license: String
  package var loading: Loading

  package init(
    id: String, role: String, source: String, revision: String, files: [File], license: String, loading: Loading = .lazy
  ) {
    self.id = id
    self.role = role
    self.source = source
    self.revision = revision
    self.files = files.sorted { Label($0.path) < Label($1.path) }
    self.license = license
    self.loading = loading
  }
}
