internal import PolicyIR
internal import SandboxPlan
internal import Schemas
internal import Structures

// What every process needs to start at all: the runtime, a minimal `/dev`, `/proc`, and a place for temporary files.

extension PlanBuilder {
  /// - Parameter mayExecuteRuntime: whether any program of the runtime may be started, as build steps need it.
  mutating func lowerRuntime(_ runtime: RuntimeEnvironment, mayExecuteRuntime: Bool) {
    switch runtime {
    case .host:
      mount(PlanMount(.host("/usr"), at: "/usr", permitsExecution: true))
      for (link, target) in [("/bin", "usr/bin"), ("/lib", "usr/lib"), ("/lib64", "usr/lib64"), ("/sbin", "usr/sbin")] {
        mount(PlanMount(.symbolicLink(target: target), at: link))
      }
      allow(
        mayExecuteRuntime ? [.readFile, .readDirectory, .execute] : [.readFile, .readDirectory], at: "/usr")
      for path in ["/etc/alternatives", "/etc/ld.so.cache"] {
        mount(PlanMount(.host(path), at: path, isOptional: true))
      }
      grant("read host/usr/**", by: ["mount", "landlock"], .exact, "the machine's own programs: not hermetic")
    case .image(let reference): lowerImage(reference, mayExecuteRuntime: mayExecuteRuntime)
    }
    mount(PlanMount(.file(content: "app:x:1000:1000:app:\(SandboxLayout.data):/usr/sbin/nologin\n"), at: "/etc/passwd"))
    mount(PlanMount(.file(content: "app:x:1000:\n"), at: "/etc/group"))
    allow([.readFile, .readDirectory], at: "/etc")

    mount(PlanMount(.proc, at: "/proc"))
    allow([.readFile, .readDirectory], at: "/proc")
    mount(PlanMount(.temporary(bytes: 256 << 20), at: SandboxLayout.temporary, isReadOnly: false))
    allow(FileAccessSet.readWrite.landlockRights, at: SandboxLayout.temporary)
    grant("temporary files", by: ["mount", "landlock"], .exact, "in memory, 256 MiB, gone at the end")
  }

  /// The directories of an image that programs are in, and the files of its `/etc` that programs need to start; users,
  /// groups and the rest of `/etc` are the sandbox's own.
  private mutating func lowerImage(_ reference: String, mayExecuteRuntime: Bool) {
    // `ImageReference` has checked the form: a name and `@sha256:`.
    let digest = reference.split(separator: ":").last.map(String.init) ?? ""
    for name in ["bin", "lib", "lib32", "lib64", "libx32", "opt", "sbin", "usr"] {
      mount(
        PlanMount(
          .image(digestHexadecimal: digest, path: name), at: "/\(name)", permitsExecution: true,
          isOptional: name != "usr"))
      allow(
        mayExecuteRuntime ? [.readFile, .readDirectory, .execute] : [.readFile, .readDirectory], at: "/\(name)",
        isOptional: name != "usr")
    }
    for name in SandboxLayout.imageConfiguration {
      mount(PlanMount(.image(digestHexadecimal: digest, path: name), at: "/\(name)", isOptional: true))
    }
    for loader in SandboxLayout.muslLoaders { allow([.execute, .readFile], at: loader, isOptional: true) }
    grant("read image/usr/**", by: ["mount", "landlock"], .exact, "the programs of \(reference): hermetic")
  }

  mutating func lowerDevices(_ devices: FiniteSet<Device>, sharedMemory: Bool) {
    let nodes: [Device: String] = [.camera: "video0", .gpu: "dri", .microphone: "snd", .speaker: "snd"]
    let granted = Set(devices.elements.compactMap { nodes[$0] }).sorted()
    mount(PlanMount(.devices(granted), at: "/dev", isReadOnly: false))
    for name in ["full", "null", "random", "urandom", "zero"] {
      allow([.readFile, .writeFile], at: "/dev/\(name)")
    }
    // `/dev/fd` and its like are links into `/proc`; reading the directory itself is harmless.
    allow([.readDirectory], at: "/dev")
    for name in granted {
      allow([.readFile, .writeFile, .readDirectory, .ioctlDevice], at: "/dev/\(name)", isOptional: true)
    }
    for device in devices.elements {
      switch device {
      case .microphone, .speaker:
        let both = devices.permits(.microphone) && devices.permits(.speaker)
        grant(
          "use \(device.rawValue)", by: ["mount", "landlock"], both ? .exact : .overApproximated,
          both ? "" : "sound devices are shared: the kernel permits microphone and speaker alike")
      case .camera, .gpu: grant("use \(device.rawValue)", by: ["mount", "landlock"])
      }
    }
    if devices.elements.count < Device.allCases.count { deny("all other devices", by: ["mount", "landlock"]) }
    if sharedMemory {
      mount(PlanMount(.temporary(bytes: 256 << 20), at: "/dev/shm", isReadOnly: false))
      allow(FileAccessSet.readWrite.landlockRights, at: "/dev/shm")
    }
  }

  /// Which files may be started: the program itself, what `spawn` names, and the loader.
  mutating func lowerPrograms(startedAs path: String, programs: FiniteSet<String>) {
    allow([.execute, .readFile], at: path)
    for program in programs.elements {
      allow([.execute, .readFile], at: SandboxLayout.path(ofProgram: program))
      grant("spawn \(program)", by: ["landlock"])
    }
    for loader in SandboxLayout.loaders { allow([.execute, .readFile], at: loader, isOptional: true) }
    deny(
      programs.isEmpty ? "spawn anything" : "spawn anything else", by: ["landlock", "seccomp"], .overApproximated,
      "a program can still map or interpret code that it may read; such code has the app's rights and no more")
  }
}
