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

  /// The targets that have a directory below `Sources/`, and those of the table of rooms, are the same.
  @Test func everyRoomIsInTheTableOfRooms() throws {
    let package = String(
      decoding: try #require(contents(of: "\(Locations.repository)/Package.swift")), as: UTF8.self)
    let declared = package.matches(of: /(?:room\(|systemLibrary\(|arget\(\s*name:|Library\(name:)\s*"([A-Za-z-]+)"/)
      .map { String($0.output.1) }.filter { access("\(Locations.repository)/Sources/\($0)", F_OK) == 0 }
    #expect(declared.contains("Backends") && declared.contains("CYAML") && declared.contains("locara-compiler"))
    let page = String(
      decoding: try #require(contents(of: "\(Locations.repository)/spec/architecture.md")), as: UTF8.self)
    let listed = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.flatMap { row in
      row.split(separator: "|")[1].matches(of: /`([^`]+)`/).map { String($0.output.1) }
    }
    #expect(Set(declared).subtracting(listed).sorted() == [], "not in the table of spec/architecture.md")
    #expect(Set(listed).subtracting(declared).sorted() == [], "in the table of spec/architecture.md, and no target")
    #expect(listed.count == Set(listed).count, "a room is in the table twice")
  }

  @Test func everyCodeIsInThePageOfDiagnostics() throws {
    let root = "\(Locations.repository)/Sources"
    var used: Set<String> = []
    for path in entries(below: root) where path.hasSuffix(".swift") {
      let source = String(decoding: try #require(contents(of: "\(root)/\(path)")), as: UTF8.self)
      for match in source.matches(of: /"(L[A-Z][0-9]{3})"/) { used.insert(String(match.output.1)) }
    }
    #expect(used.count > 200)
    let page = String(
      decoding: try #require(contents(of: "\(Locations.repository)/spec/diagnostics.md")), as: UTF8.self)
    let rows = page.matches(of: /\n\| (L[A-Z][0-9]{3}) \| [^|]+ \| [^|]+ \| [^|]+ \|/).map { String($0.output.1) }
    #expect(used.subtracting(rows).sorted() == [], "spec/diagnostics.md does not list them")
    #expect(Set(rows).subtracting(used).sorted() == [], "spec/diagnostics.md lists them, and nothing uses them")
    #expect(rows.count == Set(rows).count, "spec/diagnostics.md lists a code twice")
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
