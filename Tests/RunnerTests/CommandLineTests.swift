import Runner
import SystemIO
import Testing

/// The command line of `locara run`, which is read by hand.
@Suite struct CommandLineTests {
  @Test(
    arguments: [
      ("7", 7000), ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000),
    ] as [(String, UInt64)])
  func timesHaveUnits(text: String, milliseconds: UInt64) throws {
    let parsed = try #require(try RunCommandLine.parse(["--timeout", text, "app.locapp"]))
    #expect(parsed.options.timeLimit == milliseconds)
    #expect(parsed.bundle == "app.locapp")
  }

  @Test(arguments: ["", "0", "-1", "1d", "s", "1.5s", "1 s", "18446744073709551615h", "١s"])
  func whatIsNoTimeIsRefused(text: String) {
    let failure = #expect(throws: Failure.self) { try RunCommandLine.parse(["--timeout", text, "app.locapp"]) }
    #expect(failure?.code == "LR100")
  }

  @Test(arguments: [("7", 604_800), ("7d", 604_800), ("12h", 43_200), ("30m", 1800), ("90s", 90)] as [(String, Int64)])
  func coolDownsHaveUnits(text: String, seconds: Int64) throws {
    #expect(try RunCommandLine.parse(["app", "--cool-down", text])?.options.coolDown == seconds)
  }

  @Test func filesAreHandedOverInOrder() throws {
    let options = try #require(
      try RunCommandLine.parse(["--open", "a", "app", "--open-rw", "b", "--", "--open", "c"])?.options)
    #expect(
      options.selected == [.init(path: "a", isReadOnly: true), .init(path: "b", isReadOnly: false)])
    #expect(options.arguments == ["--open", "c"])
  }

  @Test(arguments: [["--timeout"], ["--nonsense", "app"], ["app", "other"]])
  func whatIsNoCommandLineIsRefused(words: [String]) {
    let failure = #expect(throws: Failure.self) { try RunCommandLine.parse(words) }
    #expect(failure?.code == "LR100")
  }
}

/// What people are told to do where user namespaces are restricted.
@Suite struct AdviceTests {
  @Test(
    arguments: [
      (["/proc/sys/user/max_user_namespaces": "0"], 28, "user.max_user_namespaces to 10000"),
      (["/proc/sys/kernel/unprivileged_userns_clone": "0"], 1, "kernel.unprivileged_userns_clone to 1"),
      (["/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"], 1, "AppArmor profile with the `userns` rule"),
      (["/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0"], 28, "raise user.max_*_namespaces"),
      ([:], 1, "CONFIG_USER_NS"),
    ] as [([String: String], Int32, String)])
  func theFirstObstacleIsNamed(settings: [String: String], errno: Int32, words: String) {
    let advice = KernelFeatures.adviceOnUserNamespaces(errno: errno) { settings[$0] }
    #expect(advice.contains(words), "\(advice)")
  }
}
