import BundleFormat
import CanonicalJSON
import Digests
import Glibc
import TestSupport
import Testing

/// hello-c under other programs that start apps: what is denied here is denied there.
@Suite struct ExportTests {
  /// Probes whose outcome the mounts, namespaces, filters and limits decide, so that each target must agree.
  static let probes: [[String]] =
    [
      ["greet", "Ada"], ["args", "a b", "$HOME", "'"], ["exit", "7"], ["read", "/etc/shadow"],
      ["read", "/root/.bashrc"],
      ["keep", "note", "text"], ["show", "note"], ["write", "/app/x"], ["write", "/usr/x"], ["env"],
      ["limit", "nofile"], ["limit", "core"], ["limit", "as"], ["limit", "fsize"], ["allocate", "1024"],
      ["fill", "large", "32"], ["socket", "inet"], ["connect", "80"],
    ]
    + [
      "unshare-user", "unshare-mount", "setns", "mount", "umount", "chroot", "ptrace", "process-vm-read", "keyctl",
      "bpf",
      "perf-event", "io-uring", "userfaultfd", "open-by-handle", "sethostname", "tiocsti", "unknown",
    ].map { ["call", $0] }

  static func export(_ target: String, world: World = World("export")) -> (world: World, directory: String) {
    let directory = world.directory("out")
    expectSuccess(world.locara("export", target, Hello.built.bundle, "-o", directory))
    return (world, directory)
  }

  /// Runs every probe under `start`, and compares with `locara run`.
  private func compare(_ world: World, _ start: ([String]) -> [String]) {
    let own = World("own")
    for probe in Self.probes {
      let expected = own.locara(["run", Hello.built.bundle, "--"] + probe, environment: ["LANG": nil])
      let found = world.command(start(probe), environment: ["LANG": nil], timeout: 60)
      #expect(found.status == expected.status, "\(probe): \(found)")
      // bwrap says in PWD where it changed to.
      let lines = { (outcome: Outcome) in outcome.output.split(separator: "\n").filter { $0 != "PWD=/app" }.sorted() }
      #expect(lines(found) == lines(expected), "\(probe): \(found) instead of \(expected)")
    }
  }

  @Test func bubblewrapDeniesTheSame() {
    let (world, directory) = Self.export("bwrap")
    compare(world) { ["\(directory)/run"] + $0 }
  }

  @Test func crunDeniesTheSame() throws {
    let (world, directory) = Self.export("oci-runtime")
    guard geteuid() == 0 else { return print("NOT RUN: crun without root needs a delegated control group") }
    let configuration = "\(directory)/config.json"
    let original = try JSON(parsing: try #require(contents(of: configuration)))
    compare(world) { probe in
      var members = original.objectValue ?? [:]
      var process = members["process"]?.objectValue ?? [:]
      process["args"] = .array((process["args"]?.arrayValue?.prefix(1) ?? []) + probe.map { .string($0) })
      members["process"] = .object(process)
      world.directory.write(JSON.object(members).canonicalBytes, to: "out/config.json")
      let name = "locara-test-\(UInt32.random(in: .min ... .max))"
      // crun refuses a machine that mounts both versions of control groups, so it is shown one.
      let script = "umount -R /sys/fs/cgroup 2> /dev/null; mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\""
      return ["unshare", "--mount", "/bin/sh", "-c", script, "sh"] + [
        "crun", "--root", world.directory("state"), "--cgroup-manager=disabled", "run", "--bundle", directory, name,
      ]
    }
  }

  /// The unit says what systemd understands, and exposes little by systemd's own measure.
  @Test func systemdUnderstandsTheUnit() throws {
    let (world, directory) = Self.export("systemd")
    let unit = "\(directory)/hello-c.service"
    guard run(["sh", "-c", "command -v systemd-analyze"]).status == 0 else {
      #expect(!Locations.isContinuousIntegration, "systemd-analyze is not installed")
      return
    }
    let verified = world.command(["systemd-analyze", "verify", "--man=no", unit])
    // An older systemd does not know the newest calls, and then does not permit them.
    let complaints = verified.errors.split(separator: "\n").filter { $0.contains(unit) && !$0.contains("system call") }
    #expect(complaints.isEmpty, "\(complaints)")
    let security = world.command(["systemd-analyze", "security", "--offline=true", "--no-pager", unit])
    let exposure = security.output.matches(of: /Overall exposure level for \S+: ([0-9.]+)/).first.map {
      String($0.output.1)
    }
    #expect(exposure.flatMap { Double($0) }.map { $0 < 3 } == true, "\(security.output.suffix(300))")
  }

  /// Docker's and Kubernetes' profiles are read by our own reader, and mean what the filter in the bundle means.
  @Test(arguments: ["docker", "kubernetes"])
  func theProfileIsTheFilter(target: String) throws {
    let (world, directory) = Self.export(target)
    let filter = world.directory("filter.bpf")
    expectSuccess(world.locara("seccomp", "compile", "\(directory)/seccomp.json", "-o", filter))
    let bundle = try Bundle.open(Hello.built.bundle)
    let own = world.directory.write(try #require(bundle.contents(of: .seccompFilter(.x86_64))), to: "own.bpf")
    let difference = world.locara("seccomp", "diff", own, filter)
    #expect(difference.status == 0, "\(difference)")
  }

  @Test func dockerGetsAnImageAndAScript() throws {
    let (world, directory) = Self.export("docker")
    let script = String(decoding: try #require(contents(of: "\(directory)/run")), as: UTF8.self)
    for word in ["--network none", "--read-only", "--cap-drop ALL", "no-new-privileges", "seccomp=", "--pids-limit 16"]
    {
      #expect(script.contains(word), "\(word)")
    }
    expectSuccess(world.command(["/bin/sh", "-n", "\(directory)/run"]))
    let dockerfile = String(decoding: try #require(contents(of: "\(directory)/Dockerfile")), as: UTF8.self)
    #expect(dockerfile.contains("ENTRYPOINT [\"/app/bin/hello\"]"))
    for line in dockerfile.split(separator: "\n") where line.hasPrefix("COPY ") {
      let source = String(line.split(separator: " ")[1])
      #expect(access("\(directory)/\(source)", F_OK) == 0, "\(source)")
    }
  }

  @Test func kubernetesGetsAPodWithoutANetwork() throws {
    let (world, directory) = Self.export("kubernetes")
    defer { withExtendedLifetime(world) {} }
    let list = try JSON(parsing: try #require(contents(of: "\(directory)/app.json")))
    let kinds = list["items"]?.arrayValue?.compactMap { $0["kind"]?.stringValue }
    #expect(kinds == ["Pod", "NetworkPolicy"])
    let container = list["items"]?.arrayValue?.first?["spec"]?["containers"]?.arrayValue?.first
    #expect(container?["securityContext"]?["allowPrivilegeEscalation"] == false)
    #expect(container?["securityContext"]?["readOnlyRootFilesystem"] == true)
    #expect(container?["resources"]?["limits"]?["memory"] == "268435456")
    let volumes = list["items"]?.arrayValue?.first?["spec"]?["volumes"]?.arrayValue?.compactMap {
      $0["name"]?.stringValue
    }
    let mounts = container?["volumeMounts"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(volumes == mounts && !(volumes ?? []).isEmpty)
  }

  /// The table says what is lost, and never that something is lost which is not.
  @Test(arguments: ["oci-runtime", "bwrap", "systemd", "docker", "kubernetes"])
  func theTableSaysWhatIsLost(target: String) throws {
    let (world, directory) = Self.export(target)
    let table = String(decoding: try #require(contents(of: "\(directory)/enforcement.txt")), as: UTF8.self)
    #expect(table.hasPrefix("weaker under \(target) than under locara\n"))
    #expect(table.contains("no Landlock"))
    let json = world.locara("export", target, Hello.built.bundle, "-o", world.directory("again"), "--format", "json")
    expectSuccess(json)
    let rows = try JSON(parsing: json.bytes)["rows"]?.arrayValue ?? []
    #expect(rows.contains { $0["weaker"] == true } && rows.contains { $0["weaker"] == false })
    for row in rows where row["weaker"] == true {
      #expect(row["exactness"] != "exact", "\(row)")
      #expect(row["remark"]?.stringValue?.isEmpty == false, "\(row)")
    }
  }

  @Test func wrongRequestsAreRefused() {
    let (world, directory) = Self.export("bwrap")
    expectRefused(
      world.locara("export", "bwrap", Hello.built.bundle, "-o", directory), status: 65, codes: ["LB060"])
    #expect(world.locara("export", "lxc", Hello.built.bundle, "-o", world.directory("x")).status == 64)
    expectRefused(
      world.locara("export", "bwrap", world.directory.write("no", to: "no.locapp"), "-o", world.directory("y")),
      status: 65, codes: ["LB001"])
    #expect(contents(of: world.directory("y/enforcement.txt")) == nil)
  }
}
