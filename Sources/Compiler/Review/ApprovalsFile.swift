internal import Diagnostics
package import PolicyIR
package import SystemIO
internal import Text

/// `locara.approvals.yaml`: the changes that people took responsibility for.
///
///     approvals:
///       - fingerprint: 3f9a0c1b2d4e5f60
///         rule: LP104
///         app: acme/notes              # may be left out: then it is for every app with the same change
///         reason: the update server, agreed in the design review
///         approved-by: ada@example.com
///         expires: 2026-12-31          # may be left out
package enum ApprovalsFile {
  package static let name = "locara.approvals.yaml"

  /// - Throws: LP008 when it is not of this form, with the line.
  package static func read(_ path: String, today: String) throws(Failure) -> Approvals {
    try parse(try Files.read(path, limit: 1 << 20), path: path, today: today)
  }

  package static func parse(_ bytes: [UInt8], path: String, today: String) throws(Failure) -> Approvals {
    let source = Source(path: path, bytes: bytes)
    let tree = SyntaxTree(parsing: source)
    if let error = tree.diagnostics.first(where: { $0.severity == .error }) {
      throw problem(error.headline, at: error.primary.span, source)
    }
    guard let root = tree.root, root.value != .null else { return Approvals(path: path, today: today) }
    guard let members = root.members else {
      throw problem("expected a mapping with `approvals`", at: root.span, source)
    }
    if let unknown = members.first(where: { $0.name != "approvals" }) {
      throw problem("`\(unknown.name)` is not known here; expected `approvals`", at: unknown.nameSpan, source)
    }
    guard let list = root["approvals"], list.value != .null else { return Approvals(path: path, today: today) }
    guard let elements = list.elements else { throw problem("expected a list of approvals", at: list.span, source) }
    var approvals: [Approval] = []
    for element in elements {
      let approval = try approval(element, source)
      let same = approvals.filter { $0.fingerprint == approval.fingerprint }
      if let other = same.first(where: { $0.app == nil || approval.app == nil || $0.app == approval.app }) {
        throw problem("\(approval.fingerprint) is approved on line \(other.line) already", at: element.span, source)
      }
      approvals.append(approval)
    }
    return Approvals(approvals, path: path, today: today)
  }

  private static func approval(_ node: SyntaxNode, _ source: Source) throws(Failure) -> Approval {
    guard let members = node.members else {
      throw problem("expected a mapping with `fingerprint`, `rule`, `reason` and `approved-by`", at: node.span, source)
    }
    let known = ["fingerprint", "rule", "reason", "approved-by", "app", "expires"]
    var values: [String: String] = [:]
    for member in members {
      guard known.contains(member.name) else {
        let near = nearestMatch(to: member.name, among: known).map { "; did you mean `\($0)`?" } ?? ""
        throw problem("`\(member.name)` is not known here\(near)", at: member.nameSpan, source)
      }
      // Digits alone are a number to YAML and a fingerprint here, so what counts is what is written.
      let text = member.value.string ?? source.text(member.value.span)
      guard member.value.members == nil, member.value.elements == nil, member.value.value != .null, !text.isEmpty else {
        throw problem("expected a text for `\(member.name)`", at: member.value.span, source)
      }
      values[member.name] = text
    }
    for name in known.dropLast(2) where values[name] == nil {
      throw problem("`\(name)` is missing", at: node.span, source)
    }
    let fingerprint = values["fingerprint"] ?? ""
    guard fingerprint.utf8.count == 16, fingerprint.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
      throw problem("`\(fingerprint)` is no fingerprint: expected 16 of 0-9 and a-f", at: node.span, source)
    }
    let rule = values["rule"] ?? ""
    guard ChangeRule(code: rule) != nil else { throw problem("there is no rule `\(rule)`", at: node.span, source) }
    if let app = values["app"], app.split(separator: "/", omittingEmptySubsequences: false).count != 2 {
      throw problem("`\(app)` is no app: expected PUBLISHER/NAME", at: node.span, source)
    }
    if let day = values["expires"], !Day.isOne(day) {
      throw problem("`\(day)` is no day of the calendar: expected YYYY-MM-DD", at: node.span, source)
    }
    return Approval(
      fingerprint: fingerprint, rule: rule, app: values["app"], reason: values["reason"] ?? "",
      approvedBy: values["approved-by"] ?? "", expires: values["expires"],
      line: source.position(of: node.span.start).line)
  }

  private static func problem(_ text: String, at span: Span, _ source: Source) -> Failure {
    let position = source.position(of: span.start)
    return Failure(
      "LP008", text, path: "\(source.path):\(position.line):\(position.column)",
      help: "`locara diff` prints fingerprint and rule with every change")
  }
}
