package import BundleFormat

/// One result of compiling: the bytes of one layer.
package struct Artifact: Hashable, Sendable {
  package var kind: LayerKind
  package var bytes: [UInt8]

  /// The file that `locara compile -o` writes it to.
  package var name: String { kind.title }
}
