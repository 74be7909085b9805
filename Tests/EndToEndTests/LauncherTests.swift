import TestSupport
import Testing

/// `locara` is a small program that runs apps, and hands every other verb over to `locara-compiler`.
@Suite struct LauncherTests {
  /// An installation of its own: `locara`, and the compiler where `compiler` says, if at all.
  private func installation(compiler: String?) -> (world: World, locara: String) {
    let world = World("installation")
    let copy = compiler.map { "install -D '\(Locations.locaraCompiler)' '\($0)'" } ?? "true"
    expectSuccess(
      world.command(["/bin/bash", "-ec", "install -D '\(Locations.locara)' usr/bin/locara && \(copy)"]))
    return (world, world.directory("usr/bin/locara"))
  }

  /// A machine that only runs bundles needs nothing else, and says what it cannot look at.
  @Test func runsAnAppAlone() {
    let (world, locara) = installation(compiler: nil)
    let outcome = world.command([locara, "run", Hello.built.bundle, "--", "greet", "launcher"])
    expectSuccess(outcome)
    #expect(outcome.output == "Hello, launcher!\n")
    #expect(outcome.errors.contains("nobody looked whether the bundle's plan grants no more"), "\(outcome)")
  }

  @Test(arguments: ["usr/bin/locara-compiler", "usr/libexec/locara/locara-compiler"])
  func handsOtherVerbsOver(place: String) {
    let (world, locara) = installation(compiler: place)
    let version = world.command([locara, "version"])
    expectSuccess(version)
    #expect(version.output.hasPrefix("locara "))
    #expect(world.command([locara, "--help"]).output.contains("USAGE: locara <subcommand>"))
    #expect(world.command([locara, "run", "--help"]).output.contains("USAGE: locara run "))
    let wrong = world.command([locara, "run"])
    #expect(wrong.status == 64 && wrong.errors.contains("<bundle>"), "\(wrong)")
    #expect(world.command([locara, "--generate-completion-script", "bash"]).output.contains("locara"))
  }

  @Test(arguments: [["version"], ["--help"], ["run", "--help"]])
  func saysWhenTheCompilerIsMissing(arguments: [String]) {
    let (world, locara) = installation(compiler: nil)
    expectRefused(world.command([locara] + arguments), status: 1, naming: ["LR031", "locara-compiler", "usr/libexec"])
  }

  @Test func refusesACompilerOfAnotherVersion() {
    let world = World("versions")
    expectRefused(
      world.command([Locations.locaraCompiler, "version"], environment: ["LOCARA_LAUNCHER_VERSION": "0.0.9"]),
      status: 1, naming: ["LR038", "0.0.9", "same version"])
    // What the compiler starts does not see the variable: it is for the compiler alone.
    expectSuccess(world.locara("version"))
  }

  @Test func theCompilerStartsNoApp() {
    let outcome = World("compiler").command([Locations.locaraCompiler, "run", Hello.built.bundle])
    #expect(outcome.status == 64 && outcome.errors.contains("started by `locara`"), "\(outcome)")
  }
}
