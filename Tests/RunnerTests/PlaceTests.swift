import Glibc
import Runner
import SandboxPlan
import SystemIO
import TestSupport
import Testing

/// What a plan's roles are on this machine, and that nothing which an app left behind changes that.
@Suite struct PlaceTests {
  /// A home with directories, and an app that reads `/user/ROLE/name`.
  private func read(
    _ role: String, _ configuration: String?, _ change: (SandboxFixture) -> Void = { _ in }
  ) throws -> String {
    let fixture = try SandboxFixture(["files"])
    let home = "\(fixture.directory)/home"
    for name in ["Documents", "Dokumente", "Music", ".config"] {
      try Directories.create("\(home)/\(name)")
      try Files.replace("\(home)/\(name)/name", with: Array("\(name)\n".utf8))
    }
    if let configuration {
      try Files.replace("\(home)/.config/user-dirs.dirs", with: Array(configuration.utf8))
    }
    fixture.request.callerEnvironment["HOME"] = home
    fixture.request.plan.mounts.append(PlanMount(.userDirectory(role), at: "/user/\(role)", isOptional: true))
    fixture.request.plan.landlock.fileRules.append(
      .init(path: "/user/\(role)", rights: [.readFile, .readDirectory], isOptional: true))
    change(fixture)
    return try fixture.run(["read", "/user/\(role)/name"]).output
  }

  @Test func rolesAreFoundAsTheUserHasThem() throws {
    #expect(try read("documents", nil) == "Documents\n")
    #expect(try read("documents", "# a comment\nXDG_DOCUMENTS_DIR=\"$HOME/Dokumente\"\n") == "Dokumente\n")
    #expect(try read("music", "XDG_DOCUMENTS_DIR=\"$HOME/Dokumente\"\n") == "Music\n")
    // The home directory itself is a role that is switched off.
    for off in ["$HOME", "$HOME/"] { #expect(try read("documents", "XDG_DOCUMENTS_DIR=\"\(off)\"\n") == "ENOENT\n") }
    // Lines that are none, and places that are not there.
    #expect(try read("documents", "XDG_DOCUMENTS_DIR=$HOME/Dokumente\nXDG_MUSIC=\"x\"\n=\n\"\n") == "Documents\n")
    #expect(try read("documents", "XDG_DOCUMENTS_DIR=\"relative\"\n") == "ENOENT\n")
    #expect(try read("documents", "XDG_DOCUMENTS_DIR=\"/nowhere\"\n") == "ENOENT\n")
    #expect(try read("nonsense", nil) == "ENOENT\n")
  }

  @Test func theConfigurationMayBeElsewhere() throws {
    let output = try read("documents", nil) { fixture in
      try? Directories.create("\(fixture.directory)/conf")
      try? Files.replace(
        "\(fixture.directory)/conf/user-dirs.dirs", with: Array("XDG_DOCUMENTS_DIR=\"$HOME/Music\"".utf8))
      fixture.request.callerEnvironment["XDG_CONFIG_HOME"] = "\(fixture.directory)/conf"
    }
    #expect(output == "Music\n")
  }

  // MARK: Nested grants

  private static let create: LandlockPlan.FileRights = .all.subtracting([.execute])

  /// An app that may change a directory has left a link in the place of one below it, which it may read: the next start
  /// does not follow it.
  private func nested(
    isFlat: Bool, _ outer: PlanMount.Source, _ inner: PlanMount.Source, home: String, at place: String
  ) throws -> SandboxFixture {
    let fixture = try SandboxFixture(["files"], caller: .nobody)
    fixture.request.callerEnvironment["HOME"] = home
    fixture.request.plan.mounts += [
      PlanMount(outer, at: place, isReadOnly: false), PlanMount(inner, at: "\(place)/sub", isOptional: true),
    ]
    fixture.request.plan.landlock.fileRules += [
      .init(path: place, rights: PlaceTests.create.subtracting([.readFile])),
      .init(path: "\(place)/sub", rights: [.readFile, .readDirectory], isOptional: true),
    ]
    fixture.request.withoutNamespaces = isFlat
    return fixture
  }

  @Test(arguments: [true, false], [true, false])
  func linksThatAnAppLeftGrantNothing(isFlat: Bool, isHome: Bool) throws {
    try Flat.prepare()
    let home = TemporaryDirectory("nested")
    home.write("secret\n", to: "ssh/key")
    home.write("public\n", to: "work/sub/key")
    for path in [".", "ssh", "work", "work/sub"] { chmod(home(path), 0o755) }
    let work = home("work")
    func read(_ path: String) throws -> String {
      let fixture = try nested(
        isFlat: isFlat, isHome ? .home("work") : .host(work), isHome ? .home("work/sub") : .host("\(work)/sub"),
        home: home.path, at: work)
      return try fixture.run(["read", path]).output
    }
    #expect(try read("\(work)/sub/key") == "public\n")
    // What an app with the right to create and remove in `work` can do.
    try Directories.removeTree("\(work)/sub")
    try #require(symlink(home("ssh"), "\(work)/sub") == 0)
    for path in ["\(work)/sub/key", home("ssh/key")] {
      do {
        let output = try read(path)
        #expect(!output.contains("secret"), "\(path)")
      } catch let failure as Failure {
        #expect(failure.code == "LR001" && failure.errno == ELOOP, "\(failure)")
      }
    }
  }

  /// A rule below a place that the app may write is not reached over a link there either.
  @Test func linksInTheDataGrantNothing() throws {
    try Flat.prepare()
    let fixture = try SandboxFixture(["files"], caller: .nobody)
    fixture.request.withoutNamespaces = true
    fixture.request.plan.landlock.fileRules.append(
      .init(path: "/data/own", rights: [.readFile, .readDirectory], isOptional: true))
    let secret = "\(fixture.directory)/ungranted/file"
    #expect(try fixture.run(["read", secret]).output == "EACCES\n")
    try #require(symlink("\(fixture.directory)/ungranted", "\(fixture.directory)/data/own") == 0)
    // With the runner's permission, which the program does not live to read, as without.
    for isAsked in [true, false] {
      fixture.request.isStillVerified = isAsked ? { true } : nil
      let failure = #expect(throws: Failure.self) { try fixture.run(["read", secret]) }
      #expect(failure?.code == "LR001" && failure?.errno == ELOOP, "\(failure as Any)")
    }
  }

  /// Without namespaces, what the user hands over is the file that was opened when it was chosen, as with them.
  @Test func whatIsHandedOverIsTheChosenFile() throws {
    try Flat.prepare()
    let fixture = try SandboxFixture(["files"], caller: .nobody)
    fixture.request.withoutNamespaces = true
    fixture.request.plan.mounts.append(PlanMount(.directory, at: LaunchRequest.selectedDirectory))
    fixture.request.plan.landlock.fileRules.append(
      .init(path: LaunchRequest.selectedDirectory, rights: [.readFile, .readDirectory]))
    let place = "\(fixture.directory)/granted"
    fixture.request.selected = [.init(path: "\(place)/file", isReadOnly: true)]
    #expect(try fixture.run(["read", "\(place)/file"]).output == "granted\n")
    // The app could not tell where such a path ends.
    fixture.request.selected = [.init(path: "\(place)/a:b", isReadOnly: true)]
    try Files.replace("\(place)/a:b", with: [])
    let failure = #expect(throws: Failure.self) { try fixture.run([]) }
    #expect(failure?.code == "LR022")
  }

  /// A rule is about the very inode that was chosen.
  @Test func aRuleIsAboutOneInode() throws {
    let directory = TemporaryDirectory("inode")
    directory.write("chosen\n", to: "chosen")
    var status = stat()
    try #require(stat(directory("chosen"), &status) == 0)
    for (inode, result) in [(UInt64(status.st_ino), true), (UInt64(status.st_ino) + 1, false)] {
      #expect(try Rulesets.isMade(path: directory("chosen"), device: UInt64(status.st_dev), inode: inode) == result)
    }
    try #require(symlink(directory("chosen"), directory("link")) == 0)
    #expect(try Rulesets.isMade(path: directory.path, relative: "chosen"))
    #expect(try !Rulesets.isMade(path: directory.path, relative: "link"))
    #expect(try !Rulesets.isMade(path: directory.path, relative: "../\(Files.name(of: directory.path))/chosen"))
  }
}
