internal import CanonicalJSON
package import Diagnostics
package import PolicyIR

/// What compiling a manifest says, for those who look at its text.
package struct Analysis: Sendable {
  package var diagnostics: [Diagnostic]
  /// Those that the diagnostics point into.
  package var sources: [Source]
  /// Empty when the manifest does not compile.
  package var origins: Origins
  /// The same of what its tools may do.
  package var toolOrigins: Origins
  /// One line on what can leave the machine; empty when the manifest does not compile.
  package var verdict: String

  package init(
    diagnostics: [Diagnostic], sources: [Source], origins: Origins = Origins(), toolOrigins: Origins = Origins(),
    verdict: String = ""
  ) {
    self.diagnostics = diagnostics
    self.sources = sources
    self.origins = origins
    self.toolOrigins = toolOrigins
    self.verdict = verdict
  }
}

/// A text that an editor has open.
struct Document {
  /// As the client names it.
  let uri: String
  private(set) var source: Source
  private(set) var version: Int64
  var analysis: Analysis?
  /// Addresses of other files that diagnostics of this document were published for.
  var publishedElsewhere: Set<String> = []

  /// Bytes of one document; what makes it longer is left out, and the reader says that the file is too large.
  static let limit = 8 << 20

  init(uri: String, text: String, version: Int64) {
    self.uri = uri
    self.version = version
    source = Source(path: FileAddress.path(uri) ?? uri, bytes: Array(text.utf8.prefix(Document.limit)))
  }

  /// The local file's path; nil when the text is not one.
  var path: String? { FileAddress.path(uri) }

  /// Whether this is a manifest, by its name or by what it says.
  var isManifest: Bool {
    uri.hasSuffix("locara.yaml") || source.bytes.firstRange(of: Array("locara/v".utf8)) != nil
  }

  /// Applies the changes of a `didChange` notification, each to what the one before it made.
  mutating func change(_ changes: [JSON], version: Int64) throws(RequestError) {
    for change in changes {
      guard let text = change["text"]?.stringValue else { throw .parameters("the `text` of a change") }
      var bytes = source.bytes
      if let range = change["range"] {
        guard let span = source.span(range) else { throw .parameters("a range of positions") }
        bytes.replaceSubrange(span.start..<span.end, with: text.utf8)
      } else {
        bytes = Array(text.utf8)
      }
      source = Source(path: source.path, bytes: Array(bytes.prefix(Document.limit)))
    }
    self.version = version
    analysis = nil
  }
}
