import TestSupport
import Testing

/// Completion and the manual page, in the programs that they are for.
@Suite struct GenerateCommandTests {
  /// What a shell offers after these words.
  private func bash(_ words: [String]) -> [String] {
    let world = World("bash")
    let script = world.locara("generate", "bash")
    expectSuccess(script)
    world.directory.write(script.output, to: "completion")
    world.directory.write("", to: "apps/notes.yaml")
    // As readline calls the function that the script registered.
    let outcome = world.command(
      [
        "/bin/bash", "-c",
        """
        mkdir programs; ln -s '\(Locations.locara)' programs/locara; PATH=$PWD/programs:$PATH
        source ./completion || exit 3
        function=$(complete -p locara | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p')
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_KEY=9
        "$function" locara "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """, "bash",
      ] + words)
    expectSuccess(outcome)
    return outcome.output.split(separator: "\n").map { String($0).trimmingSpaces }.filter { !$0.isEmpty }
  }

  @Test func bashOffersCommandsOptionsAndValues() {
    let commands = bash(["locara", ""])
    for name in ["init", "check", "fmt", "compile", "lsp", "run", "generate"] {
      #expect(commands.contains(name), "\(name) is not in \(commands)")
    }
    #expect(bash(["locara", "ch"]) == ["check"])
    let options = bash(["locara", "check", "--"])
    #expect(options.contains("--strict") && options.contains("--fix"), "\(options)")
    #expect(bash(["locara", "check", "--format", "sa"]) == ["sarif"])
    #expect(bash(["locara", "init", "--template", "mcp"]) == ["mcp-server"])
  }

  @Test(arguments: [("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
  func otherShellsReadTheirs(_ kind: String, _ command: [String]) {
    let world = World(kind)
    let script = world.locara("generate", kind)
    expectSuccess(script)
    #expect(script.output.contains("mcp-server"))
    world.directory.write(script.output, to: "completion")
    let read = world.command(command + ["completion"])
    expectSuccess(read)
    #expect(read.errors == "", "\(read)")
  }

  @Test func theManualPageIsRight() {
    let world = World("manual")
    let page = world.locara("generate", "manual")
    expectSuccess(page)
    #expect(page.output == world.locara("generate", "manual").output)
    world.directory.write(page.output, to: "locara.1")
    let groff = world.command(["groff", "-man", "-ww", "-Tutf8", "-P-cbu", "locara.1"])
    expectSuccess(groff)
    #expect(groff.errors == "", "\(groff)")
    let text = String(groff.output.map { "\u{2212}\u{2010}".contains($0) ? "-" : $0 })
    for word in ["locara check", "--strict", "locara fmt", "locara db apply", "SEE ALSO"] {
      #expect(text.contains(word), "\(word): \(text.prefix(3000))")
    }
    let mandoc = world.command(["mandoc", "-T", "lint", "-W", "error", "locara.1"])
    #expect(mandoc.status == 0 && mandoc.output == "", "\(mandoc)")
  }

  /// README.md has the tables between two marks; `make golden` writes them anew.
  @Test func theTablesOfTheReadmeAreCurrent() throws {
    let world = World("commands")
    let tables = world.locara("generate", "commands")
    expectSuccess(tables)
    let readme = String(
      decoding: try #require(contents(of: "\(Locations.repository)/README.md")), as: UTF8.self)
    let (begin, end) = ("<!-- made by `locara generate commands` -->\n", "<!-- end -->\n")
    let start = try #require(readme.range(of: begin)).upperBound
    let stop = try #require(readme.range(of: end)).lowerBound
    expectGolden(readme[..<start] + tables.output + readme[stop...], "../README.md")
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
