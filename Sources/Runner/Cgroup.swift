internal import Glibc
internal import SystemIO

/// The control group (version 2) of this process, as far as it may be divided further.
enum Cgroup {
  /// The directory below which this user may create groups, cgroups(7): its own group, when that is delegated.
  static func delegatedParent() -> String? {
    guard
      let bytes = try? FileDescriptor.open("/proc/self/cgroup", O_RDONLY).read(upTo: 8192, path: "/proc/self/cgroup"),
      let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("0::/") }),
      let mountPoint = mountPoint()
    else { return nil }
    let path = mountPoint + line.dropFirst("0::".count)
    guard unsafe access(path, W_OK) == 0, unsafe access("\(path)/cgroup.procs", W_OK) == 0,
      let controllers = try? FileDescriptor.open("\(path)/cgroup.controllers", O_RDONLY).read(upTo: 4096, path: path)
    else { return nil }
    let names = String(decoding: controllers, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    return names.contains("memory") && names.contains("pids") ? path : nil
  }

  private static func mountPoint() -> String? {
    guard
      let bytes = try? FileDescriptor.open("/proc/self/mounts", O_RDONLY).read(upTo: 1 << 20, path: "/proc/self/mounts")
    else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count > 2, fields[2] == "cgroup2" { return String(fields[1]) }
    }
    return nil
  }
}
