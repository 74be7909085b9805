import TestSupport
import Testing

/// `make install`, with programs that are built already: everything is in its place, and works from there.
@Suite struct InstallTests {
  private static let installed: (world: World, outcome: Outcome) = {
    let world = World("install")
    let outcome = world.command(
      [
        "make", "--no-print-directory", "-C", Locations.repository, "place", "BUILT=\(Locations.products)",
        "DESTDIR=\(world.directory("staging"))", "PREFIX=/opt/locara",
      ], timeout: 120)
    return (world, outcome)
  }()

  @Test func everythingIsInItsPlace() {
    let (world, outcome) = Self.installed
    expectSuccess(outcome)
    let place = world.directory("staging/opt/locara")
    let files = entries(below: place).filter { contents(of: "\(place)/\($0)") != nil }
    #expect(
      files == [
        "bin/locara", "libexec/locara/locara-compiler", "libexec/locara/locara-tool",
        "share/bash-completion/completions/locara", "share/fish/vendor_completions.d/locara.fish",
        "share/man/man1/locara.1", "share/zsh/site-functions/_locara",
      ])
    #expect(entries(below: world.directory("staging")).allSatisfy { $0.hasPrefix("opt") })
  }

  @Test func theProgramFindsItsCompilerAndTheManualIsItsOwn() {
    let (world, outcome) = Self.installed
    expectSuccess(outcome)
    let place = world.directory("staging/opt/locara")
    let check = world.command(
      [
        "/bin/bash", "-ec",
        """
        umask 077; export PATH=\(place)/bin:$PATH
        locara version; locara init app > /dev/null; locara check --strict app
        locara generate manual | cmp - \(place)/share/man/man1/locara.1
        locara generate bash | cmp - \(place)/share/bash-completion/completions/locara
        stat -c %a \(place)/bin/locara \(place)/share/man/man1/locara.1
        bash -c 'source \(place)/share/bash-completion/completions/locara; complete -p locara'
        """,
      ])
    expectSuccess(check)
    #expect(check.output.hasPrefix("locara ") && check.output.contains("fully local"), "\(check)")
    #expect(check.output.contains("\n755\n644\ncomplete ") && check.output.hasSuffix(" locara\n"), "\(check)")
  }
}
