internal import PolicyIR

extension ChangeReport {
  /// The review as a comment on a pull request (GitHub-flavoured Markdown): the answer folded, the proof unfolded.
  package var markdown: String {
    var lines = ["## Policy review: \(escaped(ChangeWords.summary(self)))", ""]
    for entry in entries { lines += markdown(entry) }
    let problems = approvalProblems
    if !problems.isEmpty {
      lines +=
        ["### Approvals", ""] + problems.map { "- \(escaped(ChangeWords.problem($0.approval, $0.problem)))" } + [""]
    }
    return lines.joined(separator: "\n")
  }

  private func markdown(_ entry: Entry) -> [String] {
    switch entry.outcome {
    case .failed(let side, let problem):
      return ["### \(escaped(entry.name))", "", "\(escaped(side)) could not be read:", "", fenced(problem), ""]
    case .compared(let comparison):
      let changes = changes(of: comparison)
      var lines = ["### \(escaped(ChangeWords.title(entry)))", ""]
      lines += ["**\(escaped(ChangeWords.verdict(comparison)))**", ""]
      let news =
        comparison.flips.map { "- \(escaped(ChangeWords.flip($0)))" }
        + comparison.badges.map { "- \(escaped(ChangeWords.badge($0)))" }
      if !news.isEmpty { lines += news + [""] }
      guard !changes.isEmpty else { return lines }
      lines += ["| | change | before | after |", "|---|---|---|---|"]
      lines += changes.map { change in
        let values = [change.before, change.after].map { $0.map { code(ChangeWords.shortened($0)) } ?? "nothing" }
        let approved = approval(of: change, in: comparison) == nil ? "" : " (approved)"
        return "| \(change.direction.rawValue)\(approved) | \(code(change.subject)) | \(values[0]) | \(values[1]) |"
      }
      lines += [
        "", "<details><summary>\(escaped(ChangeWords.counts(changes))): witnesses, places, fingerprints</summary>", "",
      ]
      for change in changes {
        lines.append(
          "- \(code(change.subject)): \(change.severity.rawValue), \(change.rule.code), \(code(change.fingerprint))")
        if let allowed = change.allowed { lines.append("  - now allowed: \(code(ChangeWords.shortened(allowed)))") }
        if let denied = change.denied { lines.append("  - now denied: \(code(ChangeWords.shortened(denied)))") }
        lines += ChangeWords.migration(change).map { "  - migration \(escaped($0))" }
        lines += change.originsAfter.map { "  - at \(code(ChangeWords.place($0)))" }
        lines += change.originsBefore.map { "  - was \(code(ChangeWords.place($0)))" }
        if let approval = approval(of: change, in: comparison) {
          lines.append("  - approved by \(escaped(approval.approvedBy)): \(escaped(approval.reason))")
        }
      }
      return lines + ["", "</details>", ""]
    }
  }

  /// A code span that nothing in the text can end (CommonMark 0.31, 6.1); a bar would end a table's cell.
  private func code(_ text: String) -> String {
    let text = oneLine(text)
    var fence = "`"
    while text.contains(fence) { fence += "`" }
    let padding = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
    return (fence + padding + text + padding + fence).replacing("|", with: "\\|")
  }

  private func fenced(_ text: String) -> String {
    var fence = "```"
    while text.contains(fence) { fence += "`" }
    return "\(fence)\n\(DisplayText.undisturbing(text))\n\(fence)"
  }

  private func escaped(_ text: String) -> String {
    oneLine(text).reduce(into: "") { result, character in
      if "\\`*_{}[]<>()#+!|~@".contains(character) { result += "\\" }
      result.append(character)
    }
  }

  private func oneLine(_ text: String) -> String {
    DisplayText.undisturbing(text).replacing("\n", with: " ").replacing("\t", with: " ")
  }
}
