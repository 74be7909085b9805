import CSandbox
import Glibc
import Runner
import SandboxPlan
import SystemIO
import TestSupport
import Testing

@Suite struct ControlGroupTests {
  private static func plan() throws -> SandboxPlan {
    var plan = try SandboxFixture(["facts"]).request.plan
    plan.limits = [
      ResourceLimit(.addressSpace, 64 << 20), ResourceLimit(.processes, 20), ResourceLimit(.processors, 500),
    ]
    return plan
  }

  /// A place where no limit can be set is no place: nothing stays there.
  @Test func withoutControllersThereIsNoGroup() throws {
    let directory = TemporaryDirectory("groups")
    let place = ControlGroup.Place(path: directory.path, controllers: ["memory", "pids", "cpu"])
    #expect(ControlGroup.make(for: try Self.plan(), at: place) == nil)
    #expect(entries(below: directory.path) == [])
    var unlimited = try Self.plan()
    unlimited.limits = []
    #expect(ControlGroup.make(for: unlimited, at: place) == nil)
    #expect(ControlGroup.make(for: try Self.plan(), at: nil) == nil)
  }

  /// What is no hierarchy of control groups is not taken for one.
  @Test func onlyControlGroupsAreLookedAt() {
    #expect(ControlGroup.delegated(hierarchies: ["/tmp", "/nowhere"]) == nil)
    #expect(ControlGroup.delegated(membership: "/dev/null") == nil)
  }

  private static let hierarchy = (["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] as [String]).first {
    Files.exists("\($0)/cgroup.subtree_control") && access($0, W_OK) == 0
  }

  /// The kernel starts the sandbox's first process in the group, and the sandbox is its namespace's root.
  @Test(.enabled(if: hierarchy != nil, "this user can make no control groups of version 2 here"))
  func aSandboxStartsInAGroup() throws {
    let directory = "\(try #require(Self.hierarchy))/locara-test-\(getpid())"
    try #require(mkdir(directory, 0o700) == 0)
    defer { rmdir(directory) }
    let group = try FileDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
    var sandbox = locara_sandbox()
    sandbox.namespaces = 0x1000_0000 | 0x0200_0000 | 0x2000_0000  // user, cgroup, pid
    sandbox.control_group = group.number
    (sandbox.user_inside, sandbox.group_inside) = (1000, 1000)
    (sandbox.user_outside, sandbox.group_outside) = (geteuid(), getegid())
    var (spawned, message) = (locara_spawned(), locara_message())
    let result = "locara".withCString { name in
      sandbox.host_name = name
      return locara_spawn(&sandbox, &spawned, &message)
    }
    try #require(result == 0, "\(message.error)")
    var (descriptor, status): (Int32, Int32) = (-1, 0)
    #expect(locara_receive(spawned.channel, &message, &descriptor) == 1)
    #expect(message.kind == Int32(LOCARA_STARTED.rawValue))
    _ = locara_reap(spawned.pid_fd, &status)
    close(spawned.channel)
    close(spawned.pid_fd)
    #expect(status == 0)
  }

  /// The sandbox's first process is not one of the app's, and swap is memory.
  @Test func limitsAreThoseOfTheApp() throws {
    let settings = ControlGroup.settings(of: try Self.plan()).map { "\($0.file) \($0.value)" }
    #expect(settings == ["memory.max 67108864", "memory.swap.max 0", "pids.max 21", "cpu.max 50000 100000"])
  }

  /// Nil when processes and memory can be held together here; else what this machine lacks.
  private static let obstacle: String? = {
    // name, hierarchy, groups, enabled: a controller of a hierarchy of version 1 is in none of version 2, wherever one is
    // mounted.
    let table = String(decoding: (try? Files.read("/proc/cgroups", limit: 1 << 16)) ?? [], as: UTF8.self)
    var taken: [String] = []
    for line in table.split(separator: "\n") {
      let columns = line.split(separator: "\t").map(String.init)
      let isWanted = columns.count == 4 && (columns[0] == "memory" || columns[0] == "pids")
      if isWanted, columns[1] != "0" { taken.append(columns[0]) }
    }
    guard taken.isEmpty else { return "\(taken.joined(separator: " and ")): of hierarchies of version 1 here" }
    guard let delegated else { return "no control group of version 2 is delegated here" }
    let missing = ["memory", "pids"].filter { !delegated.controllers.contains($0) }
    return missing.isEmpty ? nil : "\(missing.joined(separator: " and ")): not delegated here"
  }()

  @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
  func processesAndMemoryAreHeld() throws {
    let fixture = try SandboxFixture(["escapes"], sources: "escapes")
    fixture.request.plan.limits = [ResourceLimit(.processes, 1), ResourceLimit(.addressSpace, 64 << 20)]
    fixture.request.timeLimit = 20_000
    // One process is allowed, and it is the program.
    for technique in ["fork_bomb", "memory_bomb"] {
      #expect(try fixture.run([technique, "/nowhere", "/data", "1", "1"]).status == .exited(0), "\(technique)")
    }
  }

  private static let delegated = ControlGroup.delegated()

  @Test(.enabled(if: delegated?.controllers.contains("pids") == true, "no group with `pids` is delegated here"))
  func theGroupHoldsAllTogether() throws {
    let group = try #require(ControlGroup.make(for: try Self.plan()))
    #expect(group.applied.contains("pids"))
    #expect(try Files.read("\(group.path)/pids.max", limit: 100) == Array("21\n".utf8))
    group.remove()
    #expect(!Files.exists(group.path))
  }

  /// Where there is no group for it, whole processors are kept by affinity.
  @Test(arguments: SandboxFixture.Caller.allCases)
  func processorsAreKeptByAffinity(caller: SandboxFixture.Caller) throws {
    let fixture = try SandboxFixture(["facts"], caller: caller)
    #expect(try fixture.run().output.contains("processors \(sysconf(Int32(_SC_NPROCESSORS_ONLN)))\n"))
    fixture.request.plan.limits.append(ResourceLimit(.processors, 700))
    #expect(try fixture.run().output.contains("processors 1\n"))
  }
}

/// A file that the user hands over is the one that was chosen, whoever else writes where it lies.
@Suite struct HandOverTests {
  /// A number of an inode that is open is not given to another file.
  @Test(arguments: [true, false]) func theChosenFileStaysOpenUntilTheStart(isFlat: Bool) throws {
    try Flat.prepare()
    let fixture = try SandboxFixture(["files"], caller: .nobody)
    fixture.request.plan.mounts.append(PlanMount(.directory, at: LaunchRequest.selectedDirectory))
    fixture.request.plan.landlock.fileRules.append(
      .init(path: LaunchRequest.selectedDirectory, rights: [.readFile, .readDirectory]))
    let path = "\(fixture.directory)/granted/file"
    fixture.request.selected = [.init(path: path, isReadOnly: true)]
    fixture.request.withoutNamespaces = isFlat
    nonisolated(unsafe) var isOpen = false
    fixture.request.meanwhile = {
      for number in 0..<1024 where (try? Directories.kind(of: "/proc/self/fd/\(number)")) == .symbolicLink(target: path)
      {
        isOpen = true
      }
    }
    #expect(try fixture.run(["read", isFlat ? path : "/user/selected/file"]).output == "granted\n")
    #expect(isOpen)
  }

  /// The mount compares device and inode: another file at the same path is not mounted.
  @Test func anotherFileInItsPlaceIsNotMounted() throws {
    let directory = TemporaryDirectory("swap")
    directory.write("chosen\n", to: "chosen")
    directory.write("secret\n", to: "secret")
    var status = stat()
    try #require(stat(directory("chosen"), &status) == 0)
    // What an attacker does between the choice and the mount.
    try #require(rename(directory("secret"), directory("chosen")) == 0)
    var sandbox = locara_sandbox()
    sandbox.namespaces = 0x1000_0000 | 0x0002_0000
    sandbox.control_group = -1
    (sandbox.user_inside, sandbox.group_inside) = (1000, 1000)
    (sandbox.user_outside, sandbox.group_outside) = (geteuid(), getegid())
    var (spawned, message) = (locara_spawned(), locara_message())
    let received: Int32 = try directory("chosen").withCString { path in
      try "chosen".withCString { target in
        var mount = locara_mount()
        mount.kind = Int32(LOCARA_MOUNT_BIND.rawValue)
        (mount.base, mount.target) = (path, target)
        (mount.device, mount.inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        return try withUnsafePointer(to: &mount) { pointer in
          sandbox.mounts = pointer
          sandbox.mount_count = 1
          try #require(locara_spawn(&sandbox, &spawned, &message) == 0)
          var descriptor: Int32 = -1
          return locara_receive(spawned.channel, &message, &descriptor)
        }
      }
    }
    var ended: Int32 = 0
    _ = locara_reap(spawned.pid_fd, &ended)
    close(spawned.channel)
    close(spawned.pid_fd)
    #expect(received == 1 && message.kind == Int32(LOCARA_FAILED.rawValue) && message.error == ESTALE)
  }

  /// Somebody exchanges the file and a link to a secret as fast as possible: the app reads one of the two that were at
  /// the path when it was opened, whole, or is not started; never a mixture, and never through a link inside.
  @Test(arguments: SandboxFixture.Caller.allCases)
  func aRaceForThePathIsLostOrRefused(caller: SandboxFixture.Caller) throws {
    let fixture = try SandboxFixture(["files"], caller: caller)
    fixture.request.plan.mounts.append(PlanMount(.directory, at: LaunchRequest.selectedDirectory))
    fixture.request.plan.landlock.fileRules.append(
      .init(path: LaunchRequest.selectedDirectory, rights: [.readFile, .readDirectory]))
    let place = "\(fixture.directory)/granted"
    try Files.replace("\(place)/other", with: Array("other\n".utf8))
    let racer = Racer(place)
    defer { racer.stop() }
    fixture.request.selected = [.init(path: "\(place)/file", isReadOnly: true)]
    for _ in 0..<15 {
      do {
        let output = try fixture.run(["read", "/user/selected/file"]).output
        #expect(output == "granted\n" || output == "other\n", "\(output)")
      } catch let failure as Failure {
        #expect(["LR001", "LX001"].contains(failure.code) || failure.errno == ENOENT, "\(failure)")
      }
    }
  }

  /// Exchanges two names over and over.
  private final class Racer: @unchecked Sendable {
    private var thread = pthread_t()
    private nonisolated(unsafe) var isStopped = false

    init(_ directory: String) {
      try? Thread { [self] in
        while !isStopped {
          rename("\(directory)/file", "\(directory)/aside")
          rename("\(directory)/other", "\(directory)/file")
          rename("\(directory)/file", "\(directory)/other")
          rename("\(directory)/aside", "\(directory)/file")
        }
      }.start(&thread)
    }

    func stop() {
      isStopped = true
      pthread_join(thread, nil)
    }
  }
}
