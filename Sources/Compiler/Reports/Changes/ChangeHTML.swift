internal import PolicyIR

extension ChangeReport {
  /// The review as one file for a browser: nothing is fetched, nothing runs, light and dark, readable without styles.
  package var html: String {
    let title = "Policy review: \(ChangeWords.summary(self))"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(escaped(title))</title>
      <style>
      \(ChangeStyle.sheet)
      </style>
      </head>
      <body>
      <a class="skip" href="#apps">Skip to the apps</a>
      <header>
      <p class="kind">Policy review</p>
      <h1>\(escaped(ChangeWords.summary(self)))</h1>
      <p>From <code>\(escaped(before))</code> to <code>\(escaped(after))</code></p>
      </header>
      <main id="apps">
      \(entries.isEmpty ? "<p>No manifest differs.</p>" : entries.map(section).joined(separator: "\n"))
      \(problems)
      </main>
      <footer>
      <p><span class="tag widening">widening</span> something new is allowed. <span class="tag mixed">mixed</span> \
      something new, something gone. <span class="tag narrowing">narrowing</span> something is no longer allowed. \
      <span class="tag neutral">neutral</span> what is allowed is the same.</p>
      </footer>
      </body>
      </html>

      """
  }

  private func section(_ entry: Entry) -> String {
    switch entry.outcome {
    case .failed(let side, let problem):
      return """
        <section class="app">
        <h2>\(escaped(entry.name))</h2>
        <p class="verdict widening">\(escaped(side)) could not be read.</p>
        <pre tabindex="0">\(escaped(problem))</pre>
        </section>
        """
    case .compared(let comparison):
      let changes = changes(of: comparison)
      let notes =
        comparison.flips.map { (ChangeWords.flip($0), $0.holdsAfter) }
        + comparison.badges.map { (ChangeWords.badge($0), $0.isGained) }
      let list = notes.map { "<li class=\"\($0.1 ? "narrowing" : "widening")\">\(escaped($0.0))</li>" }
      let renamed = entry.renamedFrom.map { ", renamed from <code>\(escaped($0))</code>" } ?? ""
      return """
        <section class="app">
        <h2>\(escaped(ChangeWords.title(entry)))</h2>
        <p class="verdict \(comparisonClass(comparison.changes))">\(escaped(ChangeWords.verdict(comparison)))</p>
        <p class="path"><code>\(escaped(entry.name))</code>\(renamed)</p>
        \(list.isEmpty ? "" : "<ul class=\"notes\">\(list.joined())</ul>")
        \(changes.map { article($0, comparison) }.joined(separator: "\n"))
        </section>
        """
    }
  }

  private func comparisonClass(_ changes: [PolicyChange]) -> String {
    changes.contains { $0.direction.widens } ? "widening" : "narrowing"
  }

  private func article(_ change: PolicyChange, _ comparison: PolicyComparison) -> String {
    var rows: [(String, String)] = [
      ("Before", "<code>\(escaped(ChangeWords.shortened(change.before ?? "nothing")))</code>"),
      ("After", "<code>\(escaped(ChangeWords.shortened(change.after ?? "nothing")))</code>"),
    ]
    if let allowed = change.allowed {
      rows.append(("Now allowed", "<code>\(escaped(ChangeWords.shortened(allowed)))</code>"))
    }
    if let denied = change.denied {
      rows.append(("Now denied", "<code>\(escaped(ChangeWords.shortened(denied)))</code>"))
    }
    rows += ChangeWords.migration(change).map { ("Migration", prose($0)) }
    rows += change.originsAfter.map { ("At", "<code>\(escaped(ChangeWords.place($0)))</code>") }
    rows += change.originsBefore.map { ("Was at", "<code>\(escaped(ChangeWords.place($0)))</code>") }
    if let approval = approval(of: change, in: comparison) {
      rows.append(("Approved", "\(escaped(approval.reason)) (\(escaped(approval.approvedBy)))"))
    }
    rows.append(("Rule", "\(change.rule.code) \(change.rule.name): \(prose(change.rule.meaning))"))
    rows.append(("Fingerprint", "<code>\(change.fingerprint)</code>"))
    let unproven = change.isUnproven ? ", unproven" : ""
    return """
      <article class="\(change.direction.rawValue)">
      <h3><span class="tag \(change.direction.rawValue)">\(change.direction.rawValue)\(unproven)</span> \
      <code>\(escaped(change.subject))</code> <span class="severity">\(change.severity.rawValue)</span></h3>
      <dl>
      \(rows.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined(separator: "\n"))
      </dl>
      </article>
      """
  }

  private var problems: String {
    let problems = approvalProblems
    if problems.isEmpty { return "" }
    return """
      <section class="app"><h2>Approvals</h2>
      <ul>\(problems.map { "<li>\(escaped(ChangeWords.problem($0.approval, $0.problem)))</li>" }.joined())</ul>
      </section>
      """
  }

  /// A sentence of ours, in which names stand between backquotes.
  private func prose(_ text: String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    // Without a partner a backquote is one.
    guard parts.count % 2 == 1 else { return escaped(text) }
    return parts.enumerated().map { index, part in
      index % 2 == 1 ? "<code>\(escaped(String(part)))</code>" : escaped(String(part))
    }.joined()
  }

  /// Text as HTML's text and attribute values need it; what does not show or reorders a line becomes visible.
  private func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value): result += "\u{FFFD}"
      case _ where (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value):
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}

/// The style sheet of the HTML review. Colors keep a contrast of at least 4.5 to 1 in both schemes (WCAG 2.2, 1.4.3).
private enum ChangeStyle {
  static let sheet = """
    :root { color-scheme: light dark; --text: #1b1f24; --back: #ffffff; --card: #f6f8fa; --line: #d0d7de;
      --faint: #57606a; --widening: #a40e26; --mixed: #6639ba; --narrowing: #116329; --neutral: #0a5aa8; }
    @media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --back: #0d1117; --card: #161b22; --line: #3d444d;
      --faint: #9da7b1; --widening: #ff9492; --mixed: #d2a8ff; --narrowing: #6fdd8b; --neutral: #8cc8ff; } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
      color: var(--text); background: var(--back); overflow-wrap: anywhere; }
    h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 0; }
    h3 { font-size: 1rem; margin: 0 0 .5rem; } .kind, .path, footer { color: var(--faint); margin: 0 0 .25rem; }
    code, pre { font-family: ui-monospace, monospace; font-size: .9rem; } pre { overflow-x: auto; white-space: pre-wrap; }
    .app { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1rem; }
    .verdict { font-weight: 600; margin: .25rem 0; }
    article { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid; border-radius: .4rem;
      padding: .75rem 1rem; margin: .75rem 0; }
    article.widening { border-left-color: var(--widening); } article.mixed { border-left-color: var(--mixed); }
    article.narrowing { border-left-color: var(--narrowing); } article.neutral { border-left-color: var(--neutral); }
    .tag { font-size: .8rem; font-weight: 600; border: 1px solid; border-radius: 1rem; padding: .05rem .5rem; }
    .widening > .tag, .tag.widening, .verdict.widening, li.widening { color: var(--widening); }
    .tag.mixed { color: var(--mixed); } .tag.narrowing, .verdict.narrowing, li.narrowing { color: var(--narrowing); }
    .tag.neutral { color: var(--neutral); } .severity { color: var(--faint); font-weight: 400; }
    dl { display: grid; grid-template-columns: 8rem 1fr; gap: .2rem 1rem; margin: 0; }
    dt { color: var(--faint); } dd { margin: 0; }
    @media (max-width: 36rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
    .skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; background: var(--back); color: var(--text); }
    footer { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1rem; }
    @media print { article { break-inside: avoid; } }
    """
}
