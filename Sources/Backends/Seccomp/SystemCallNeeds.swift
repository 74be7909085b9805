/// What an app's policy asks of the system-call filter; the kernel plan fills it in from the authority.
package struct SystemCallNeeds: Hashable, Sendable {
  package enum Network: String, Hashable, Sendable {
    /// No Internet sockets.
    case none
    /// TCP over IPv4 and IPv6, with ports that Landlock checks: no UDP, which Landlock cannot check, and no TCP Fast
    /// Open, which connects past Landlock's check.
    case tcp
    /// TCP and UDP over IPv4 and IPv6 in a network of the app's own; each attempt to connect is put before the supervisor.
    case brokered
    /// TCP and UDP over IPv4 and IPv6, and the netlink routing socket that resolvers use.
    case full
  }

  /// Start threads.
  package var threads: Bool
  /// Start other processes.
  package var spawn: Bool
  package var network: Network
  /// Create unix-domain sockets that can connect to, or be reached by, others. Pairs are always permitted.
  package var unixSockets: Bool
  /// Wait for connections on whatever sockets can be created.
  package var listen: Bool
  /// System V shared memory, semaphores and queues, and POSIX message queues.
  package var sharedMemory: Bool
  /// Choose the processors that it runs on; not when the plan holds it to some of them.
  package var choosesProcessors: Bool

  package init(
    threads: Bool = false, spawn: Bool = false, network: Network = .none, unixSockets: Bool = false,
    listen: Bool = false, sharedMemory: Bool = false, choosesProcessors: Bool = true
  ) {
    self.threads = threads
    self.spawn = spawn
    self.network = network
    self.unixSockets = unixSockets
    self.listen = listen
    self.sharedMemory = sharedMemory
    self.choosesProcessors = choosesProcessors
  }
}
