import Glibc
import TestSupport
import Testing

/// Every command that a document shows is run, and says what the document says it says.
///
/// A fenced block marked `console` is run as it stands: a line that starts with `$ ` is a command, the lines after it are
/// what it prints, and a line `...` stands for any lines. The blocks of one document share a directory, in which
/// `fixtures/` is a copy of the repository's and `locara` is in `PATH`. A block marked `sh` shows `make` targets only.
@Suite struct DocumentationTests {
  struct Document: Sendable, CustomTestStringConvertible {
    var path: String
    var testDescription: String { path }
  }

  struct Block: Sendable {
    var language: String
    /// Line of the opening fence, from 1.
    var line: Int
    var lines: [String]
  }

  static let documents: [Document] =
    (["README.md", "CONTRIBUTING.md"]
    + entries(below: "\(Locations.repository)/spec").filter { $0.hasSuffix(".md") }.map { "spec/\($0)" })
    .map { Document(path: $0) }

  static func blocks(of document: Document) throws -> [Block] {
    let bytes = try #require(contents(of: "\(Locations.repository)/\(document.path)"))
    var blocks: [Block] = []
    var open: Block?
    for (index, line) in String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      if line.hasPrefix("```") {
        if let block = open {
          blocks.append(block)
          open = nil
        } else {
          open = Block(language: line.dropFirst(3).description, line: index + 1, lines: [])
        }
      } else {
        open?.lines.append(String(line))
      }
    }
    #expect(open == nil, "\(document.path): a block is not closed")
    return blocks
  }

  @Test(arguments: documents)
  func shellBlocksNameTargetsThatExist(document: Document) throws {
    let makefile = String(decoding: try #require(contents(of: "\(Locations.repository)/Makefile")), as: UTF8.self)
    for block in try Self.blocks(of: document) where ["sh", "bash", "shell"].contains(block.language) {
      for line in block.lines where !line.isEmpty && !line.hasPrefix("#") {
        let words = line.split(separator: " ").prefix { $0 != "#" }
        #expect(words.first == "make", "\(document.path):\(block.line): mark what can be run `console`: \(line)")
        for word in words.dropFirst() where !word.contains("=") {
          #expect(makefile.contains("\n\(word):"), "\(document.path):\(block.line): no target \(word)")
        }
      }
    }
  }

  @Test(arguments: documents)
  func consoleBlocksSayWhatTheyShow(document: Document) throws {
    let blocks = try Self.blocks(of: document).filter { $0.language == "console" }
    if blocks.isEmpty { return }
    let usesModel = blocks.contains {
      $0.lines.contains { $0.contains("semantic-notes") || $0.contains("notes.locapp") }
    }
    if usesModel, !SemanticNotes.canRun { return print("NOT RUN: \(document.path): \(SemanticNotes.reason)") }
    let world = World("document")
    // Build outputs of the tests' own runs are no part of a clean checkout.
    expectSuccess(
      world.command([
        "/bin/bash", "-ec",
        """
        cp -a '\(Locations.repository)/fixtures' . && rm -rf fixtures/apps/*/bin
        mkdir programs && ln -s '\(Locations.locara)' programs/locara
        ln -s '\(SemanticNotes.models)' model
        """,
      ]))
    for block in blocks { check(block, of: document, in: world) }
  }

  @Test(arguments: documents)
  func linksLeadSomewhere(document: Document) throws {
    let bytes = try #require(contents(of: "\(Locations.repository)/\(document.path)"))
    let directory = document.path.split(separator: "/").dropLast().joined(separator: "/")
    for match in String(decoding: bytes, as: UTF8.self).matches(of: /\]\(([^)#: ]+)(#[^)]*)?\)/) {
      let target = "\(Locations.repository)/\(directory)/\(match.output.1)"
      #expect(access(target, F_OK) == 0, "\(document.path) links to \(match.output.1), which is not there")
    }
  }

  /// A page that no index names is not found.
  @Test(arguments: ["spec", "spec/decisions"])
  func everyPageIsInItsIndex(directory: String) throws {
    let index = String(
      decoding: try #require(contents(of: "\(Locations.repository)/\(directory)/README.md")), as: UTF8.self)
    let pages = entries(below: "\(Locations.repository)/\(directory)").filter {
      $0.hasSuffix(".md") && !$0.contains("/")
    }
    for page in pages where page != "README.md" {
      #expect(index.contains("](\(page))"), "\(directory)/README.md does not list \(page)")
    }
  }

  @Test(arguments: documents)
  func noPageIsEmpty(document: Document) throws {
    let text = String(
      decoding: try #require(contents(of: "\(Locations.repository)/\(document.path)")), as: UTF8.self)
    #expect(text.hasPrefix("# "), "\(document.path) does not start with its title")
    #expect(text.split(separator: "\n").count >= 5, "\(document.path) says next to nothing")
  }

  /// The directories of modules below `Sources/`, the declarations of Package.swift, and the table of modules are the same.
  @Test func everyModuleIsInTheTableOfModules() throws {
    let package = String(
      decoding: try #require(contents(of: "\(Locations.repository)/Package.swift")), as: UTF8.self)
    let declared = Set(
      package.matches(of: /(?:Layer\.\w+\.(?:module|c|library|program)\(\s*|executableTarget\(\s*name: )"([A-Za-z-]+)"/)
        .map { String($0.output.1) }.filter { $0 != "seccomp-benchmark" })
    let directories = entries(below: "\(Locations.repository)/Sources").compactMap { path -> String? in
      let parts = path.split(separator: "/")
      return parts.count > 2 ? "\(parts[0])/\(parts[1])" : nil
    }
    let page = String(
      decoding: try #require(contents(of: "\(Locations.repository)/spec/architecture.md")), as: UTF8.self)
    let listed = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.flatMap { row in
      row.split(separator: "|")[1].matches(of: /`([^`]+)`/).map { String($0.output.1) }
    }
    #expect(Set(directories).symmetricDifference(listed).sorted() == [], "directories and spec/architecture.md differ")
    #expect(declared.symmetricDifference(listed.map { String($0.split(separator: "/")[1]) }).sorted() == [])
    #expect(listed.count == Set(listed).count, "a module is in the table twice")
  }

  @Test func everyCodeIsInThePageOfDiagnostics() throws {
    let root = "\(Locations.repository)/Sources"
    var used: Set<String> = []
    var modules: [String: Set<String>] = [:]
    for path in entries(below: root) where path.hasSuffix(".swift") {
      let source = String(decoding: try #require(contents(of: "\(root)/\(path)")), as: UTF8.self)
      for match in source.matches(of: /"(L[A-Z][0-9]{3})"/) {
        used.insert(String(match.output.1))
        modules[String(match.output.1), default: []].insert(String(path.split(separator: "/")[1]))
      }
    }
    #expect(used.count > 200)
    let page = String(
      decoding: try #require(contents(of: "\(Locations.repository)/spec/diagnostics.md")), as: UTF8.self)
    let rows = page.matches(of: /\n\| (L[A-Z][0-9]{3}) \| [^|]+ \| [^|]+ \| [^|]+ \|/).map { String($0.output.1) }
    #expect(used.subtracting(rows).sorted() == [], "spec/diagnostics.md does not list them")
    #expect(Set(rows).subtracting(used).sorted() == [], "spec/diagnostics.md lists them, and nothing uses them")
    #expect(rows.count == Set(rows).count, "spec/diagnostics.md lists a code twice")
    for row in page.matches(of: /\n\| (L[A-Z][0-9]{3}) \| ([^|]+) \|/) {
      let listed = row.output.2.matches(of: /`([^`]+)`/).map { String($0.output.1) }
      let reporting = modules[String(row.output.1)] ?? []
      #expect(
        !listed.isEmpty && reporting.isSuperset(of: listed), "\(row.output.1) is reported by \(reporting.sorted())")
    }
  }

  /// Every test that the threat model names is a test, and every row has one.
  @Test func theThreatModelNamesTests() throws {
    let page = String(
      decoding: try #require(contents(of: "\(Locations.repository)/spec/threat-model.md")), as: UTF8.self)
    let root = "\(Locations.repository)/Tests"
    var names: Set<String> = []
    for path in entries(below: root) where path.hasSuffix(".swift") {
      let source = String(decoding: try #require(contents(of: "\(root)/\(path)")), as: UTF8.self)
      for match in source.matches(of: /@Test\b(?:(?!func ).|\n)*func ([a-z]\w+)\(/) {
        names.insert(String(match.output.1))
      }
    }
    let table = try #require(page.split(separator: "## Entry points\n").last)
    let rows = table.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    #expect(rows.count >= 15)
    for row in rows {
      let tests = row.split(separator: "|", omittingEmptySubsequences: false)[3].matches(of: /`(\w+)`/)
        .map { String($0.output.1) }
      #expect(!tests.isEmpty, "no test: \(row)")
      for test in tests { #expect(names.contains(test), "no test is called \(test)") }
    }
  }

  /// Every path that the code map names is there.
  @Test func theCodeMapNamesFiles() throws {
    let page = String(
      decoding: try #require(contents(of: "\(Locations.repository)/spec/code-map.md")), as: UTF8.self)
    let paths = page.matches(of: /`((?:Sources|Tests|fixtures|spec)\/[^` ]+)`/).map { String($0.output.1) }
    #expect(paths.count > 30)
    for path in paths { #expect(access("\(Locations.repository)/\(path)", F_OK) == 0, "no file is at \(path)") }
  }

  private func check(_ block: Block, of document: Document, in world: World) {
    var steps: [(command: String, expected: [String])] = []
    for line in block.lines {
      if line.hasPrefix("$ ") {
        steps.append((String(line.dropFirst(2)), []))
      } else if !steps.isEmpty, steps[steps.count - 1].command.hasSuffix("\\"), line.hasPrefix("  ") {
        steps[steps.count - 1].command += "\n" + line
      } else if !steps.isEmpty {
        steps[steps.count - 1].expected.append(line)
      } else {
        Issue.record("\(document.path):\(block.line): a console block starts with a command")
      }
    }
    // The status of each command stays visible to the next one, for `echo $?`.
    let script = steps.map { "\($0.command)\n__status=$?; printf '\\036'; (exit $__status)\n" }.joined()
    let outcome = world.command(
      ["/bin/bash", "-c", "PATH=$PWD/programs:$PATH; exec 2>&1\n" + script],
      environment: ["LOCARA_DOCUMENTATION": "1"], timeout: 300)
    expectNoTrace(outcome)
    let outputs = outcome.output.split(separator: "\u{1E}", omittingEmptySubsequences: false)
    for (index, step) in steps.enumerated() {
      let said = index < outputs.count ? String(outputs[index]) : "(nothing: the block ended early)"
      let lines = said.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let trimmed = lines.last == "" ? Array(lines.dropLast()) : lines
      #expect(
        matches(step.expected[...], trimmed[...]),
        """
        \(document.path):\(block.line): $ \(step.command)
        --- the document says
        \(step.expected.joined(separator: "\n"))
        --- the program says
        \(said)
        """)
    }
  }

  /// Whether the lines are those of the pattern, in which `...` stands for any number of lines.
  private func matches(_ pattern: ArraySlice<String>, _ lines: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return lines.isEmpty }
    if first == "..." {
      return (lines.startIndex...lines.endIndex).contains { matches(pattern.dropFirst(), lines[$0...]) }
    }
    return lines.first == first && matches(pattern.dropFirst(), lines.dropFirst())
  }
}
