package import Diagnostics
package import SystemIO

/// Many manifests checked on all processors, and told about in their own order. What was told is forgotten, so memory
/// does not grow with their number.
package struct ManifestChecking: Sendable {
  package enum Result: Sendable {
    /// It compiles, and there is nothing to say.
    case right
    /// What there is to say, with the sources that it points into.
    case noted([Diagnostic], [Source])
    /// A file cannot be read.
    case failed(Failure)
  }

  private let paths: [String]
  private let strict: Bool
  private let licenses: [String]?

  /// - Parameter modelLicenses: SPDX ids of the licenses that models may have; nil for any.
  package init(_ paths: [String], strict: Bool, modelLicenses: [String]? = nil) {
    self.paths = paths
    self.strict = strict
    licenses = modelLicenses
  }

  package func run(_ tell: (Result) -> Void) {
    // Few enough that what is told about stays little, and so many that the threads seldom wait for one another.
    let portion = 2048
    for start in stride(from: 0, to: paths.count, by: portion) {
      let part = paths[start..<min(start + portion, paths.count)]
      Parallel.map(part.count) { check(part[start + $0]) }.forEach(tell)
    }
  }

  private func check(_ path: String) -> Result {
    do throws(Failure) {
      let compilation = try Compilation(manifest: path, strict: strict, modelLicenses: licenses)
      return compilation.diagnostics.isEmpty ? .right : .noted(compilation.diagnostics, compilation.sources)
    } catch { return .failed(error) }
  }
}
