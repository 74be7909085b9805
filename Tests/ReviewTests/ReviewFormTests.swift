import CanonicalJSON
import PolicyIR
import Reports
import Review
import SystemIO
import TestSupport
import Testing

/// The forms of a report beside JSON and text.
@Suite struct ReviewFormTests {
  /// Every pair in one report, under its name, and one change of each kind of text that forms have to escape.
  static func everything() throws -> ChangeReport {
    var entries: [ChangeReport.Entry] = []
    for name in DiffFixtureTests.names {
      entries += try DiffFixtureTests.report(name).entries.map { entry in
        var entry = entry
        entry.name = "\(name)/\(entry.name)"
        entry.path = entry.name
        return entry
      }
    }
    return ChangeReport(before: "before", after: "after <&>", entries: entries)
  }

  @Test func markdownIsAsExpected() throws {
    expectGolden(try DiffFixtureTests.report("everything-at-once").markdown, "review/everything-at-once.md")
  }

  @Test func annotationsAreAsExpected() throws {
    let text = try DiffFixtureTests.report("everything-at-once").annotations
    expectGolden(text, "review/everything-at-once.github")
    for line in text.split(separator: "\n") {
      #expect(line.hasPrefix("::error ") || line.hasPrefix("::warning ") || line.hasPrefix("::notice "))
    }
  }

  @Test func sarifIsAsExpected() throws {
    expectGolden(
      try DiffFixtureTests.report("everything-at-once").sarif(version: "0.1.0").prettyBytes,
      "review/everything-at-once.sarif")
  }

  /// What the specification asks of every result (SARIF 2.1.0, 3.27), over all pairs.
  @Test func sarifKeepsItsRules() throws {
    let sarif = try Self.everything().sarif(version: "0.1.0")
    let run = try #require(sarif["runs"]?.arrayValue?.first)
    let rules = try #require(run["tool"]?["driver"]?["rules"]?.arrayValue)
    let ids = rules.compactMap { $0["id"]?.stringValue }
    #expect(Set(ids).count == ids.count)
    let results = try #require(run["results"]?.arrayValue)
    #expect(results.count > 80)
    for result in results {
      let index = try #require(result["ruleIndex"]?.integerValue)
      #expect(result["ruleId"]?.stringValue == ids[Int(index)])
      let level = try #require(result["level"]?.stringValue)
      #expect(result["kind"]?.stringValue == "fail" || level == "none")
      #expect(["none", "note", "warning", "error"].contains(level))
      let location = try #require(result["locations"]?.arrayValue?.first?["physicalLocation"])
      #expect(try #require(location["region"]?["startLine"]?.integerValue) >= 1)
      let uri = try #require(location["artifactLocation"]?["uri"]?.stringValue)
      #expect(uri.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(uri)")
      #expect(result["partialFingerprints"]?["locaraChange/v1"]?.stringValue?.count == 16)
    }
  }

  /// The schema of the OASIS standard, over all pairs with approvals, over a review without entries, and over every SARIF
  /// file that a fixture expects.
  @Test(.enabled(if: PythonPackages.areExpected, "\(PythonPackages.reason)"))
  func sarifIsValid() throws {
    var everything = try Self.everything()
    let first = try #require(everything.open.first)
    everything.approvals = Approvals(
      [
        Approval(
          fingerprint: first.fingerprint, rule: first.rule.code, reason: "agreed \u{1F600}", approvedBy: "ada",
          expires: nil, line: 2),
        Approval(fingerprint: "0", rule: "LP101", reason: "", approvedBy: "ada", expires: nil, line: 7),
      ], path: "locara.approvals.yaml")
    let sarif = everything.sarif(version: "0.1.0")
    #expect(sarif.canonicalText.contains("\"suppressions\""))
    #expect(everything.failures > 0)
    var documents = [
      sarif.prettyBytes, ChangeReport(before: "a", after: "b", entries: []).sarif(version: "0").prettyBytes,
    ]
    let files = run(["find", Locations.fixture(""), "-name", "*.sarif"]).output.split(separator: "\n")
    documents += files.compactMap { contents(of: String($0)) }
    #expect(documents.count >= 3)
    for document in documents { #expect(SchemaValidation.problems(document, against: "sarif.json") == []) }
    // The check finds what is wrong.
    let wrong = String(decoding: sarif.canonicalBytes, as: UTF8.self)
      .replacing("\"unicodeCodePoints\"", with: "\"bytes\"").replacing("\"level\":\"error\"", with: "\"level\":\"bad\"")
    #expect(SchemaValidation.problems(Array(wrong.utf8), against: "sarif.json").count > 1)
  }

  @Test func htmlIsAsExpected() throws {
    let html = try DiffFixtureTests.report("everything-at-once").html
    expectGolden(html, "review/everything-at-once.html")
    let whole = try Self.everything().html
    for word in ["<script", "http://", "https://", "src=", "url(", "<link", "@import"] {
      #expect(!whole.contains(word), "\(word)")
    }
    #expect(whole.contains("after &lt;&amp;&gt;"))
  }

  /// A browser builds the page that the text says: landmarks, one first heading, nothing fetched, and colors that can
  /// be read in both schemes, measured where they are used.
  @Test(.enabled(if: Browser.canRun, "chromium is not installed; scripts/setup test installs it"))
  func aBrowserShowsIt() throws {
    let directory = TemporaryDirectory("html")
    let html = try Self.everything().html
    // The probe runs in a copy that allows scripts; what is shipped has none.
    let probe = html.replacingOccurrence(of: "default-src 'none';", with: "script-src 'unsafe-inline';")
      .replacingOccurrence(of: "</body>", with: "<script>\(Browser.probe)</script></body>")
    for scheme in ["light", "dark"] {
      let page = directory.write(
        probe.replacingOccurrence(of: "color-scheme: light dark", with: "color-scheme: \(scheme)")
          .replacingOccurrence(
            of: "@media (prefers-color-scheme: dark)", with: scheme == "dark" ? "@media all" : "@media not all"),
        to: "\(scheme).html")
      let outcome = Browser.dump("file://\(page)")
      #expect(outcome.contains("PROBE landmarks 4 h1 1 fetched 0"), "\(outcome.suffix(400))")
      #expect(outcome.contains("low none"), "\(scheme): \(outcome.suffix(600))")
    }
  }
}

private enum Browser {
  static let canRun = run(["sh", "-c", "command -v chromium"]).status == 0 || Locations.isContinuousIntegration

  static let probe = """
    const rgb = s => s.match(/[0-9.]+/g).map(Number);
    const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4); });
      return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
    const back = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
    const low = new Set();
    for (const e of document.querySelectorAll('body *')) {
      if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || e.tagName === 'SCRIPT') continue;
      const a = lum(rgb(getComputedStyle(e).color)), b = lum(back(e));
      const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
      if (ratio < 4.5) low.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
    }
    const marks = ['header', 'main', 'footer', 'html[lang]'].filter(s => document.querySelector(s)).length;
    const out = document.createElement('p');
    out.textContent = 'PROBE landmarks ' + marks + ' h1 ' + document.querySelectorAll('h1').length + ' fetched '
      + performance.getEntriesByType('resource').length + ' low ' + ([...low].join(', ') || 'none');
    document.body.append(out);
    """

  static func dump(_ address: String) -> String {
    let profile = TemporaryDirectory("chromium")
    return run(
      [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--user-data-dir=\(profile.path)", "--virtual-time-budget=4000", "--dump-dom", address,
      ], timeout: 90
    ).output
  }
}

extension String {
  fileprivate func replacingOccurrence(of old: String, with new: String) -> String {
    var result = ""
    var rest = self[...]
    while let range = rest.firstRange(of: old) {
      result += rest[..<range.lowerBound] + new
      rest = rest[range.upperBound...]
    }
    return result + rest
  }
}
