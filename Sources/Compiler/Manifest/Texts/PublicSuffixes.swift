/// Names below which strangers register names of their own, by the list of publicsuffix.org that the compiler carries
/// (spec/decisions/public-suffixes.md).
package enum PublicSuffixes {
  package enum Giver: Hashable {
    /// A registry: `co.uk`. Every top-level domain is one, whether the list names it or not.
    case registry
    /// A company that gives names to its customers: `github.io`.
    case company
  }

  /// Who gives the names directly below a domain to anybody; nil when that is nobody.
  ///
  /// - Parameter domain: in lower case and ASCII, without a trailing dot.
  package static func giver(ofNamesBelow domain: String) -> Giver? {
    guard let dot = domain.lastIndex(of: ".") else { return .registry }
    let top = String(domain[domain.index(after: dot)...])
    let name = domain[..<dot]
    if holds(registries[top], name) { return .registry }
    return holds(companies[top], name) ? .company : nil
  }

  /// - Parameter name: without the top-level domain that the words are about.
  private static func holds(_ words: [Substring]?, _ name: Substring) -> Bool {
    guard let words else { return false }
    let parent = name.firstIndex(of: ".").map { name[name.index(after: $0)...] } ?? ""
    // An exception takes a name out of what `*` says of its parent.
    if words.contains(where: { $0.first == "!" && $0.dropFirst() == name }) { return false }
    return words.contains { $0 == name || $0.first == "*" && ($0.dropFirst() == parent || $0.dropFirst() == name) }
  }

  private static let registries = read(after: "# registries", before: "# private")
  private static let companies = read(after: "# private", before: nil)

  private static func read(after start: String, before end: String?) -> [String: [Substring]] {
    var isInside = false
    var words: [String: [Substring]] = [:]
    for line in String(decoding: PackageResources.public_suffixes_txt, as: UTF8.self).split(separator: "\n") {
      if line.first == "#" {
        if line == start { isInside = true } else if let end, line == end { isInside = false }
      } else if isInside {
        let parts = line.split(separator: " ", omittingEmptySubsequences: true)
        // `*` alone: every name directly below the top-level domain.
        words[String(parts[0])] = Array(parts.dropFirst())
      }
    }
    return words
  }
}
