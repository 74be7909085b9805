import Glibc
import TestSupport
import Testing

/// Places that cannot be written: one clear error, and nothing half-written.
@Suite struct FullDiskTests {
  /// Runs a script with `$tool` as locara, in a mount namespace of its own where `$disk` is a file system of `size`.
  private func withSmallDisk(_ world: World, size: String, _ script: String) -> Outcome {
    let mount = "mkdir -p disk && mount -t tmpfs -o size=\(size) none disk && disk=$PWD/disk\n"
    return world.command(
      ["unshare", "--user", "--map-root-user", "--mount", "/bin/bash", "-uc", mount + script],
      environment: ["tool": Locations.locara, "bundle": Hello.built.bundle])
  }

  /// The bundle does not fit, with every size of disk from nothing to almost enough.
  @Test(arguments: [4, 16, 64, 256, 512])
  func buildOnAFullDisk(kibibytes: Int) throws {
    let size = try #require(contents(of: Hello.built.bundle)).count
    try #require(size > 512 << 10)
    let world = World("full")
    _ = world.copy(app: "hello-c")
    let outcome = withSmallDisk(
      world, size: "\(kibibytes)k", "\"$tool\" build hello-c/locara.yaml -o disk/out.locapp; s=$?; ls -A disk; exit $s")
    expectRefused(outcome, status: 1, naming: ["no space left"])
    #expect(outcome.output == "", "left behind: \(outcome)")
  }

  /// A bundle that is there already stays as it was when the new one does not fit beside it.
  @Test func rebuildOnAFullDisk() throws {
    let size = try #require(contents(of: Hello.built.bundle)).count
    let world = World("rebuild")
    _ = world.copy(app: "hello-c")
    let outcome = withSmallDisk(
      world, size: "\(size / 1024 + 64)k",
      """
      cp "$bundle" disk/out.locapp || exit 99
      printf '\\n// changed\\n' >> hello-c/src/hello.c
      "$tool" build hello-c/locara.yaml -o disk/out.locapp; s=$?
      cmp "$bundle" disk/out.locapp && ls -A disk; exit $s
      """)
    expectRefused(outcome, status: 1, naming: ["no space left"])
    #expect(outcome.output == "out.locapp\n", "\(outcome)")
  }

  @Test func compileOnAFullDisk() {
    let world = World("compile")
    _ = world.copy(app: "hello-c")
    let outcome = withSmallDisk(
      world, size: "8k",
      "\"$tool\" compile hello-c/locara.yaml -o disk/out --emit all; s=$?; find disk -type f; exit $s")
    expectRefused(outcome, status: 1, naming: ["no space left"])
    #expect(outcome.output == "", "left behind: \(outcome)")
  }

  @Test func runWithAFullDataDirectory() {
    let world = World("data")
    let outcome = withSmallDisk(
      world, size: "64k",
      """
      XDG_DATA_HOME=$disk "$tool" run "$bundle" -- greet; s=$?
      find disk -type f -size +0 | head; exit $s
      """)
    expectRefused(outcome, status: 125, naming: ["no space left"])
    #expect(!outcome.output.contains("Hello"), "\(outcome)")
  }

  @Test func modelImportOnAFullDisk() throws {
    try #require(SemanticNotes.canRun || Locations.isContinuousIntegration == false, "\(SemanticNotes.reason)")
    guard SemanticNotes.canRun else { return }
    let world = World("models")
    let outcome = withSmallDisk(
      world, size: "1m",
      """
      XDG_DATA_HOME=$disk "$tool" model import \(Locations.fixture("apps/semantic-notes/locara.yaml")) \\
        --from '\(SemanticNotes.models)'; s=$?
      find disk -type f -size +600k; exit $s
      """)
    expectRefused(outcome, status: 1, naming: ["no space left"])
    #expect(outcome.output == "", "left behind: \(outcome)")
  }

  @Test func dataDirectoryThatCannotBeWritten() {
    let world = World("readonly")
    let outcome = withSmallDisk(
      world, size: "1m",
      "mount -o remount,ro disk && XDG_DATA_HOME=$disk \"$tool\" run \"$bundle\" -- greet")
    expectRefused(outcome, status: 125, naming: ["disk"])
    #expect(!outcome.output.contains("Hello"), "\(outcome)")
    world.directory.write("a file", to: "taken")
    let taken = world.locara(
      ["run", Hello.built.bundle, "--", "greet"], environment: ["XDG_DATA_HOME": world.directory("taken")])
    expectRefused(taken, status: 125, naming: ["taken"])
  }

  @Test func noHomeAtAll() {
    let outcome = Hello.built.world.locara(
      ["run", Hello.built.bundle], environment: ["HOME": nil, "XDG_DATA_HOME": nil])
    expectRefused(outcome, status: 125, naming: ["HOME"])
  }

  @Test func outputThatCannotBeWritten() {
    let world = World("output")
    let app = world.copy(app: "hello-c")
    for target in [world.directory("nowhere/out.locapp"), world.home, "/proc/out.locapp"] {
      expectRefused(world.locara("build", "\(app)/locara.yaml", "-o", target), status: 1, naming: [target])
    }
  }

  /// A reader that goes away, as `| head` does, is no reason for a trace.
  @Test func closedOutput() {
    for arguments in ["inspect \"$bundle\"", "compile \"$manifest\" --emit all", "--help"] {
      let outcome = Hello.built.world.command(
        ["/bin/bash", "-c", "{ sleep 0.1; \"$tool\" \(arguments); } | true; exec 1>/dev/full; \"$tool\" \(arguments)"],
        environment: [
          "tool": Locations.locara, "bundle": Hello.built.bundle,
          "manifest": Locations.fixture("apps/hello-c/locara.yaml"),
        ])
      expectNoTrace(outcome)
    }
  }
}
