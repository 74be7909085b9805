package import CanonicalJSON
package import Diagnostics

// INVARIANT: this folder knows YAML and nothing of manifests. Only this folder imports libyaml.

/// A YAML document as far as it could be read, and what is wrong with it.
package struct SyntaxTree: Sendable {
  /// Nil for a stream without a document, and when the document cannot be read to its end.
  package var root: SyntaxNode?
  /// What was read of a document that cannot be read to its end, for finding what else is wrong with it.
  package var fragment: Fragment?
  /// In source order.
  package var diagnostics: [Diagnostic]

  /// The beginning of a document.
  package struct Fragment: Sendable {
    package var root: SyntaxNode
    /// Where the collections begin that go on after it: what they lack may follow.
    package var unfinished: Set<Int>
  }

  package init(root: SyntaxNode?, fragment: Fragment? = nil, diagnostics: [Diagnostic]) {
    self.root = root
    self.fragment = fragment
    self.diagnostics = diagnostics
  }

  /// Reads one YAML document. A JSON document (RFC 8259) is one too, with the exceptions of `spec/yaml.md`.
  package init(parsing source: Source, limits: SyntaxLimits = SyntaxLimits()) {
    self = Composer.compose(source, limits: limits)
  }

  /// The document's values, without spans.
  package var json: JSON { root?.json ?? .null }
}

/// What is accepted at the most. libyaml itself has no bounds, and takes quadratic time over nested brackets.
package struct SyntaxLimits: Sendable {
  package var bytes: Int
  /// Nesting of collections, aliases followed.
  package var depth: Int
  /// Nodes of the document, aliases followed.
  package var nodes: Int

  package init(bytes: Int = 1 << 20, depth: Int = 64, nodes: Int = 200_000) {
    self.bytes = bytes
    self.depth = depth
    self.nodes = nodes
  }
}

extension SyntaxNode {
  package var json: JSON {
    switch value {
    case .null, .unreadable: .null
    case .boolean(let value): .bool(value)
    case .integer(let value): .integer(value)
    // JSON has no characters for what is not finite (RFC 8259, section 6).
    case .number(let value): value.hasSuffix("inf") || value.hasSuffix("nan") ? .string(value) : .number(value)
    case .string(let value): .string(value)
    case .sequence(let elements): .array(elements.map(\.json))
    case .mapping(let members):
      .object(Dictionary(members.map { ($0.name, $0.value.json) }, uniquingKeysWith: { first, _ in first }))
    }
  }
}
