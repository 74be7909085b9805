import ModelStore
import TestSupport
import Testing

@Suite struct LicenseListTests {
  @Test(
    arguments: [
      ("apache-2.0", "Apache-2.0"), ("MIT", "MIT"), ("mit or apache-2.0", nil),
      ("mit OR apache-2.0", "MIT OR Apache-2.0"),
      ("(MIT AND BSD-3-Clause) OR 0BSD", "(MIT AND BSD-3-Clause) OR 0BSD"), ("GPL-2.0+", "GPL-2.0+"),
      ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
      ("LicenseRef-llama3", "LicenseRef-llama3"), ("", nil), ("MIT MIT", nil), ("MIT OR", nil), ("(MIT", nil),
      ("MIT)", nil),
      ("MIT WITH MIT", nil), ("nobody-1.0", nil), ("LicenseRef-", nil),
      (String(repeating: "(", count: 1000) + "MIT", nil),
    ] as [(String, String?)])
  func expressionsAreThoseOfTheList(text: String, canonical: String?) {
    #expect(LicenseList.canonical(text) == canonical)
  }

  @Test func onlyWhatIsAllowedIsPermitted() {
    let allowed: Set<String> = ["MIT", "Apache-2.0"]
    for text in ["MIT", "mit", "GPL-3.0-only OR MIT", "MIT AND Apache-2.0", "(GPL-3.0-only OR MIT) AND Apache-2.0"] {
      #expect(LicenseList.isPermitted(text, by: allowed), "\(text)")
    }
    for text in [
      "", "GPL-3.0-only", "MIT AND GPL-3.0-only", "GPL-3.0-only AND (MIT OR 0BSD)", "MIT WITH LLVM-exception", "x",
    ] {
      #expect(!LicenseList.isPermitted(text, by: allowed), "\(text)")
    }
    #expect(LicenseList.isPermitted("my own words", by: ["my own words"]))
  }

  @Test func namedLicensesAreListedOnce() {
    #expect(LicenseList.ids(in: "MIT OR (Apache-2.0 AND MIT)") == ["MIT", "Apache-2.0"])
    #expect(LicenseList.ids(in: "Llama 3") == ["Llama 3"])
    #expect(LicenseList.ids(in: "") == [])
  }

  /// Whatever is accepted is accepted again as it was written.
  @Test func canonicalFormsAreStable() {
    var generator = SplitMix64(seed: 11)
    let words = ["MIT", "apache-2.0", "OR", "AND", "(", ")", "WITH", "LLVM-exception", "GPL-2.0+", "x"]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 1...7, using: &generator)).map { _ in words.randomElement(using: &generator) ?? ""
      }
      .joined(separator: " ")
      guard let once = LicenseList.canonical(text) else { continue }
      #expect(LicenseList.canonical(once) == once, "\(text)")
    }
  }
}
