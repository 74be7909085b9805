import CanonicalJSON
import Foundation
import SandboxPlan
import SeccompTrials
import SystemCalls
import SystemIO
import TestSupport
import Testing

@testable import Seccomp

/// Reading and writing the forms of other tools.
@Suite struct ProfileTests {
  private static let context = ProfileContext(architecture: .x86_64)

  @Test func flagsEveryArgumentThatIsComparedAtTheWrongWidth() throws {
    let profile = try OCIProfile.read(try FixtureProfiles.bytes("widths.json"), for: Self.context)
    let flagged = profile.notes.filter { $0.kind == .width }.map { $0.text.split(separator: ":")[0] }
    #expect(flagged.count == 3)
    #expect(flagged.allSatisfy { $0.contains("`socket`") || $0.contains("`personality`") })
    #expect(profile.flags == ["SECCOMP_FILTER_FLAG_LOG"])
    #expect(profile.notes.contains { $0.kind == .other && $0.text.contains("SCMP_ARCH_X86, SCMP_ARCH_X32") })
  }

  @Test func selectsRulesByCapabilityArchitectureAndKernel() throws {
    let bytes = try FixtureProfiles.bytes("widths.json")
    func action(_ call: String, _ context: ProfileContext, _ arguments: UInt64...) throws -> SystemCallAction {
      let policy = try OCIProfile.read(bytes, for: context).policy
      let filter = try SystemCallFilter.compile(policy, for: context.architecture)
      let number = try #require(SystemCall.named(call)?.number(on: context.architecture))
      let data = SystemCallData(
        number: number, architecture: context.architecture.auditToken, arguments: arguments)
      return BPFInterpreter.run(filter.program, on: data).action
    }
    var admin = Self.context
    admin.capabilities = ["CAP_SYS_ADMIN"]
    var old = Self.context
    old.kernel = KernelVersion(4, 7)
    let arm = ProfileContext(architecture: .aarch64)
    #expect(try action("unshare", Self.context) == .noSuchCall)
    #expect(try action("unshare", admin) == .allow)
    #expect(try action("mount", Self.context) == .operationNotPermitted)
    #expect(try action("mount", admin) == .allow)
    #expect(try action("clone", Self.context, 0x1000_0000) == .noSuchCall)
    #expect(try action("clone", Self.context, 0x11) == .allow)
    #expect(try action("clone", admin, 0x1000_0000) == .allow)
    #expect(try action("ptrace", Self.context) == .allow)
    #expect(try action("ptrace", old) == .noSuchCall)
    #expect(try action("socket", Self.context, 0x1_0000_0028) == .noSuchCall)
    #expect(try action("socket", arm, 40) == .noSuchCall)
    #expect(try action("socket", arm, 41) == .allow)
    #expect(try action("read", arm) == .allow)
  }

  /// Debian's profile for Podman: `apt-get install golang-github-containers-common`.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/containers/seccomp.json")))
  func podmansProfileCompilesAndIsFlagged() throws {
    let bytes = try Files.read("/usr/share/containers/seccomp.json", limit: 1 << 20)
    for architecture in Architecture.allCases {
      let context = ProfileContext(
        architecture: architecture, capabilities: ["CAP_CHOWN", "CAP_SETUID", "CAP_AUDIT_WRITE"])
      let profile = try OCIProfile.read(bytes, for: context)
      let widths = profile.notes.filter { $0.kind == .width }
      #expect(widths.count { $0.text.contains("`personality`") } == 5)
      #expect(profile.notes.contains { $0.kind == .shadowed && $0.text.contains("`setns`") })
      let filter = try SystemCallFilter.compile(profile.policy, for: architecture)
      let report = FilterReport(filter, try FilterMeaning(of: filter))
      #expect(report.cacheable == report.unconditional && report.unconditional > 250)
      #expect(report.instructions <= 80)
    }
  }

  struct Bad: Sendable, CustomStringConvertible {
    var json: String
    var code: String
    var says: String
    var description: String { "\(code) \(says)" }
  }

  private static func rule(_ members: String) -> String {
    #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["socket"],"action":"SCMP_ACT_ALLOW"\#(members)}]}"#
  }

  static let bad: [Bad] = [
    Bad(json: "{", code: "LC030", says: "JSON"),
    Bad(json: #"{"defaultAction":"SCMP_ACT_ALLOW"} x"#, code: "LC030", says: "after the value"),
    Bad(
      json: #"{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_ALLOW"}"#, code: "LC030",
      says: "duplicate key"),
    Bad(json: "{}", code: "LC030", says: "defaultAction"),
    Bad(json: #"{"defaultAction":"SCMP_ACT_NONE"}"#, code: "LC030", says: "SCMP_ACT_NONE"),
    Bad(json: #"{"defaultAction":"SCMP_ACT_ALLOW","sysCalls":[]}"#, code: "LC030", says: "sysCalls"),
    Bad(
      json: #"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X68"]}"#, code: "LC031",
      says: "SCMP_ARCH_X68"),
    Bad(
      json: #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["opennat"],"action":"SCMP_ACT_ALLOW"}]}"#,
      code: "LC001",
      says: "opennat"),
    Bad(json: rule(#","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]"#), code: "LC030", says: "index"),
    Bad(json: rule(#","args":[{"index":3,"value":0,"op":"SCMP_CMP_EQ"}]"#), code: "LC007", says: "3 arguments"),
    Bad(
      json: rule(#","args":[{"index":0,"value":4294967296,"op":"SCMP_CMP_EQ"}]"#), code: "LC003", says: "0x100000000"),
    Bad(
      json: rule(#","args":[{"index":0,"value":0,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]"#), code: "LC005",
      says: "zero"),
    Bad(
      json: rule(#","args":[{"index":0,"value":1,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]"#), code: "LC005",
      says: "outside"),
    Bad(json: rule(#","args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]"#), code: "LC030", says: "2^64"),
    Bad(json: rule(#","args":[{"index":0,"value":1,"op":"SCMP_CMP_IN"}]"#), code: "LC030", says: "SCMP_CMP_IN"),
    Bad(json: rule(#","includes":{"caps":["CAP_SYS_ADMN"]}"#), code: "LC032", says: "CAP_SYS_ADMN"),
    Bad(json: rule(#","includes":{"minKernel":"new"}"#), code: "LC030", says: "minKernel"),
    Bad(json: rule(#","errnoRet":70000"#), code: "LC030", says: "16 bits"),
    Bad(
      json:
        #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["openat"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":0,"op":"SCMP_CMP_EQ"}]}]}"#,
      code: "LC006", says: "pointer"),
  ]

  @Test(arguments: bad) func badProfilesAreRefused(_ bad: Bad) {
    let failure = #expect(throws: Failure.self) {
      let profile = try OCIProfile.read(Array(bad.json.utf8), for: Self.context)
      _ = try SystemCallFilter.compile(profile.policy, for: .x86_64)
    }
    #expect(failure?.code == bad.code)
    #expect(failure?.message.contains(bad.says) == true, "\(failure?.description ?? "")")
  }

  @Test func contradictionsHaveAWitness() {
    let policy = SystemCallPolicy(
      denied: .operationNotPermitted, unknown: .noSuchCall,
      rules: [
        SystemCallRule("ioctl", where: [.init(1, .greaterOrEqual(0x5400))], .allow),
        SystemCallRule("ioctl", where: [.init(1, .lessOrEqual(0x5412))], .killProcess),
      ])
    let failure = #expect(throws: Failure.self) { try SystemCallFilter.compile(policy, for: .x86_64) }
    #expect(failure?.code == "LC004")
    #expect(failure?.message.contains("ioctl(0x0, 0x5400, 0x0)") == true)
  }

  @Test func rulesThatNeverMatchAreRefused() {
    let impossible = SystemCallRule("ioctl", where: [.init(1, .less(3)), .init(1, .greater(3))], .allow)
    let policy = SystemCallPolicy(denied: .killProcess, unknown: .killProcess, rules: [impossible])
    #expect(#expect(throws: Failure.self) { try SystemCallFilter.compile(policy, for: .x86_64) }?.code == "LC008")
  }

  // MARK: Writing

  /// What is written as an OCI profile and read back is the same filter, for every native call and argument.
  @Test(arguments: Architecture.allCases) func ociRoundTrips(_ architecture: Architecture) throws {
    var random = SplitMix64.forTests(0x0C1)
    var policies = AppPolicyTests.allNeeds.map { SystemCallPolicy.forApp($0) }
    for _ in 0..<6 {
      policies.append(PolicyGenerator.satisfiable(PolicyGenerator.policy(&random, equalityOnly: true)))
    }
    let context = ProfileContext(architecture: architecture)
    var written = 0
    for policy in policies {
      let meaning = try FilterMeaning(of: policy, for: architecture)
      // Some of the random ones need more rules than are written.
      guard let document = try? OCIProfile.write(meaning) else { continue }
      written += 1
      let back = try OCIProfile.read(document.canonicalBytes, for: context)
      #expect(back.notes.filter { $0.kind == .width }.isEmpty)
      let difference = try FilterDifference(from: .policy(policy), to: .policy(back.policy), on: architecture)
      let native = difference.changes.filter {
        $0.witness.architecture == architecture.auditToken && $0.witness.number < 0x4000_0000
      }
      #expect(native.isEmpty, "\(FilterDifferenceText.text(difference))")
    }
    #expect(written >= AppPolicyTests.allNeeds.count)
  }

  @Test func locaraProfilesRoundTrip() throws {
    var random = SplitMix64.forTests(3)
    for _ in 0..<20 {
      let policy = PolicyGenerator.policy(&random)
      #expect(try LocaraProfile.read(try JSON(parsing: LocaraProfile.write(policy).canonicalBytes)) == policy)
    }
    expectGolden(LocaraProfile.write(.forApp(AppPolicyTests.allNeeds[1])).prettyBytes, "seccomp/app.json")
  }

  @Test func artifactsAreAsTheyWere() throws {
    let policy = SystemCallPolicy.forApp(AppPolicyTests.allNeeds[1])
    for architecture in Architecture.allCases {
      let filter = try SystemCallFilter.compile(policy, for: architecture)
      expectGolden(Disassembly.text(of: filter), "seccomp/app.\(architecture.rawValue).txt")
    }
    let meaning = try FilterMeaning(of: policy, for: .x86_64)
    expectGolden(try OCIProfile.write(meaning).prettyBytes, "seccomp/app.oci.json")
    var killing = policy
    killing.unknown = .killProcess
    expectGolden(
      try MinijailExport.write(try FilterMeaning(of: killing, for: .x86_64)), "seccomp/app.minijail.policy")
    var refusing = policy
    refusing.unknown = .operationNotPermitted
    expectGolden(
      try KubernetesExport.write(try FilterMeaning(of: refusing, for: .x86_64), name: "app"),
      "seccomp/app.kubernetes.json")
    let simple = SystemCallPolicy(
      denied: .noSuchCall, unknown: .noSuchCall,
      rules: ["read", "write", "exit_group"].map { SystemCallRule($0, .allow) } + [SystemCallRule("mount", .errno(1))])
    expectGolden(try SystemdExport.write(try FilterMeaning(of: simple, for: .x86_64)), "seccomp/simple.service")
    let filter = try SystemCallFilter.compile(simple, for: .x86_64)
    expectGolden(try CArrayExport.write(filter, name: "simple_filter"), "seccomp/simple.h")
    let call = try #require(SystemCall.named("clone"))
    expectGolden(
      FilterExplanation.text(of: call, in: meaning, reasons: policy.rules), "seccomp/app.explain.clone.txt")
  }

  @Test func whatAFormatCannotSayIsAnErrorThatNamesTheRule() throws {
    let app = try FilterMeaning(of: .forApp(AppPolicyTests.allNeeds[1]), for: .x86_64)
    func failure(_ body: () throws -> Void) -> Failure? { #expect(throws: Failure.self) { try body() } }
    let systemd = failure { _ = try SystemdExport.write(app) }
    #expect(systemd?.code == "LC040")
    #expect(systemd?.message.contains("`chmod`") == true, "\(systemd?.message ?? "")")
    let minijail = failure { _ = try MinijailExport.write(app) }
    #expect(minijail?.code == "LC040")
    #expect(minijail?.message.contains("errno 38") == true)
    let kubernetes = failure { _ = try KubernetesExport.write(app, name: "app") }
    #expect(kubernetes?.code == "LC040")
    #expect(failure { _ = try KubernetesExport.write(app, name: "App!") }?.code == "LC041")
    var random = SplitMix64.forTests(1)
    let wide = SystemCallPolicy(
      denied: .operationNotPermitted, unknown: .noSuchCall,
      rules: (0..<40).map { _ in
        SystemCallRule("mmap", where: [.init(1, .equal(random.next())), .init(2, .equal(random.next()))], .allow)
      })
    let oci = failure { _ = try OCIProfile.write(try FilterMeaning(of: wide, for: .x86_64)) }
    #expect(oci?.message.contains("`mmap`") == true)
  }

  @Test func differencesHaveDirectionAndWitness() throws {
    let old = SystemCallPolicy.forApp(SystemCallNeeds())
    var new = old
    new.rules.removeAll { $0.call == "ioctl" || $0.call == "getpid" }
    new.rules.append(SystemCallRule("ioctl", .allow))
    let difference = try FilterDifference(
      from: .program(try SystemCallFilter.compile(old, for: .x86_64)), to: .policy(new), on: .x86_64)
    #expect(!difference.isWithin)
    #expect(
      FilterDifferenceText.text(difference) == """
        widened: new allows ioctl(0x0, 0x5412, 0x0) on x86_64, old denies (errno 1) it
        narrowed: new denies (errno 1) getpid() on x86_64, old allows it

        """)
    #expect(try FilterDifference(from: .policy(new), to: .policy(new), on: .x86_64).changes.isEmpty)
    new.unknown = .allow
    let unknown = try FilterDifference(from: .policy(old), to: .policy(new), on: .x86_64)
    #expect(
      unknown.changes.contains {
        $0.direction == .widened && SystemCall.numbered($0.witness.number, on: .x86_64) == nil
      })
  }
}
