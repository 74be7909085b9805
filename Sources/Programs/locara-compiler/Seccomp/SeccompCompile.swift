internal import ArgumentParser
internal import CanonicalJSON
internal import SandboxPlan
internal import Seccomp
internal import SystemIO

struct SeccompCompile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Compile a profile, prove the filter, and write it.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case bpf, oci, locara, systemd, kubernetes, minijail, c
  }

  @Argument(help: "The profile, or - for standard input.")
  var profile: String
  @OptionGroup var machine: MachineOptions
  @Option(name: [.customShort("o"), .customLong("output")], help: "Where to write it. Default: standard output.")
  var output: String?
  @Option(help: "What to write: bpf, oci, locara, systemd, kubernetes, minijail or c.")
  var format: Format = .bpf
  @Option(help: "The name of the Kubernetes resource or the C array.")
  var name: String?
  @Option(
    help:
      "What to do with calls that the table does not know, instead of the profile's default: errno:38, kill-process, …")
  var unknown: String?

  func run() throws {
    let context = try machine.context()
    var loaded = try SeccompConsole.load(profile, context)
    if let unknown {
      guard let action = SystemCallAction(unknown) else {
        throw Failure(
          "LC033", "`\(unknown)` is not an action",
          help: "actions are allow, log, errno:N, trap:N, trace:N, notify, kill-thread and kill-process")
      }
      guard case .policy(var policy) = loaded.source else {
        throw Failure("LC042", "`--unknown` changes a policy, and \(profile) is a program", help: "leave it out")
      }
      policy.unknown = action
      loaded.source = .policy(policy)
    }
    let filter = try SeccompConsole.filter(of: loaded, from: profile, context)
    if !loaded.flags.isEmpty {
      SeccompConsole.report("\(profile): load it with \(loaded.flags.joined(separator: ", "))")
    }
    let meaning = try loaded.meaning(for: context)
    switch format {
    case .bpf: try SeccompConsole.write(filter.bytes, to: output)
    case .oci: try SeccompConsole.write(try OCIProfile.write(meaning).prettyBytes, to: output)
    case .locara:
      guard case .policy(let policy) = loaded.source else {
        throw Failure(
          "LC042", "a program has no rules to write", help: "write it as `oci`, which is made from its meaning")
      }
      try SeccompConsole.write(LocaraProfile.write(policy).prettyBytes, to: output)
    case .systemd: try SeccompConsole.write(try SystemdExport.write(meaning), to: output)
    case .kubernetes:
      try SeccompConsole.write(try KubernetesExport.write(meaning, name: name ?? "locara"), to: output)
    case .minijail: try SeccompConsole.write(try MinijailExport.write(meaning), to: output)
    case .c: try SeccompConsole.write(try CArrayExport.write(filter, name: name ?? "filter"), to: output)
    }
  }
}
