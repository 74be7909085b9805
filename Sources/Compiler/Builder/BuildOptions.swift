/// What whoever builds can choose. Nothing of it changes what is in the bundle.
package struct BuildOptions: Sendable {
  /// Whether results of earlier builds are used.
  package var usesCache = true
  /// Whether inputs that the cache lacks are an error instead of being downloaded.
  package var isOffline = false
  /// Files that may be inputs; their SHA-256 tells.
  package var inputs: [String] = []
  /// Whether the model files are put into the file as well.
  package var isFat = false
  package var variation = BuildVariation.usual

  package init() {}
}
