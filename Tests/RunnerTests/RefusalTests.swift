import Glibc
import Runner
import SandboxPlan
import SystemIO
import Testing

import enum Runner.ExitStatus

/// Kernels that lack something, made from this one by a filter on the runner's thread: nothing starts, and the failure
/// names what is missing.
@Suite struct RefusalTests {
  struct Lack: Sendable, CustomTestStringConvertible {
    var number: UInt32
    var errno: UInt32
    var code: String
    var words: String
    var testDescription: String { "\(number) \(code)" }
  }

  /// x86_64's numbers.
  static let lacks = [
    Lack(number: 444, errno: 38, code: "LR010", words: "Landlock"),
    Lack(number: 444, errno: 95, code: "LR010", words: "lsm="),
    Lack(number: 445, errno: 22, code: "LR001", words: "Landlock rule"),
    Lack(number: 446, errno: 7, code: "LR001", words: "Landlock domain"),
    Lack(number: 435, errno: 38, code: "LR015", words: "clone3"),
    Lack(number: 435, errno: 1, code: "LR011", words: "user namespace"),
    Lack(number: 435, errno: 28, code: "LR011", words: "user namespace"),
    Lack(number: 165, errno: 1, code: "LR011", words: "user namespaces are restricted"),
    Lack(number: 430, errno: 38, code: "LR013", words: "root file system"),
    Lack(number: 428, errno: 38, code: "LR013", words: "clone the mount"),
    Lack(number: 429, errno: 1, code: "LR001", words: "mount the root file system"),
    Lack(number: 442, errno: 38, code: "LR013", words: "attributes"),
    Lack(number: 155, errno: 22, code: "LR001", words: "change the root"),
    Lack(number: 317, errno: 22, code: "LR012", words: "system-call filter"),
    Lack(number: 126, errno: 1, code: "LR001", words: "drop capabilities"),
    Lack(number: 436, errno: 38, code: "LR013", words: "close the other descriptors"),
    Lack(number: 302, errno: 1, code: "LR001", words: "resource limit"),
    Lack(number: 112, errno: 1, code: "LR001", words: "session"),
    Lack(number: 59, errno: 13, code: "LR006", words: "executed"),
  ]

  @Test(.enabled(if: Architecture.current == .x86_64, "the numbers are x86_64's"), arguments: lacks)
  func nothingStartsWithout(lack: Lack) throws {
    let fixture = try SandboxFixture(["facts"])
    fixture.request.plan.limits.append(ResourceLimit(.fileSize, 1 << 20))
    let request = fixture.request
    let failure = #expect(throws: Failure.self) {
      _ = try SandboxFixture.Caller.run(as: .root, below: Filter.allowing(except: [lack.number: lack.errno])) {
        () throws(Failure) in try Runner.launch(request)
      }
    }
    #expect(failure?.code == lack.code, "\(failure as Any)")
    #expect(failure?.description.contains(lack.words) == true, "\(failure as Any)")
    #expect(!Files.exists("\(fixture.directory)/data/new"))
  }

  @Test func landlockThatIsTooOldIsRefused() throws {
    let fixture = try SandboxFixture(["facts"])
    fixture.request.plan.landlock.minimumABI = 60
    let failure = #expect(throws: Failure.self) { try fixture.run() }
    #expect(failure?.code == "LR010")
  }

  @Test func badRequestsAreRefused() throws {
    func code(_ change: (inout LaunchRequest) -> Void) throws -> String? {
      let fixture = try SandboxFixture(["endings"])
      change(&fixture.request)
      do { _ = try Runner.launch(fixture.request) } catch let failure { return failure.code }
      return nil
    }
    #expect(try code { $0.filter = [] } == "LR002")
    #expect(try code { $0.filter = [1, 2, 3] } == "LR002")
    #expect(
      try code {
        $0.plan.launch.acceptsArguments = false; $0.arguments = ["x"]
      } == "LR003")
    #expect(try code { $0.granted = [:] } == "LR004")
    #expect(try code { $0.arguments = ["a\0b"] } == "LR005")
    #expect(try code { $0.plan.launch.arguments = ["/app/nothing"] } == "LR006")
    #expect(try code { $0.plan.namespaces = [] } == "LR008")
    #expect(try code { $0.plan.mounts.append(PlanMount(.host("/nowhere"), at: "/nowhere")) } == "LR001")
    #expect(try code { $0.plan.landlock.fileRules.append(.init(path: "/nowhere", rights: .readFile)) } == "LR001")
    #expect(try code { $0.selected = [.init(path: "/etc/passwd", isReadOnly: true)] } == "LR020")
  }

  @Test func optionalSourcesMayBeMissing() throws {
    let fixture = try SandboxFixture(["endings"])
    fixture.request.plan.mounts.append(PlanMount(.host("/nowhere"), at: "/nowhere", isOptional: true))
    fixture.request.plan.landlock.fileRules.append(.init(path: "/nowhere", rights: .readFile, isOptional: true))
    #expect(try fixture.run(["exit", "3"]).status == .exited(3))
  }

  /// An earlier run left a symbolic link where this run has to make a mount point.
  @Test func mountPointsAreNotReachedOverLinks() throws {
    let fixture = try SandboxFixture(["endings"])
    let outside = "\(fixture.directory)/ungranted"
    #expect(symlink(outside, "\(fixture.directory)/data/models") == 0)
    fixture.request.plan.mounts.append(PlanMount(.granted("in"), at: "/data/models/deep"))
    let failure = #expect(throws: Failure.self) { try fixture.run(["exit", "0"]) }
    #expect(failure?.code == "LR001")
    #expect(try Directories.names(in: outside) == ["file"])
  }
}

@Suite struct SelectedFileTests {
  private func fixture(rights: LandlockPlan.FileRights) throws -> SandboxFixture {
    let fixture = try SandboxFixture(["files"])
    fixture.request.plan.mounts.append(PlanMount(.directory, at: LaunchRequest.selectedDirectory))
    fixture.request.plan.landlock.fileRules.append(.init(path: LaunchRequest.selectedDirectory, rights: rights))
    return fixture
  }

  private static let write: LandlockPlan.FileRights = [.readFile, .readDirectory, .writeFile, .truncate]

  @Test func selectedFilesAppearUnderTheirNames() throws {
    let fixture = try fixture(rights: [.readFile, .readDirectory])
    let file = "\(fixture.directory)/ungranted/file"
    fixture.request.selected = [
      .init(path: file, isReadOnly: true), .init(path: "\(fixture.directory)/granted/file", isReadOnly: true),
      .init(path: "\(fixture.directory)/ungranted/", isReadOnly: true),
    ]
    let output = try fixture.run([
      "read", "/user/selected/file", "read", "/user/selected/2-file", "read", "/user/selected/ungranted/file",
      "write", "/user/selected/file", "env", "LOCARA_SELECTED",
    ]).output
    #expect(
      output == """
        secret
        granted
        secret
        EROFS
        /user/selected/file:/user/selected/2-file:/user/selected/ungranted

        """)
  }

  @Test func onlyWhatIsSelectedForWritingCanBeWritten() throws {
    let fixture = try fixture(rights: SelectedFileTests.write)
    fixture.request.selected = [
      .init(path: "\(fixture.directory)/ungranted/file", isReadOnly: true),
      .init(path: "\(fixture.directory)/granted/file", isReadOnly: false),
    ]
    let output = try fixture.run(["write", "/user/selected/file", "write", "/user/selected/2-file"]).output
    #expect(output == "EROFS\nok\n")
    #expect(try Files.read("\(fixture.directory)/ungranted/file", limit: 100) == Array("secret\n".utf8))
    #expect(try Files.read("\(fixture.directory)/granted/file", limit: 100) == Array("written\n".utf8))
  }

  @Test func writingNeedsTheManifest() throws {
    let fixture = try fixture(rights: [.readFile])
    fixture.request.selected = [.init(path: "\(fixture.directory)/granted/file", isReadOnly: false)]
    let failure = #expect(throws: Failure.self) { try fixture.run() }
    #expect(failure?.code == "LR021")
  }
}
