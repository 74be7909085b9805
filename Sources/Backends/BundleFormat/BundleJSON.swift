internal import CanonicalJSON
internal import SystemIO

/// The bounded reading of the JSON blobs of a bundle, and the failures that it shares.
enum BundleJSON {
  static func parse(_ bytes: [UInt8], what: String, path: String) throws(Failure) -> JSON {
    do throws(JSONError) {
      return try JSON(
        parsing: bytes, limits: JSONLimits(bytes: BundleLimits.manifest, depth: 8, values: 10_000))
    } catch let error {
      throw malformed(what, "\(error)", path: path)
    }
  }

  static func malformed(_ what: String, _ problem: String, path: String) -> Failure {
    Failure(
      "LB007", "the bundle's \(what) is malformed: \(problem)", path: path,
      help: "build the bundle again, or get it again from where it came from")
  }
}

extension Failure {
  static let getItAgain = "get the bundle again from where it came from, or build it again"

  static func notABundle(_ found: String, path: String) -> Failure {
    Failure(
      "LB001", "not a locara bundle: \(found)", path: path,
      help: "a bundle is the .locapp file that `locara build` writes")
  }

  static func truncated(_ message: String, path: String) -> Failure {
    Failure("LB002", message, path: path, help: getItAgain)
  }

  static func notCanonical(_ message: String, path: String) -> Failure {
    Failure("LB003", message, path: path, help: getItAgain)
  }

  static func unknownVersion(_ found: String, path: String) -> Failure {
    Failure(
      "LB006", "the bundle has \(found), which this program does not know", path: path,
      help: "use a newer locara, or build the bundle again with this one")
  }
}
