// INVARIANT: `Builder` is the one place that knows the sequence of the stages. It holds no stage of its own.

/// The version of this compiler. It is recorded in every bundle, and artifacts are a function of it and of the input.
package enum Version {
  /// Semantic version, semver.org 2.0.0.
  package static let text = "0.1.0"
}
