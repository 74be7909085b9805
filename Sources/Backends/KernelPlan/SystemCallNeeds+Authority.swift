package import PolicyIR
package import Seccomp
internal import Structures

extension SystemCallNeeds {
  /// What an authority asks of the system-call filter.
  package init(_ authority: Authority) {
    self.init(
      threads: authority.process.threads, spawn: !authority.process.programs.isEmpty,
      network: authority.connect == .full
        ? .full : authority.connect == .nothing && authority.listen == .nothing ? .none : .brokered, unixSockets: false,
      listen: authority.listen != .nothing, sharedMemory: authority.ipc.permits(.sharedMemory))
  }
}
