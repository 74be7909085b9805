internal import CSandbox
internal import Glibc
internal import SystemIO

/// What the running kernel can enforce, found out by trying.
package struct KernelFeatures: Hashable, Sendable {
  package struct Feature: Hashable, Sendable {
    /// Stable name: "landlock", "user-namespaces".
    package var name: String
    package var isPresent: Bool
    /// Whether nothing runs without it.
    package var isRequired: Bool
    /// What was found: "ABI 7", or the error.
    package var finding: String
    /// What it is needed for, one clause.
    package var purpose: String
    /// What to do when it is missing, one sentence; empty when it is there.
    package var advice: String
  }

  /// In a fixed order.
  package var features: [Feature]

  /// Whether everything is there that nothing runs without.
  package var isSufficient: Bool { features.allSatisfy { $0.isPresent || !$0.isRequired } }

  package static func probe() -> KernelFeatures {
    KernelFeatures(
      features: [
        landlock(), namespaces(), networkNamespaces(), seccomp(), notifications(), mountCalls(), pidfd(),
        controlGroups(),
      ])
  }

  /// The kernel release that brought a Landlock ABI, landlock(7).
  package static func firstKernel(landlockABI abi: Int) -> String {
    let releases = ["5.13", "5.19", "6.2", "6.7", "6.10", "6.12", "6.15"]
    return abi >= 1 && abi <= releases.count ? releases[abi - 1] : "6.15"
  }

  private static func landlock() -> Feature {
    let abi = locara_landlock_abi()
    let number = errno
    return Feature(
      name: "landlock", isPresent: abi > 0, isRequired: true,
      finding: abi > 0 ? "ABI \(abi)" : describe(errno: number),
      purpose: "denies files and TCP ports by rule, and signals and abstract sockets to the outside",
      advice: abi > 0
        ? ""
        : number == EOPNOTSUPP
          ? "add `landlock` to the kernel's boot parameter lsm="
          : "use Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK")
  }

  private static func probeNamespaces(_ flags: UInt64) -> (isPresent: Bool, finding: String, errno: Int32) {
    var message = locara_message()
    if unsafe locara_probe_namespaces(flags, &message) == 0 { return (true, "usable", 0) }
    let failure = Requirements.describe(message)
    return (false, failure.message, failure.errno)
  }

  private static let allButNetwork: UInt64 =
    0x1000_0000 | 0x0002_0000 | 0x2000_0000 | 0x0800_0000 | 0x0400_0000
    | 0x0200_0000

  private static func namespaces() -> Feature {
    let (isPresent, finding, number) = probeNamespaces(allButNetwork)
    return Feature(
      name: "user-namespaces", isPresent: isPresent, isRequired: true, finding: finding,
      purpose: "gives the app a file tree, processes and identifiers of its own, without privilege",
      advice: isPresent ? "" : adviceOnUserNamespaces(errno: number))
  }

  private static func networkNamespaces() -> Feature {
    let (isPresent, finding, number) = probeNamespaces(0x1000_0000 | 0x4000_0000)
    return Feature(
      name: "network-namespaces", isPresent: isPresent, isRequired: false, finding: finding,
      purpose: "gives the app a network of its own, where its policy needs more than denied calls",
      advice: isPresent ? "" : adviceOnUserNamespaces(errno: number))
  }

  /// What keeps user namespaces from working here, and what changes it.
  ///
  /// - Parameter setting: reads a setting of the kernel.
  package static func adviceOnUserNamespaces(
    errno number: Int32, setting: (String) -> String? = KernelFeatures.setting
  ) -> String {
    if setting("/proc/sys/user/max_user_namespaces") == "0" {
      return "set user.max_user_namespaces to 10000 with sysctl"
    }
    if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
      return "set kernel.unprivileged_userns_clone to 1 with sysctl"
    }
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
      return
        "AppArmor restricts user namespaces here: install an AppArmor profile with the `userns` rule for locara, "
        + "or set kernel.apparmor_restrict_unprivileged_userns to 0 with sysctl"
    }
    return number == ENOSPC
      ? "there are too many namespaces: raise user.max_*_namespaces with sysctl"
      : "use a kernel with CONFIG_USER_NS, and no outer sandbox that denies namespaces"
  }

  /// The first line of a file of /proc; nil where this kernel has none.
  package static func setting(_ path: String) -> String? {
    guard let bytes = try? FileDescriptor.open(path, O_RDONLY).read(upTo: 64, path: path) else { return nil }
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
  }

  private static func seccomp() -> Feature {
    let missing = [
      ("kill-process", UInt32(0x8000_0000)), ("errno", 0x0005_0000), ("log", 0x7FFC_0000), ("allow", 0x7FFF_0000),
    ]
    .filter { locara_seccomp_action($0.1) != 1 }.map(\.0)
    return Feature(
      name: "seccomp", isPresent: missing.isEmpty, isRequired: true,
      finding: missing.isEmpty ? "all actions" : "without \(missing.joined(separator: ", "))",
      purpose: "denies system calls by number and argument",
      advice: missing.isEmpty ? "" : "use Linux 4.14 or newer with CONFIG_SECCOMP_FILTER")
  }

  private static func notifications() -> Feature {
    let isPresent = locara_seccomp_action(0x7FC0_0000) == 1
    return Feature(
      name: "seccomp-notifications", isPresent: isPresent, isRequired: false,
      finding: isPresent ? "available" : "not available", purpose: "tells which call was denied, and why",
      advice: isPresent ? "" : "use Linux 5.0 or newer")
  }

  private static func mountCalls() -> Feature {
    let isPresent = locara_probe_mount_calls() == 0
    let number = errno
    return Feature(
      name: "mount-calls", isPresent: isPresent, isRequired: true,
      finding: isPresent ? "fsopen, open_tree, move_mount, mount_setattr" : describe(errno: number),
      purpose: "builds the app's file tree from descriptors instead of paths",
      advice: isPresent ? "" : "use Linux 5.12 or newer")
  }

  private static func controlGroups() -> Feature {
    let place = ControlGroup.delegated()
    return Feature(
      name: "control-groups", isPresent: place != nil, isRequired: false,
      finding: place.map { "\($0.controllers.joined(separator: ", ")) below \($0.path)" }
        ?? "not delegated to this user",
      purpose: "holds all processes of an app together to memory, number and processors",
      advice: place != nil
        ? "" : "start apps in a delegated group: systemd-run --user --scope --property Delegate=yes locara run …")
  }

  private static func pidfd() -> Feature {
    let isPresent = locara_probe_pidfd() == 0
    return Feature(
      name: "pidfd", isPresent: isPresent, isRequired: true, finding: isPresent ? "available" : describe(errno: errno),
      purpose: "ends the sandbox without mistaking another process for it",
      advice: isPresent ? "" : "use Linux 5.4 or newer")
  }
}
