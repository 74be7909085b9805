/// Where a grant comes from: beside the policy, never inside it.
package struct Origin: Hashable, Sendable {
  /// Path of the manifest as it was given.
  package var path: String
  /// From 1.
  package var line: Int
  /// From 1, in Unicode code points.
  package var column: Int
  /// Key path in the manifest: `capabilities.fs.app-data`.
  package var key: String
  /// Why the grant exists when the line does not state it: "implied by modality speech-to-text"; empty otherwise.
  package var reason: String

  package init(path: String, line: Int, column: Int, key: String, reason: String = "") {
    self.path = path
    self.line = line
    self.column = column
    self.key = key
    self.reason = reason
  }
}

/// The origins of a policy's grants.
///
/// Each entry is the authority that one place of the manifest grants; the origins of an operation are the places whose
/// authority permits it.
package struct Origins: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var grant: Authority
    package var origin: Origin

    package init(grant: Authority, origin: Origin) {
      self.grant = grant
      self.origin = origin
    }
  }

  /// In source order.
  package var entries: [Entry]
  /// Where else the manifest speaks, by key path: limits, models, entry, storage, tools.
  package var keys: [String: Origin]

  package init(entries: [Entry] = [], keys: [String: Origin] = [:]) {
    self.entries = entries
    self.keys = keys
  }

  /// The places that grant `operation`, in source order.
  package func origins(of operation: Operation) -> [Origin] {
    entries.filter { $0.grant.permits(operation) }.map(\.origin)
  }
}
