internal import PolicyIR

extension ChangeReport {
  /// The review for a terminal: the summary first, then each app, what is new before what is gone.
  ///
  /// - Parameters:
  ///   - color: whether to use ANSI colors (ECMA-48).
  ///   - width: columns; no line is longer.
  package func text(color: Bool, width: Int = 80) -> String {
    var writer = ChangeTextWriter(color: color, width: max(width, 40))
    writer.write(self)
    return writer.output
  }
}

private struct ChangeTextWriter {
  let color: Bool
  let width: Int
  var output = ""

  private enum Paint: String {
    case widening = "1;31"
    case mixed = "1;35"
    case narrowing = "32"
    case neutral = "36"
    case strong = "1"
    case faint = "2"
  }

  mutating func write(_ report: ChangeReport) {
    line(ChangeWords.summary(report), .strong)
    for entry in report.entries { write(entry, report) }
    let problems = report.approvalProblems
    if !problems.isEmpty { line("") }
    for (approval, problem) in problems {
      line(
        "\(report.approvals.path):\(approval.line): \(ChangeWords.problem(approval, problem))", indent: 0, hanging: 2)
    }
  }

  private mutating func write(_ entry: ChangeReport.Entry, _ report: ChangeReport) {
    line("")
    switch entry.outcome {
    case .failed(let side, let problem):
      line("\(entry.name): \(side) could not be read", .widening)
      for problemLine in problem.split(separator: "\n") { line(String(problemLine), indent: 2, hanging: 2) }
    case .compared(let comparison):
      let changes = report.changes(of: comparison)
      line("\(ChangeWords.title(entry)): \(ChangeWords.verdict(comparison))", .strong, hanging: 2)
      let title = ChangeWords.title(entry)
      if let old = entry.renamedFrom {
        line("\(entry.name), renamed from \(old)", .faint, indent: 2)
      } else if entry.name != title, !entry.name.isEmpty {
        line(entry.name, .faint, indent: 2)
      }
      for flip in comparison.flips {
        line(ChangeWords.flip(flip), flip.holdsAfter ? .narrowing : .widening, indent: 2, hanging: 2)
      }
      for badge in comparison.badges {
        line(ChangeWords.badge(badge), badge.isGained ? .narrowing : .widening, indent: 2, hanging: 2)
      }
      if !changes.isEmpty { line(ChangeWords.counts(changes), indent: 2) }
      for change in changes { write(change, report.approval(of: change, in: comparison)) }
    }
  }

  private mutating func write(_ change: PolicyChange, _ approval: Approval?) {
    line("")
    let (mark, paint): (String, Paint) =
      switch change.direction {
      case .widening: ("+", .widening)
      case .narrowing: ("-", .narrowing)
      case .mixed: ("±", .mixed)
      case .neutral: ("=", .neutral)
      }
    line("\(mark) \(change.subject)", paint, indent: 2, hanging: 4)
    line(ChangeWords.values(change), indent: 4, hanging: 2)
    if let allowed = change.allowed { line("now allowed: \(ChangeWords.shortened(allowed))", indent: 4, hanging: 2) }
    if let denied = change.denied { line("now denied:  \(ChangeWords.shortened(denied))", indent: 4, hanging: 2) }
    for effect in ChangeWords.migration(change) { line("migration \(effect)", indent: 4, hanging: 2) }
    for origin in change.originsAfter { line("at  \(ChangeWords.place(origin))", .faint, indent: 4, hanging: 4) }
    for origin in change.originsBefore { line("was \(ChangeWords.place(origin))", .faint, indent: 4, hanging: 4) }
    let kind = "\(change.direction.rawValue)\(change.isUnproven ? " (unproven)" : ""), \(change.severity.rawValue)"
    line("\(kind), \(change.rule.code), fingerprint \(change.fingerprint)", .faint, indent: 4, hanging: 2)
    if let approval {
      line("approved by \(approval.approvedBy): \(approval.reason)", .narrowing, indent: 4, hanging: 2)
    }
  }

  /// Writes one line, wrapped at spaces, or anywhere when a word is longer than a line.
  private mutating func line(_ text: String, _ paint: Paint? = nil, indent: Int = 0, hanging: Int = 0) {
    var margin = indent
    for part in wrapped(text, first: width - indent, rest: width - indent - hanging) {
      let shown = part.isEmpty ? "" : String(repeating: " ", count: margin) + (color ? painted(part, paint) : part)
      output += shown + "\n"
      margin = indent + hanging
    }
  }

  private func painted(_ text: String, _ paint: Paint?) -> String {
    paint.map { "\u{1B}[\($0.rawValue)m\(text)\u{1B}[0m" } ?? text
  }

  private func wrapped(_ text: String, first: Int, rest: Int) -> [String] {
    var lines: [String] = []
    var cells = DisplayText.cells(text.utf8)[...]
    while !cells.isEmpty {
      let room = lines.isEmpty ? first : rest
      var used = 0
      var end = cells.startIndex
      var space: Int?
      while end < cells.endIndex, used + cells[end].width <= room {
        if cells[end].text == " " { space = end }
        used += cells[end].width
        end += 1
      }
      if end == cells.endIndex {
        lines.append(cells.map(\.text).joined())
        break
      }
      if cells[end].text == " " { space = end }
      let cut = space.flatMap { $0 > cells.startIndex ? $0 : nil } ?? max(end, cells.startIndex + 1)
      lines.append(cells[cells.startIndex..<cut].map(\.text).joined())
      cells = cells[cut...].drop { $0.text == " " }
    }
    return lines.isEmpty ? [""] : lines
  }
}
