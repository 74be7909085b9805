/// One thing to tell the author of a source.
package struct Diagnostic: Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable, Comparable {
    case note, warning, error

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
      switch self {
      case .note: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  /// A place in a source, and what to say about it there.
  package struct Label: Hashable, Sendable {
    /// The path of the `Source` that the span belongs to.
    package var path: String
    package var span: Span
    /// A few words to print under the span; may be empty.
    package var text: String

    package init(path: String, span: Span, text: String = "") {
      self.path = path
      self.span = span
      self.text = text
    }
  }

  /// Stable code: `L`, a letter for the module, three digits ("LM003"). Listed in `spec/diagnostics.md`.
  package var code: String
  package var severity: Severity
  /// One sentence without a full stop, starting in lower case, with code in backticks.
  package var headline: String
  package var primary: Label
  package var secondary: [Label]
  /// Further sentences: why, what to do.
  package var notes: [String]
  package var fix: Fix?

  package init(
    _ code: String, _ severity: Severity = .error, _ headline: String, at primary: Label, secondary: [Label] = [],
    notes: [String] = [], fix: Fix? = nil
  ) {
    self.code = code
    self.severity = severity
    self.headline = headline
    self.primary = primary
    self.secondary = secondary
    self.notes = notes
    self.fix = fix
  }
}

/// A change to a source that would mend what a diagnostic reports.
package struct Fix: Hashable, Sendable {
  package enum Applicability: String, Hashable, Sendable {
    /// Keeps or restores what the author certainly meant.
    case safe
    /// Probably what the author meant; to be looked at.
    case unsafe
  }

  package struct Edit: Hashable, Sendable {
    package var span: Span
    package var replacement: String

    package init(_ span: Span, _ replacement: String) {
      self.span = span
      self.replacement = replacement
    }
  }

  /// What the change does, as an imperative: "replace it with `net`".
  package var message: String
  package var applicability: Applicability
  /// In source order, not overlapping.
  package var edits: [Edit]

  package init(_ message: String, _ applicability: Applicability = .safe, edits: [Edit]) {
    self.message = message
    self.applicability = applicability
    self.edits = edits
  }
}
