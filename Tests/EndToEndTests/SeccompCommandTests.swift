import TestSupport
import Testing

/// `locara seccomp` as people use it on the profiles that they have.
@Suite struct SeccompCommandTests {
  /// Podman's own profile; Debian's package golang-github-containers-common installs it.
  static let podman = "/usr/share/containers/seccomp.json"
  static let hasPodman = contents(of: podman) != nil

  /// `write` always, and `ioctl` but for typing into a terminal.
  static let profile = SeccompProfiles.locara(
    #"{"call": "write", "action": "allow"}"#,
    #"{"call": "ioctl", "action": "allow", "where": [{"argument": 1, "compare": "not-equal", "value": "0x5412"}]}"#)

  func compile(_ text: String, to name: String, in world: World, _ options: String...) -> String {
    let profile = world.directory.write(text, to: "\(name).json")
    let output = world.directory("\(name).bpf")
    expectSuccess(world.locara(["seccomp", "compile", profile, "--arch", "x86_64", "-o", output] + options))
    return output
  }

  func action(of filter: String, _ call: String, _ arguments: String..., in world: World) -> String {
    let outcome = world.locara(
      ["seccomp", "simulate", filter, "--arch", "x86_64", "--call", call]
        + (arguments.isEmpty ? [] : ["--args"] + arguments))
    expectSuccess(outcome)
    return outcome.output.split(separator: "\n").joined(separator: "|")
  }

  @Test func compilesToInstructionsAndSimulates() throws {
    let world = World("seccomp")
    let filter = compile(Self.profile, to: "small", in: world)
    let size = try #require(contents(of: filter)).count
    #expect(size > 0 && size % 8 == 0 && size <= 4096 * 8)
    #expect(action(of: filter, "write", in: world) == "allow")
    #expect(action(of: filter, "1", in: world) == "allow")
    #expect(action(of: filter, "read", in: world) == "errno 1")
    #expect(action(of: filter, "ioctl", "0", "0x5413", in: world) == "allow")
    #expect(action(of: filter, "ioctl", "0", "0x5412", in: world) == "errno 1")
    #expect(action(of: filter, "ioctl", "0", "21522", in: world) == "errno 1")
    // The kernel reads 32 bits of a request; the others are no way round the rule.
    #expect(action(of: filter, "ioctl", "0", "0x100005412", in: world) == "errno 1")
    #expect(action(of: filter, "1000000", in: world) == "errno 38")
    // The x32 ABI is rejected by construction.
    #expect(action(of: filter, "0x40000001", in: world) == "kill-process")
  }

  @Test func readsStandardInputAndWritesStandardOutput() throws {
    let world = World("pipe")
    let filter = try #require(contents(of: compile(Self.profile, to: "small", in: world)))
    let outcome = world.locara(["seccomp", "compile", "-", "--arch", "x86_64"], input: Array(Self.profile.utf8))
    expectSuccess(outcome)
    #expect(outcome.bytes == filter)
  }

  @Test(arguments: [("x86_64", "16"), ("aarch64", "29"), ("riscv64", "29")])
  func numbersCallsPerArchitecture(architecture: String, ioctl: String) {
    let world = World("architecture")
    let profile = world.directory.write(Self.profile, to: "small.json")
    for call in ["ioctl", ioctl] {
      let simulate = ["seccomp", "simulate", profile, "--arch", architecture, "--call", call, "--args", "0"]
      #expect(world.locara(simulate + ["0x5413"]).output == "allow\n")
      #expect(world.locara(simulate + ["0x5412"]).output == "errno 1\n")
    }
  }

  @Test func disassemblesEveryInstruction() throws {
    let world = World("disassembly")
    let filter = compile(Self.profile, to: "small", in: world)
    let outcome = world.locara("seccomp", "disasm", filter, "--arch", "x86_64")
    expectSuccess(outcome)
    let lines = outcome.output.split(separator: "\n")
    #expect(try lines.count == #require(contents(of: filter)).count / 8)
    #expect(lines.contains { $0.contains("0x5412") } && lines.contains { $0.contains("x86_64") })
  }

  @Test func explainsCallsAndTheirArguments() {
    let world = World("explain")
    let filter = compile(Self.profile, to: "small", in: world)
    for source in [filter, world.directory("small.json")] {
      let all = world.locara("seccomp", "explain", source, "--arch", "x86_64")
      expectSuccess(all)
      #expect(all.output.contains("ioctl: number 16 on x86_64") && !all.output.contains("write: number"), "\(all)")
      let one = world.locara("seccomp", "explain", source, "write", "--arch", "x86_64")
      #expect(one.output.contains("action: allow, whatever the arguments"), "\(one)")
    }
    expectRefused(
      world.locara("seccomp", "explain", filter, "wriet"), status: 65, codes: ["LC001"], naming: ["`write`"])
  }

  @Test func verifiesAgainstAProfile() throws {
    let world = World("verify")
    let filter = compile(Self.profile, to: "small", in: world)
    let verify = ["seccomp", "verify", filter, "--arch", "x86_64", "--against"]
    let equal = world.locara(verify + [world.directory("small.json")])
    expectSuccess(equal)
    #expect(equal.output.contains("proven for every input"), "\(equal)")
    let other = world.directory.write(
      SeccompProfiles.locara(#"{"call": "write", "action": "allow"}"#), to: "other.json")
    let unequal = world.locara(verify + [other])
    #expect(unequal.status == 2 && unequal.output.contains("ioctl("), "\(unequal)")
    expectNoTrace(unequal)
  }

  /// 0 when the second allows nothing that the first denies, else 2 with a call that shows it.
  @Test func comparesByMeaning() {
    let world = World("diff")
    let wide = compile(Self.profile, to: "wide", in: world)
    let narrow = compile(
      SeccompProfiles.locara(#"{"call": "write", "action": "allow"}"#), to: "narrow", in: world)
    func diff(_ old: String, _ new: String, _ options: String...) -> Outcome {
      world.locara(["seccomp", "diff", old, new, "--arch", "x86_64"] + options)
    }
    let same = diff(wide, world.directory("wide.json"))
    expectSuccess(same)
    #expect(same.output.contains("the same for every input"), "\(same)")
    let narrowed = diff(wide, narrow)
    expectSuccess(narrowed)
    #expect(narrowed.output.contains("narrowed: new denies"), "\(narrowed)")
    let widened = diff(narrow, wide)
    #expect(widened.status == 2 && widened.output.contains("widened: new allows ioctl("), "\(widened)")
    let json = diff(narrow, wide, "--json")
    #expect(json.status == 2 && json.output.contains(#""direction": "widened""#), "\(json)")
    expectRefused(diff(wide, world.directory("nowhere.bpf")), status: 65, naming: ["nowhere.bpf"])
  }

  @Test func writesOtherFormatsAndReadsThemBack() {
    let world = World("formats")
    let filter = compile(Self.profile, to: "small", in: world)
    for format in ["oci", "locara"] {
      let output = world.directory("\(format).json")
      expectSuccess(
        world.locara(
          "seccomp", "compile", filter.replacing(".bpf", with: ".json"), "--arch", "x86_64", "--format",
          format, "-o", output))
      let same = world.locara("seccomp", "diff", filter, output, "--arch", "x86_64")
      expectSuccess(same)
    }
    let array = world.locara(
      "seccomp", "compile", filter, "--arch", "x86_64", "--format", "c", "--name", "mine")
    expectSuccess(array)
    #expect(array.output.contains("struct sock_filter mine["), "\(array)")
    let source = world.directory.write(array.output, to: "array.c")
    expectSuccess(world.command(["cc", "-Werror", "-Wno-unused-const-variable", "-c", source, "-o", "/dev/null"]))
  }

  /// What a format cannot say is an error that names the rule, not a silent loss.
  @Test(arguments: ["systemd", "kubernetes", "minijail"])
  func refusesWhatAFormatCannotSay(format: String) {
    let world = World("loss")
    let profile = world.directory.write(Self.profile, to: "small.json")
    let output = world.directory("lost")
    expectRefused(
      world.locara("seccomp", "compile", profile, "--arch", "x86_64", "--format", format, "-o", output),
      status: 65, codes: ["LC040"])
    #expect(contents(of: output) == nil)
  }

  @Test(.enabled(if: hasPodman, "golang-github-containers-common is not installed"))
  func compilesPodmansProfile() throws {
    let world = World("podman")
    func compile(_ capabilities: String, to output: String) -> Outcome {
      world.locara(
        "seccomp", "compile", Self.podman, "--arch", "x86_64", "--caps", capabilities, "-o", world.directory(output))
    }
    let plain = compile("CAP_CHOWN,CAP_NET_RAW", to: "plain.bpf")
    expectSuccess(plain)
    // Every argument that it compares at the wrong width is flagged.
    #expect(plain.errors.contains("width: ") && plain.errors.contains("`personality`"), "\(plain)")
    let size = try #require(contents(of: world.directory("plain.bpf"))).count
    #expect(size % 8 == 0 && size <= 80 * 8, "\(size / 8) instructions")
    expectSuccess(compile("CAP_CHOWN,CAP_NET_RAW,CAP_SYS_ADMIN", to: "admin.bpf"))
    let (plainFilter, admin) = (world.directory("plain.bpf"), world.directory("admin.bpf"))
    #expect(action(of: plainFilter, "bpf", in: world) == "errno 1")
    #expect(action(of: admin, "bpf", in: world) == "allow")
    #expect(action(of: plainFilter, "personality", "0xffffffff", in: world) == "allow")
    #expect(action(of: plainFilter, "personality", "0x40000", in: world) != "allow")
    #expect(action(of: plainFilter, "read", in: world) == "allow")
    let widened = world.locara("seccomp", "diff", plainFilter, admin, "--arch", "x86_64")
    #expect(widened.status == 2 && widened.output.contains("new allows bpf("), "\(widened)")
    expectSuccess(world.locara("seccomp", "diff", admin, plainFilter, "--arch", "x86_64"))
    let verified = world.locara(
      "seccomp", "verify", plainFilter, "--against", Self.podman, "--arch", "x86_64", "--caps", "CAP_CHOWN,CAP_NET_RAW")
    expectSuccess(verified)
    #expect(verified.output.contains("proven for every input"), "\(verified)")
  }
}
