package import ArgumentParser
internal import Glibc
internal import SandboxPlan
internal import Seccomp
internal import SystemCalls
internal import SystemIO

/// `locara seccomp`: the filter compiler on its own, for profiles that people already have.
package struct SeccompCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "seccomp",
    abstract: "Compile, prove, compare and explain system-call filters.",
    discussion: """
      A PROFILE is an OCI, Docker or Podman profile in JSON, a profile in locara's own JSON, or a raw BPF program.
      Every filter that is compiled is proven to do what its profile says before it is written.
      """,
    subcommands: [
      SeccompCompile.self, SeccompDisassemble.self, SeccompSimulate.self, SeccompVerify.self, SeccompDiff.self,
      SeccompExplain.self,
    ])

  package init() {}
}

/// The machine that a profile is read for.
struct MachineOptions: ParsableArguments {
  @Option(name: .customLong("arch"), help: "The architecture: x86_64, aarch64 or riscv64. Default: this machine's.")
  var architecture: String?

  @Option(
    name: .customLong("caps"),
    help: "The process's capabilities, separated by commas, for profiles that depend on them (CAP_CHOWN,…).")
  var capabilities: String?

  @Option(help: "The kernel's version, for rules with minKernel.")
  var kernel: String?

  func context() throws(Failure) -> ProfileContext {
    var context = ProfileContext(architecture: try resolvedArchitecture())
    for name in (capabilities ?? "").split(separator: ",") {
      let full = name.uppercased().hasPrefix("CAP_") ? name.uppercased() : "CAP_" + name.uppercased()
      guard OCINames.capabilities.contains(full) else { throw OCINames.unknownCapability(String(name)) }
      context.capabilities.insert(full)
    }
    if let kernel {
      guard let version = KernelVersion(kernel) else {
        throw Failure("LC034", "`\(kernel)` is not a kernel version", help: "write it as 6.18")
      }
      context.kernel = version
    }
    return context
  }

  private func resolvedArchitecture() throws(Failure) -> Architecture {
    guard let architecture else {
      guard let current = Architecture.current else {
        throw Failure("LC031", "this machine's architecture is none that filters are made for", help: "give `--arch`")
      }
      return current
    }
    let other = ["amd64": Architecture.x86_64, "arm64": .aarch64]
    guard let value = Architecture(rawValue: architecture) ?? other[architecture] else {
      throw Failure(
        "LC031", "`\(architecture)` is not an architecture that filters are made for",
        help: "x86_64, aarch64 and riscv64 are; i386 and x32 are rejected in every filter")
    }
    return value
  }
}

enum SeccompConsole {
  /// Reads a profile from a file, or from standard input for `-`, and reports its notes.
  static func load(_ path: String, _ context: ProfileContext, isQuiet: Bool = false) throws(Failure) -> LoadedProfile {
    let limit = 4 << 20
    let bytes: [UInt8]
    if path == "-" {
      bytes = try FileDescriptor(owning: dup(0)).read(upTo: limit + 1, path: "standard input")
      guard bytes.count <= limit else {
        throw Failure("LX004", "the file is larger than \(limit) bytes", path: "standard input")
      }
    } else {
      bytes = try Files.read(path, limit: limit)
    }
    return try naming(path) { () throws(Failure) in
      let profile = try LoadedProfile(reading: bytes, for: context)
      if !isQuiet { for note in profile.notes where note.kind != .absentCall { report("\(path): \(note)") } }
      return profile
    }
  }

  /// The profile's program. A failure of the profile's rules names the file.
  static func filter(
    of profile: LoadedProfile, from path: String, _ context: ProfileContext
  ) throws(Failure) -> SystemCallFilter {
    try naming(path) { () throws(Failure) in try profile.filter(for: context) }
  }

  /// Does something with a file's content; a failure names the file.
  private static func naming<Value>(_ path: String, _ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    do throws(Failure) {
      return try body()
    } catch {
      var failure = error
      if failure.path == nil { failure.path = path }
      throw failure
    }
  }

  /// Writes to a file, or to standard output.
  static func write(_ bytes: [UInt8], to path: String?) throws(Failure) {
    if let path, path != "-" {
      try Files.replace(path, with: bytes)
    } else {
      try FileDescriptor(owning: dup(1)).write(bytes, path: "standard output")
    }
  }

  static func write(_ text: String, to path: String? = nil) throws(Failure) { try write(Array(text.utf8), to: path) }

  /// A line on standard error.
  static func report(_ text: String) {
    try? FileDescriptor(owning: dup(2)).write(Array("\(text)\n".utf8), path: "standard error")
  }

  /// A call by name or by number.
  static func number(of text: String, on architecture: Architecture) throws(Failure) -> UInt32 {
    if let value = UInt64(literal: text) {
      guard let number = UInt32(exactly: value) else {
        throw Failure("LC035", "`\(text)` is beyond the 32 bits of a call's number")
      }
      return number
    }
    let call = try self.call(text)
    guard let number = call.number(on: architecture) else {
      throw Failure("LC002", "`\(text)` does not exist on \(architecture.rawValue)")
    }
    return number
  }

  static func call(_ name: String) throws(Failure) -> SystemCall {
    guard let call = SystemCall.named(name) else { throw SystemCallPolicy.unknownName(name) }
    return call
  }
}
