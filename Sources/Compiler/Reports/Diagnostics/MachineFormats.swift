internal import CanonicalJSON
package import Diagnostics

/// How diagnostics are written.
package enum DiagnosticFormat: String, Sendable, CaseIterable {
  /// For people.
  case text
  /// One JSON document with all that is known.
  case json
  /// SARIF 2.1.0, for code scanning.
  case sarif
  /// Workflow commands of GitHub Actions, one a line.
  case github
}

/// Diagnostics in a format; ends in a newline unless there is nothing to say in text or to GitHub.
package func render(
  _ diagnostics: [Diagnostic], sources: [Source], as format: DiagnosticFormat, color: Bool = false, width: Int = 120,
  version: String = ""
) -> String {
  switch format {
  case .text: renderText(diagnostics, sources: sources, color: color, width: width)
  case .json: String(decoding: JSONReport(sources).report(diagnostics).prettyBytes, as: UTF8.self)
  case .sarif: String(decoding: SARIFReport(sources, version: version).report(diagnostics).prettyBytes, as: UTF8.self)
  case .github: diagnostics.map { githubCommand($0, sources) }.joined()
  }
}

/// Lines and columns of a span; columns count Unicode code points.
struct Region {
  var start: Source.Position
  var end: Source.Position

  init?(_ label: Diagnostic.Label, _ sources: [Source]) {
    guard let source = sources.first(where: { $0.path == label.path }) else { return nil }
    start = source.position(of: label.span.start)
    end = source.position(of: label.span.end)
  }
}

private struct JSONReport {
  let sources: [Source]

  init(_ sources: [Source]) { self.sources = sources }

  func report(_ diagnostics: [Diagnostic]) -> JSON {
    [
      "diagnostics": .array(diagnostics.map(diagnostic)),
      "errors": .integer(Int64(diagnostics.count { $0.severity == .error })),
      "warnings": .integer(Int64(diagnostics.count { $0.severity == .warning })),
    ]
  }

  private func diagnostic(_ diagnostic: Diagnostic) -> JSON {
    var members: [String: JSON] = [
      "code": .string(diagnostic.code), "severity": .string(diagnostic.severity.rawValue),
      "headline": .string(diagnostic.headline), "primary": label(diagnostic.primary),
      "secondary": .array(diagnostic.secondary.map(label)), "notes": .array(diagnostic.notes.map { .string($0) }),
    ]
    if let fix = diagnostic.fix {
      members["fix"] = [
        "message": .string(fix.message), "applicability": .string(fix.applicability.rawValue),
        "edits": .array(
          fix.edits.map { edit in
            [
              "start": .integer(Int64(edit.span.start)), "end": .integer(Int64(edit.span.end)),
              "replacement": .string(edit.replacement),
            ]
          }),
      ]
    }
    return .object(members)
  }

  private func label(_ label: Diagnostic.Label) -> JSON {
    var members: [String: JSON] = [
      "path": .string(label.path), "start": .integer(Int64(label.span.start)), "end": .integer(Int64(label.span.end)),
      "text": .string(label.text),
    ]
    if let region = Region(label, sources) {
      members["line"] = .integer(Int64(region.start.line))
      members["column"] = .integer(Int64(region.start.column))
      members["endLine"] = .integer(Int64(region.end.line))
      members["endColumn"] = .integer(Int64(region.end.column))
    }
    return .object(members)
  }
}

/// SARIF 2.1.0, OASIS standard.
private struct SARIFReport {
  let sources: [Source]
  let version: String

  init(_ sources: [Source], version: String) {
    self.sources = sources
    self.version = version
  }

  func report(_ diagnostics: [Diagnostic]) -> JSON {
    var driver: [String: JSON] = [
      "name": "locara",
      "rules": .array(Set(diagnostics.map(\.code)).sorted().map { ["id": .string($0)] }),
    ]
    if !version.isEmpty { driver["version"] = .string(version) }
    return [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
      "runs": [
        [
          "tool": ["driver": .object(driver)], "columnKind": "unicodeCodePoints",
          "results": .array(diagnostics.map(result)),
        ]
      ],
    ]
  }

  private func result(_ diagnostic: Diagnostic) -> JSON {
    let label = diagnostic.primary.text.isEmpty ? "" : ": \(diagnostic.primary.text)"
    var members: [String: JSON] = [
      "ruleId": .string(diagnostic.code), "level": .string(diagnostic.severity.rawValue),
      "message": ["text": .string(([diagnostic.headline + label] + diagnostic.notes).joined(separator: "\n"))],
      "locations": [location(diagnostic.primary)],
    ]
    if !diagnostic.secondary.isEmpty { members["relatedLocations"] = .array(diagnostic.secondary.map(location)) }
    if let fix = diagnostic.fix {
      members["fixes"] = [
        [
          "description": ["text": .string(fix.message)],
          "artifactChanges": [
            [
              "artifactLocation": ["uri": .string(uri(diagnostic.primary.path))],
              "replacements": .array(
                fix.edits.map { edit in
                  [
                    "deletedRegion": .object(region(Diagnostic.Label(path: diagnostic.primary.path, span: edit.span))),
                    "insertedContent": ["text": .string(edit.replacement)],
                  ]
                }),
            ]
          ],
        ]
      ]
    }
    return .object(members)
  }

  private func location(_ label: Diagnostic.Label) -> JSON {
    var place: [String: JSON] = ["artifactLocation": ["uri": .string(uri(label.path))]]
    var members = region(label)
    if !members.isEmpty {
      members["byteOffset"] = .integer(Int64(label.span.start))
      members["byteLength"] = .integer(Int64(label.span.end - label.span.start))
      place["region"] = .object(members)
    }
    var location: [String: JSON] = ["physicalLocation": .object(place)]
    if !label.text.isEmpty { location["message"] = ["text": .string(label.text)] }
    return .object(location)
  }

  /// A text region (section 3.30.1) without its bytes: text cannot replace a part of what is binary (section 3.57.4).
  private func region(_ label: Diagnostic.Label) -> [String: JSON] {
    guard let region = Region(label, sources) else { return [:] }
    return [
      "startLine": .integer(Int64(region.start.line)), "startColumn": .integer(Int64(region.start.column)),
      "endLine": .integer(Int64(region.end.line)), "endColumn": .integer(Int64(region.end.column)),
    ]
  }

  /// A path as a relative reference, RFC 3986.
  private func uri(_ path: String) -> String {
    let hexadecimal = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in path.utf8 {
      if Character(Unicode.Scalar(byte)).isASCII, byte > 0x20, !" %?#[]\"<>\\^`{|}".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// One workflow command; its message and its properties have escapes of their own.
private func githubCommand(_ diagnostic: Diagnostic, _ sources: [Source]) -> String {
  func message(_ text: String) -> String {
    text.map { character in
      switch character {
      case "%": "%25"
      case "\r": "%0D"
      case "\n": "%0A"
      case "\r\n": "%0D%0A"
      default: String(character)
      }
    }.joined()
  }
  func property(_ text: String) -> String {
    message(text).map { $0 == ":" ? "%3A" : $0 == "," ? "%2C" : String($0) }.joined()
  }
  let kind = diagnostic.severity == .note ? "notice" : diagnostic.severity.rawValue
  var properties = ["file=\(property(diagnostic.primary.path))"]
  if let region = Region(diagnostic.primary, sources) {
    properties += ["line=\(region.start.line)", "endLine=\(region.end.line)", "col=\(region.start.column)"]
    if region.start.line == region.end.line { properties.append("endColumn=\(region.end.column)") }
  }
  properties.append("title=\(property(diagnostic.code))")
  let label = diagnostic.primary.text.isEmpty ? "" : ": \(diagnostic.primary.text)"
  let text = ([diagnostic.headline + label] + diagnostic.notes + (diagnostic.fix.map { ["help: \($0.message)"] } ?? []))
    .joined(separator: "\n")
  return "::\(kind) \(properties.joined(separator: ","))::\(message(text))\n"
}
