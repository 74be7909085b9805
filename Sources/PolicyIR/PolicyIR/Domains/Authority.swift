package import Structures

/// What an app may do: the product of all domains. The default is nothing.
package struct Authority: AuthorityDomain {
  package var files: FileAuthority
  package var connect: ConnectAuthority
  package var listen: ListenAuthority
  package var process: ProcessAuthority
  package var devices: FiniteSet<Device>
  package var ipc: FiniteSet<IPCFacility>
  /// Names of variables that are passed through.
  package var environment: FiniteSet<String>
  package var notifications: FiniteSet<NotificationMode>
  package var background: FiniteSet<BackgroundMode>
  package var serves: FiniteSet<ServedProtocol>

  package init(
    files: FileAuthority = .nothing, connect: ConnectAuthority = .nothing, listen: ListenAuthority = .nothing,
    process: ProcessAuthority = .nothing, devices: FiniteSet<Device> = .nothing,
    ipc: FiniteSet<IPCFacility> = .nothing, environment: FiniteSet<String> = .nothing,
    notifications: FiniteSet<NotificationMode> = .nothing, background: FiniteSet<BackgroundMode> = .nothing,
    serves: FiniteSet<ServedProtocol> = .nothing
  ) {
    self.files = files
    self.connect = connect
    self.listen = listen
    self.process = process
    self.devices = devices
    self.ipc = ipc
    self.environment = environment
    self.notifications = notifications
    self.background = background
    self.serves = serves
  }

  package static var nothing: Authority { Authority() }

  package func permits(_ operation: Operation) -> Bool {
    switch operation {
    case .file(let operation): files.permits(operation)
    case .connect(let operation): connect.permits(operation)
    case .listen(let operation): listen.permits(operation)
    case .process(let operation): process.permits(operation)
    case .use(let device): devices.permits(device)
    case .communicate(let facility): ipc.permits(facility)
    case .readVariable(let name): environment.permits(name)
    case .notify(let mode): notifications.permits(mode)
    case .runInBackground(let mode): background.permits(mode)
    case .serve(let served): serves.permits(served)
    }
  }

  package func union(_ other: Authority) -> Authority {
    Authority(
      files: files.union(other.files), connect: connect.union(other.connect), listen: listen.union(other.listen),
      process: process.union(other.process), devices: devices.union(other.devices), ipc: ipc.union(other.ipc),
      environment: environment.union(other.environment), notifications: notifications.union(other.notifications),
      background: background.union(other.background), serves: serves.union(other.serves))
  }

  package func subtracting(_ other: Authority) -> Authority {
    Authority(
      files: files.subtracting(other.files), connect: connect.subtracting(other.connect),
      listen: listen.subtracting(other.listen), process: process.subtracting(other.process),
      devices: devices.subtracting(other.devices), ipc: ipc.subtracting(other.ipc),
      environment: environment.subtracting(other.environment),
      notifications: notifications.subtracting(other.notifications),
      background: background.subtracting(other.background), serves: serves.subtracting(other.serves))
  }

  package var witness: Operation? {
    if let found = connect.witness { return .connect(found) }
    if let found = listen.witness { return .listen(found) }
    if let found = files.witness { return .file(found) }
    if let found = process.witness { return .process(found) }
    if let found = devices.witness { return .use(found) }
    if let found = ipc.witness { return .communicate(found) }
    if let found = environment.witness { return .readVariable(found) }
    if let found = notifications.witness { return .notify(found) }
    if let found = background.witness { return .runInBackground(found) }
    return serves.witness.map { .serve($0) }
  }

  /// Whether nothing of the app can leave the machine: no connection, no listening beyond loopback.
  package var isFullyLocal: Bool { connect == .nothing && listen.any == .nothing }
}

/// One thing that an app may try. Its text form is the language of a manifest's `tests:` and of every verdict.
package enum Operation: Hashable, Sendable {
  case file(FileAuthority.Operation)
  case connect(ConnectAuthority.Operation)
  case listen(ListenAuthority.Operation)
  case process(ProcessAuthority.Operation)
  case use(Device)
  case communicate(IPCFacility)
  case readVariable(String)
  case notify(NotificationMode)
  case runInBackground(BackgroundMode)
  case serve(ServedProtocol)
}
