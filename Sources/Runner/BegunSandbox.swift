internal import CSandbox
internal import Glibc
internal import SandboxPlan

/// A sandbox whose first process is being made while its plan is still read. It has the namespaces that every plan has;
/// what runs in it comes later, or never.
@safe package final class BegunSandbox {
  private var begun = unsafe locara_begun()
  private var isOpen = true
  /// What the first process sees of this process's memory.
  let memory: SpecificationMemory

  /// The namespaces of every plan but those without any. The network's comes with the program.
  private static let namespaces: [Namespace] = [.user, .mount, .pid, .ipc, .uts, .cgroup]

  /// Nil where none can be begun, and for an app on a terminal, whose first process needs the app's end of it.
  package init?() {
    guard isatty(0) != 1 || isatty(1) != 1 else { return nil }
    var identity = unsafe locara_sandbox()
    let flags = BegunSandbox.namespaces.reduce(0 as UInt64) { $0 | $1.cloneFlag }
    unsafe Specification.identify(&identity, namespaces: flags)
    let hostName: StaticString = "locara"
    unsafe hostName.utf8Start.withMemoryRebound(to: CChar.self, capacity: hostName.utf8CodeUnitCount + 1) {
      unsafe identity.host_name = $0
    }
    guard unsafe locara_begin(flags, &identity, &begun) == 0 else { return nil }
    memory = unsafe SpecificationMemory(UnsafeMutableRawBufferPointer(start: begun.memory, count: begun.size))
  }

  deinit {
    abandon()
    unsafe locara_release_memory(&begun)
  }

  /// Whether this is the beginning of that sandbox.
  func suits(_ sandbox: locara_sandbox) -> Bool {
    let wanted = unsafe sandbox.namespaces & ~Namespace.network.cloneFlag
    return unsafe isOpen && memory.isWhole && wanted == BegunSandbox.namespaces.reduce(0) { $0 | $1.cloneFlag }
      && sandbox.has_broker == 0 && sandbox.terminal == 0 && sandbox.arguments != nil
      && [sandbox.input, sandbox.output, sandbox.error].allSatisfy { 0...2 ~= $0 }
  }

  /// Goes on as `locara_spawn` does.
  func goOn(
    _ sandbox: UnsafePointer<locara_sandbox>, _ spawned: inout locara_spawned, _ message: inout locara_message
  ) -> Int32 {
    isOpen = false
    return unsafe locara_go_on(&begun, sandbox, &spawned, &message)
  }

  /// Ends what was begun, when it goes on with another sandbox or not at all.
  func abandon() {
    guard isOpen else { return }
    isOpen = false
    unsafe locara_abandon(&begun)
  }
}
