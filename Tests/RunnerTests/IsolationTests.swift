import Runner
import SandboxPlan
import SystemIO
import Testing

@Suite struct IsolationTests {
  private func facts(_ fixture: SandboxFixture, _ arguments: [String] = []) throws -> [String: String] {
    let (status, output) = try fixture.run(arguments)
    #expect(status == .exited(0), "\(output)")
    var facts: [String: String] = [:]
    for line in output.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      facts[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    return facts
  }

  @Test(arguments: SandboxFixture.Caller.allCases)
  func programSeesOnlyWhatThePlanNames(caller: SandboxFixture.Caller) throws {
    let facts = try facts(try SandboxFixture(["facts"], caller: caller))
    #expect(facts["root"] == "app data dev etc granted link proc tmp")
    #expect(facts["dev"] == "fd full null random stderr stdin stdout urandom zero")
    #expect(facts["read-shadow"] == "ENOENT")
    #expect(facts["read-home"] == "ENOENT")
    #expect(facts["read-ungranted"] == "ENOENT")
    #expect(facts["read-granted"] == "ok")
    #expect(facts["read-null"] == "ok")
    #expect(facts["host-name"] == "locara")
    #expect(facts["pid"] == "2")
    #expect(facts["see-init"] == "ENOENT")
    #expect(facts["kallsyms"] == "0")
  }

  @Test(arguments: SandboxFixture.Caller.allCases)
  func programWritesOnlyWhereItMay(caller: SandboxFixture.Caller) throws {
    let facts = try facts(try SandboxFixture(["facts"], caller: caller))
    #expect(facts["write-data"] == "ok")
    #expect(facts["write-tmp"] == "ok")
    for denied in ["write-root", "write-payload", "change-payload", "write-sysctl", "write-own-memory"] {
      #expect(["EACCES", "EROFS"].contains(facts[denied]), "\(denied) \(facts[denied] ?? "")")
    }
    #expect(facts["execute-data"] == "EACCES")
    // The switch that forbids it belongs to root; for others the compiled filter denies memfd_create without a seal.
    if caller == .root { #expect(facts["execute-memory"] == "EACCES") }
  }

  @Test(arguments: SandboxFixture.Caller.allCases)
  func programHasNoPrivileges(caller: SandboxFixture.Caller) throws {
    let facts = try facts(try SandboxFixture(["facts"], caller: caller))
    #expect(facts["uid"] == "1000 1000")
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
      #expect(facts[set] == "0000000000000000", "\(set)")
    }
    #expect(facts["NoNewPrivs"] == "1")
    // capabilities(7): NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE set and locked, KEEP_CAPS locked.
    #expect(facts["securebits"] == "ef")
    #expect(facts["Seccomp"] == "2")
    #expect(facts["group-leader"] == "1" && facts["session"] == "1")
    #expect(facts["setuid"] == "EINVAL")
    #expect(facts["socket-inet"] == "EACCES")
    #expect(facts["mount"] == "EPERM")
    #expect(facts["unshare"] == "EPERM")
    #expect(facts["kill-init"] == "EPERM")
    #expect(facts["nofile"] == "128 128")
  }

  @Test(arguments: SandboxFixture.Caller.allCases)
  func nothingOfTheCallerComesAlong(caller: SandboxFixture.Caller) throws {
    let fixture = try SandboxFixture(["facts"], caller: caller)
    let leaked = try FileDescriptor.open("/etc/passwd", 0)
    let facts = try facts(fixture, ["one", "two"])
    #expect(leaked.number > 2)
    #expect(facts["descriptors"] == "0 1 2")
    #expect(facts["environment"] == "HOME=/data LANG=C.UTF-8 PATH=/app")
    #expect(facts["arguments"] == "one two")
  }

  @Test(arguments: SandboxFixture.Caller.allCases)
  func networkNamespaceIsEmpty(caller: SandboxFixture.Caller) throws {
    let fixture = try SandboxFixture(["facts"], caller: caller)
    #expect(try facts(fixture)["interfaces"] != "lo", "this machine has no other interface to miss")
    fixture.request.plan.namespaces = Namespace.allCases
    let facts = try facts(fixture)
    #expect(facts["pid"] == "2")
    #expect(facts["interfaces"] == "lo")
  }

  @Test func dataOutlivesTheSandbox() throws {
    let fixture = try SandboxFixture(["facts"])
    _ = try fixture.run()
    #expect(Files.exists("\(fixture.directory)/data/new"))
    #expect(!Files.exists("\(fixture.directory)/payload/new"))
  }

  @Test func workOnBehalfOfTheAppRunsInsideWithAnotherProgram() throws {
    let fixture = try SandboxFixture(["endings"])
    let tools = try SandboxFixture(["facts"])
    fixture.request.replacedArguments = ["/run/tools/facts", "inside"]
    fixture.request.granted["tools"] = "\(tools.directory)/payload"
    fixture.request.extraMounts = [PlanMount(.granted("tools"), at: "/run/tools", permitsExecution: true)]
    fixture.request.extraRules = [.init(path: "/run/tools", rights: [.execute, .readFile, .readDirectory])]
    #expect(try facts(fixture)["arguments"] == "inside")
  }
}
