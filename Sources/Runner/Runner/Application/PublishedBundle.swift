package import Digests
package import SystemIO

/// Bundles that are run from a registry or a directory of published ones: `locara run oci:HOST/NAME@sha256:HEX`.
///
/// A copy is kept in `$XDG_DATA_HOME/locara/pulled`, so that a bundle that is named by digest is fetched once and then
/// runs without a network. A tag can move, so it is looked up each time.
package enum PublishedBundle {
  /// The verb of the compiler that fetches the bundle and then runs it.
  package static let verb = "run-published"

  package static func isReference(_ text: String) -> Bool { text.hasPrefix("oci:") || text.hasPrefix("dir:") }

  /// Where the copy of the bundle with this digest is kept.
  package static func place(of digest: Digest) throws(Failure) -> String {
    "\(try UserDirectories.data())/pulled/\(digest.hexadecimal).locapp"
  }

  /// The copy that is there; nil when the reference names no digest, or it was never fetched.
  static func kept(_ reference: String) throws(Failure) -> String? {
    guard let at = reference.lastIndex(of: "@"), let digest = Digest(reference[reference.index(after: at)...]) else {
      return nil
    }
    let path = try place(of: digest)
    return Files.exists(path) ? path : nil
  }

  /// Becomes the compiler, which fetches and comes back; returns only when that is not possible.
  static func fetch(_ reference: String, _ arguments: [String]) -> Failure {
    CompilerProgram.become(["locara", verb, reference] + arguments)
  }

  /// The command line of `run` with the copy's path in the place of the reference.
  package static func arguments(_ arguments: [String], replacing reference: String, by path: String) -> [String] {
    var result = arguments
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    if let index = arguments[..<end].firstIndex(of: reference) { result[index] = path }
    return result
  }
}
