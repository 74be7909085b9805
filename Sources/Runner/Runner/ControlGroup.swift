internal import CSandbox
internal import Glibc
package import SandboxPlan
internal import SystemIO

/// A control group (cgroups(7), version 2) for one sandbox, where this user has been delegated a part of the hierarchy:
/// it holds all processes of the app together to memory, number and processors, which setrlimit(2) cannot.
///
/// Nothing depends on there being one: the limits of setrlimit(2) and the processors' affinity hold in any case.
package final class ControlGroup {
  /// The directory below which groups may be made, and what may be limited there.
  package struct Place: Hashable, Sendable {
    package var path: String
    /// Of `memory`, `pids` and `cpu`.
    package var controllers: [String]

    package init(path: String, controllers: [String]) {
      self.path = path
      self.controllers = controllers
    }
  }

  package let path: String
  /// For CLONE_INTO_CGROUP.
  let descriptor: FileDescriptor
  /// Where it is.
  let place: String
  /// What was set.
  let settings: [Setting]

  /// The controllers whose limits hold.
  package var applied: [String] {
    settings.reduce(into: []) { if !$0.contains($1.controller) { $0.append($1.controller) } }
  }

  /// A file of a group and what is written to it.
  package struct Setting: Hashable, Sendable {
    package var controller: String
    package var file: String
    package var value: String
  }

  /// Nil where the plan has nothing to limit or no group can be made.
  package static func make(for plan: SandboxPlan, at place: @autoclosure () -> Place? = delegated()) -> ControlGroup? {
    guard !plan.limits.isEmpty, let place = place() else { return nil }
    let settings = settings(of: plan).filter { place.controllers.contains($0.controller) }
    guard !settings.isEmpty else { return nil }
    removeLeftovers(in: place.path)
    return ControlGroup(in: place, settings)
  }

  package static func settings(of plan: SandboxPlan) -> [Setting] {
    plan.limits.flatMap { limit -> [Setting] in
      switch limit.resource {
      case .addressSpace:
        [
          Setting(controller: "memory", file: "memory.max", value: "\(limit.value)"),
          // What is swapped out is memory too, where the kernel counts it.
          Setting(controller: "memory", file: "memory.swap.max", value: "0"),
        ]
      // The sandbox's first process is in the group, and none of the app's.
      case .processes: [Setting(controller: "pids", file: "pids.max", value: "\(limit.value + 1)")]
      // Microseconds of processor time in each tenth of a second.
      case .processors:
        [Setting(controller: "cpu", file: "cpu.max", value: "\(max(limit.value * 100, 1000)) 100000")]
      case .core, .fileSize, .openFiles: []
      }
    }
  }

  private init?(in place: Place, _ settings: [Setting]) {
    let memory = SpecificationMemory()
    guard let wanted = unsafe memory.settings(settings) else { return nil }
    var number: Int32 = -1
    let path = unsafe String(unsafeUninitializedCapacity: 4096) { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { buffer in
        number = unsafe locara_make_group(place.path, wanted, settings.count, buffer.baseAddress, buffer.count)
        return number < 0 ? 0 : unsafe buffer.baseAddress.map { unsafe Int(strlen($0)) } ?? 0
      }
    }
    guard number >= 0 else { return nil }
    descriptor = FileDescriptor(owning: number)
    self.path = path
    self.place = place.path
    // Without swap there is nothing to limit, and no file for it.
    self.settings = settings.enumerated().filter { unsafe wanted[$0.offset].is_set != 0 }.map(\.element)
    if self.settings.isEmpty {
      remove()
      return nil
    }
  }

  /// Removes the group; its processes have ended.
  package func remove() { unsafe locara_remove_group(path) }

  /// Groups of runners that were killed: empty, since their sandboxes ended with them.
  private static func removeLeftovers(in directory: String) {
    for name in (try? Directories.names(in: directory)) ?? [] where name.hasPrefix("locara-") {
      let parts = name.split(separator: "-")
      guard parts.count == 3, let process = pid_t(parts[1]), kill(process, 0) != 0, errno == ESRCH else { continue }
      unsafe rmdir("\(directory)/\(name)")
    }
  }

  // MARK: Delegation

  /// The nearest group above this process in which it may make others and limit them.
  ///
  /// For an ordinary user, what it can write is what was delegated to it. Root can write everywhere: systemd marks what
  /// it has delegated, and without systemd nobody else arranges groups.
  package static func delegated(
    hierarchies: [String] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"], membership: String = "/proc/self/cgroup"
  ) -> Place? {
    guard let hierarchy = hierarchies.first(where: isControlGroups),
      let text = try? Files.read(membership, limit: 64 << 10),
      let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
    else { return nil }
    var directory = line.dropFirst(3) == "/" ? hierarchy : hierarchy + line.dropFirst(3)
    while true {
      let isWritable =
        unsafe access(directory, W_OK) == 0 && access("\(directory)/cgroup.procs", W_OK) == 0
      if isWritable, geteuid() != 0 || isMarked(directory), let place = place(at: directory) { return place }
      if directory == hierarchy { return nil }
      directory = Files.parent(of: directory)
    }
  }

  private static func place(at directory: String) -> Place? {
    let available = words("\(directory)/cgroup.controllers")
    let wanted = ["memory", "pids", "cpu"].filter(available.contains)
    guard !wanted.isEmpty else { return nil }
    let enabled = words("\(directory)/cgroup.subtree_control")
    let missing = wanted.filter { !enabled.contains($0) }.map { "+\($0)" }
    // Refused where the group has processes of its own: then one further up may do.
    if !missing.isEmpty, write(missing.joined(separator: " "), to: "\(directory)/cgroup.subtree_control") {
      return Place(path: directory, controllers: wanted)
    }
    let usable = wanted.filter(enabled.contains)
    return usable.isEmpty ? nil : Place(path: directory, controllers: usable)
  }

  private static func isControlGroups(_ path: String) -> Bool { unsafe locara_is_control_groups(path) == 1 }

  private static func isMarked(_ directory: String) -> Bool {
    unsafe !Files.isDirectory("/run/systemd/system") || locara_is_marked_delegated(directory) == 1
  }

  private static func words(_ path: String) -> [String] {
    let text = (try? Files.read(path, limit: 4096)) ?? []
    return String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }.map(String.init)
  }

  private static func write(_ text: String, to path: String) -> Bool {
    guard let file = try? FileDescriptor.open(path, O_WRONLY) else { return false }
    do throws(Failure) { try file.write(Array(text.utf8), path: path) } catch { return false }
    return true
  }
}
