/// The version of locara: of both its programs, which go together, and of the bundles that they make and run.
package enum Version {
  /// Semantic version, semver.org 2.0.0. It is recorded in every bundle, and artifacts are a function of it and of the
  /// input.
  package static let text = "0.1.0"
}
