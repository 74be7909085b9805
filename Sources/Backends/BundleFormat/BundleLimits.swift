/// The most that a bundle may hold; what goes beyond is refused when writing and when reading.
package enum BundleLimits {
  /// Bytes of `index.json`.
  static let index = 64 << 10
  /// Bytes of the OCI manifest, and of the config.
  static let manifest = 1 << 20
  /// Bytes of one layer other than the payload.
  package static let layer = 16 << 20
  /// Bytes of all layers other than the payload.
  package static let layers = 64 << 20
  /// Bytes of the payload archive: what a ustar header can say, one byte short of 8 GiB.
  package static let payload: Int64 = 0o77777777777
  /// Model files that a fat bundle carries.
  static let models = 8192
  /// Entries of the payload.
  package static let entries = 200_000
  /// Components in a payload path.
  package static let depth = 64
  /// Bytes of a payload path, and of a link's target.
  package static let path = 1024
  /// Bytes of one component, `NAME_MAX` of Linux.
  static let component = 255
  /// Bytes of a field of the config.
  static let field = 256
}
