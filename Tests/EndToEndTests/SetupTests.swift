import TestSupport
import Testing

/// `make setup` on machines that lack something: it says what, and how to get it.
@Suite struct SetupTests {
  /// Runs scripts/setup where the only programs are a few harmless ones and these, name to shell script.
  private func setup(_ programs: [String: String], stage: String = "test") -> Outcome {
    let world = World("setup")
    for name in ["sed", "sort", "head", "tail", "tr", "mktemp", "rm"] {
      world.directory.writeProgram("#!/bin/bash\nexec /usr/bin/\(name) \"$@\"\n", to: "bin/\(name)")
    }
    for (name, script) in programs { world.directory.writeProgram("#!/bin/bash\n\(script)\n", to: "bin/\(name)") }
    return world.command(
      ["/bin/bash", "\(Locations.repository)/scripts/setup", stage],
      environment: ["PATH": world.directory("bin"), "LOG": world.directory("log")])
  }

  private static let swift = "echo 'Swift version 6.3.1 (swift-6.3.1-RELEASE)'"

  @Test func nothingIsMissingHere() {
    let outcome = run([Locations.repository + "/scripts/setup", "test"])
    expectSuccess(outcome)
    #expect(outcome.everything == "", "it says nothing when there is nothing to do")
  }

  @Test func noSwift() {
    let outcome = setup([:])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("there is no Swift"), "\(outcome)")
    #expect(outcome.errors.contains("https://www.swift.org/install/linux/"), "\(outcome)")
  }

  @Test func oldSwift() {
    let outcome = setup(["swift": "echo 'Swift version 5.10.1 (swift-5.10.1-RELEASE)'"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("Swift is 5.10.1, and locara needs 6.2"), "\(outcome)")
  }

  @Test func noAPT() {
    let outcome = setup(["swift": Self.swift, "id": "echo 0"])
    #expect(outcome.status == 1)
    for word in [
      "libyaml-dev", "libsqlite3-dev", "libseccomp-dev", "libssl-dev", "libcurl4-openssl-dev", "bubblewrap",
      "no apt-get",
    ] {
      #expect(outcome.errors.contains(word), "\(outcome)")
    }
  }

  @Test func neitherRootNorSudo() {
    let outcome = setup(["swift": Self.swift, "id": "echo 1000", "apt-get": "exit 99"], stage: "build")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("have an administrator run: apt-get install"), "\(outcome)")
    #expect(!outcome.errors.contains("bubblewrap"), "building needs no test program: \(outcome)")
  }

  @Test func noNetwork() {
    let apt = "echo \"$@\" >> \"$LOG\"; echo 'E: Unable to fetch some archives' >&2; exit 100"
    let outcome = setup(["swift": Self.swift, "id": "echo 0", "apt-get": apt])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("E: Unable to fetch some archives"), "\(outcome)")
    #expect(outcome.errors.contains("check the network"), "\(outcome)")
  }

  /// apt-get says that all is well, and yet the programs are not there.
  @Test func installedButNotFound() {
    let outcome = setup(["swift": Self.swift, "id": "echo 0", "apt-get": "exit 0"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("still not found"), "\(outcome)")
  }

  @Test func asksSudoWhenItMay() {
    let outcome = setup([
      "swift": Self.swift, "id": "echo 1000", "apt-get": "exit 0", "sudo": "echo \"asked: $*\" >&2; exit 100",
    ])
    // `sudo -n true` failed, and there is no terminal to ask on.
    #expect(outcome.errors.contains("have an administrator run"), "\(outcome)")
  }

  /// The demo's inputs without a network, and without a Python that serves.
  @Test func inputsWithoutNetwork() {
    let world = World("inputs")
    let copy = world.directory.copy(Locations.fixture("apps/semantic-notes"), to: "semantic-notes")
    expectSuccess(
      world.command([
        "/bin/bash", "-ec",
        """
        mkdir -p fixtures/apps scripts; mv '\(copy)' fixtures/apps/; rm -rf fixtures/apps/*/vendor*
        cp '\(Locations.repository)/scripts/fetch-demo-inputs' scripts/
        """,
      ]))
    let outcome = world.command(
      ["scripts/fetch-demo-inputs"],
      environment: [
        "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_FIND_LINKS": nil, "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": "/dev/null",
      ])
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.errors.contains("pip could not download requirements.txt"), "\(outcome)")
    #expect(outcome.errors.contains("check the network"), "\(outcome)")
    #expect(!outcome.errors.contains("Traceback"), "\(outcome)")
    #expect(
      !entries(below: world.directory("fixtures")).contains { $0.contains("vendor") }, "something half done is left")
  }
}
