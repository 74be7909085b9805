import CanonicalJSON
import KernelPlan
import PolicyIR
import SandboxPlan
import Schemas
import Seccomp
import Structures
import TestSupport
import Testing

@Suite struct KernelPlanTests {
  private let entry = Entry(command: ["bin/app"])

  private func plan(_ authority: Authority, limits: Limits = Limits()) -> KernelPlan {
    let app = AppPolicy(
      id: AppID(publisher: "acme", name: "app", version: "1.0.0"),
      policy: Policy(authority: authority, limits: limits, entry: entry))
    let plan = KernelPlan.lowering(app)
    // `check` asks for no more than this.
    #expect(KernelPlan.refusals(of: app) == plan.refusals)
    return plan
  }

  private func rights(_ plan: KernelPlan, _ path: String) -> LandlockPlan.FileRights? {
    plan.sandbox.landlock.fileRules.first { $0.path == path }?.rights
  }

  private func target(_ plan: KernelPlan, _ target: String) -> PlanMount? {
    plan.sandbox.mounts.first { $0.target == target }
  }

  @Test func `nothing granted is a plan without network, data or programs`() {
    let plan = plan(.nothing)
    #expect(plan.refusals.isEmpty)
    #expect(plan.sandbox.namespaces == Namespace.allCases)
    #expect(target(plan, "/data") == nil)
    #expect(target(plan, "/home") == nil)
    #expect(rights(plan, "/usr") == [.readFile, .readDirectory])
    #expect(plan.systemCalls == SystemCallNeeds())
    #expect(plan.sandbox.enforcement.contains { $0.subject == "connect anywhere" && !$0.isGrant })
  }

  @Test func `only the entry, spawned programs and the loader can be executed`() {
    let programs = FiniteSet(["bin/ocr", "python3"])
    let plan = plan(Authority(process: ProcessAuthority(programs: programs)))
    let executable = plan.sandbox.landlock.fileRules.filter { $0.rights.contains(.execute) }.map(\.path)
    #expect(executable == (["/app/bin/app", "/app/bin/ocr", "/usr/bin/python3"] + SandboxLayout.loaders).sorted())
    #expect(plan.systemCalls.spawn)
  }

  @Test func `data is writable and never executable, the payload the other way round`() throws {
    let files = FileAuthority(.everything(below: "app-data"), .readWrite)
      .union(FileAuthority(.everything(below: "app"), .read))
    let plan = plan(Authority(files: files))
    let data = try #require(target(plan, "/data"))
    #expect(!data.isReadOnly && !data.permitsExecution)
    let payload = try #require(target(plan, "/app"))
    #expect(payload.isReadOnly && payload.permitsExecution)
    #expect(rights(plan, "/data")?.contains([.writeFile, .makeRegularFile, .removeFile]) == true)
    #expect(rights(plan, "/data")?.contains(.execute) == false)
    #expect(rights(plan, "/data")?.isDisjoint(with: [.makeSocket, .makeCharacterDevice, .makeBlockDevice]) == true)
    #expect(rights(plan, "/app") == [.readFile, .readDirectory])
  }

  @Test func `a grant to write one's own files is refused`() {
    let plan = plan(Authority(files: FileAuthority(.everything(below: "app"), .readWrite)))
    #expect(plan.refusals.count == 1)
    #expect(plan.refusals.first?.witness == Operation("write app"))
  }

  @Test func `the whole home directory or machine is refused`() {
    for root in ["home", "host"] {
      #expect(plan(Authority(files: FileAuthority(.everything(below: root), .read))).refusals.count == 1)
    }
  }

  @Test func `a star in the middle is enforced above it and says so`() throws {
    let pattern = FilePattern([.literal("home"), .literal("Projects"), .anyLabel, .literal("notes")], .atAndBelow)
    let plan = plan(Authority(files: FileAuthority(pattern, .read)))
    #expect(plan.refusals.isEmpty)
    #expect(rights(plan, "/home/Projects") == [.readFile, .readDirectory])
    let row = try #require(plan.sandbox.enforcement.first { $0.subject == "read home/Projects/*/notes/**" })
    #expect(row.exactness == .overApproximated)
    #expect(row.remark.contains("/home/Projects"))
  }

  @Test func `a list of hosts is the broker's, in a network of the app's own, and exact`() throws {
    let host = ConnectAuthority(host: "api.example.com", PortSets(tcp: IntervalSet(443...443)))
    let below = ConnectAuthority(below: "example.org", PortSets(tcp: IntervalSet(1...65535)))
    let address = ConnectAuthority(address: .v4([10, 0, 0, 0]), prefixLength: 8, PortSets(tcp: IntervalSet(80...80)))
    let ports = ListenAuthority(loopback: PortSets(tcp: IntervalSet(8080...8080)))
    let brokered = plan(Authority(connect: host.union(below).union(address), listen: ports))
    #expect(brokered.refusals.isEmpty)
    #expect(brokered.sandbox.namespaces.contains(.network))
    #expect(brokered.systemCalls.network == .brokered)
    let egress = try #require(brokered.sandbox.egress)
    #expect(
      egress.hosts == [
        .init(name: "api.example.com", isBelow: false, ports: .init(tcp: [443...443])),
        .init(name: "example.org", isBelow: true, ports: .init(tcp: [1...65535])),
      ])
    #expect(egress.addresses == [.init(address: [10, 0, 0, 0], prefixLength: 8, ports: .init(tcp: [80...80]))])
    #expect(egress.published == [.init(port: 8080, isOnEveryAddress: false)])
    let row = try #require(brokered.sandbox.enforcement.first { $0.subject.contains("api.example.com") })
    #expect(row.exactness == .exact)
    #expect(row.mechanisms == ["namespace network", "egress broker"])
    #expect(try EgressPlan(json: egress.json) == egress)

    let open = plan(Authority(connect: .full))
    #expect(open.refusals.isEmpty)
    #expect(!open.sandbox.namespaces.contains(.network))
    #expect(open.systemCalls.network == .full)
    #expect(open.sandbox.landlock.minimumABI == 6)
  }

  @Test func `limits become resource limits, and a core file is never written`() {
    let plan = plan(.nothing, limits: Limits([.memory: 1 << 30, .openFiles: 64, .wallTime: 5000]))
    #expect(plan.sandbox.limits.contains(ResourceLimit(.core, 0)))
    #expect(plan.sandbox.limits.contains(ResourceLimit(.addressSpace, 1 << 30)))
    #expect(plan.sandbox.limits.contains(ResourceLimit(.openFiles, 64)))
    #expect(plan.sandbox.wallTime == 5000)
  }

  @Test func `parents are mounted before children`() {
    let files = FileAuthority(.everything(below: "documents"), .read)
    let mounts = plan(Authority(files: files, ipc: FiniteSet([.sharedMemory]))).sandbox.mounts.map(\.target)
    for (index, mount) in mounts.enumerated() {
      #expect(!mounts[(index + 1)...].contains { mount.hasPrefix($0 + "/") })
    }
  }

  @Test func `a plan is a function of the policy`() {
    let a = FileAuthority(.everything(below: "app-data"), .readWrite)
    let b = FileAuthority(.everything(below: "documents"), .read)
    #expect(plan(Authority(files: a.union(b))) == plan(Authority(files: b.union(a).union(b))))
  }
}
