internal import BundleFormat
internal import BundleStore
internal import CSandbox
internal import SandboxPlan
internal import SystemIO

extension PreparedStart {
  /// Payloads with more files than fit take longer to look at than to start.
  private static let sizes = [64 << 10, 1 << 20, 8 << 20]

  /// Keeps a start that has come about. It only saves time, so that a failure is not reported.
  func keep(_ specification: Specification, of request: LaunchRequest, _ group: ControlGroup?) {
    let memory = SpecificationMemory()
    guard var start = unsafe start(specification, of: request, memory), unsafe setGroup(group, &start, memory) else {
      return
    }
    for size in PreparedStart.sizes {
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = unsafe locara_write_start(&start, buffer.baseAddress, size)
      }
      guard !bytes.isEmpty else { continue }
      try? Directories.create(store.prepared, mode: 0o700)
      try? Files.replace(path, with: bytes, mode: 0o600, isDurable: false)
      return
    }
  }

  /// The start as C takes it; nil when a text holds a NUL.
  private func start(
    _ specification: Specification, of request: LaunchRequest, _ memory: SpecificationMemory
  ) -> locara_start? {
    let plan = request.plan
    var start = unsafe locara_start()
    unsafe start.sandbox = specification.withSandbox { unsafe $0.pointee }
    // This start's own arguments may follow.
    guard let arguments = unsafe memory.strings(plan.launch.arguments),
      let payloadPath = unsafe memory.string(payload.directory),
      let lock = unsafe memory.string(payload.lockPath), let directory = unsafe memory.string(recordDirectory),
      let head = unsafe memory.string(recordHead)
    else { return nil }
    unsafe start.sandbox.arguments = arguments
    unsafe start.argument_count = plan.launch.arguments.count
    unsafe start.accepts_arguments = plan.launch.acceptsArguments ? 1 : 0
    unsafe start.variable_count = request.resolvedEnvironment().count
    unsafe start.bundle = bundle.facts
    unsafe start.landlock_abi = locara_landlock_abi()
    unsafe start.payload = UnsafePointer(payloadPath)
    unsafe start.lock = UnsafePointer(lock)
    unsafe start.record_directory = UnsafePointer(directory)
    unsafe start.record_head = UnsafePointer(head)
    unsafe start.time_limit = plan.wallTime ?? 0
    unsafe start.denials = UnsafeRawPointer(memory.bytes(request.filter))
    unsafe start.denials_length = UInt16(request.filter.count / 8)
    if let scratch {
      guard let path = unsafe memory.string(scratch.path), let directories = unsafe memory.strings(scratch.directories)
      else { return nil }
      unsafe start.scratch = UnsafePointer(path)
      unsafe start.scratch_directories = directories
      unsafe start.scratch_count = scratch.directories.count
    }
    if let notice { unsafe start.notice = unsafe memory.string(notice).map { unsafe UnsafePointer($0) } }
    guard unsafe setWitness(&start, memory), unsafe setConditions(&start, memory) else { return nil }
    return unsafe start
  }

  private func setGroup(_ group: ControlGroup?, _ start: inout locara_start, _ memory: SpecificationMemory) -> Bool {
    guard let group else { return true }
    guard let place = unsafe memory.string(group.place), let settings = unsafe memory.settings(group.settings) else {
      return false
    }
    unsafe start.group_place = UnsafePointer(place)
    unsafe start.group_settings = UnsafePointer(settings)
    unsafe start.group_setting_count = group.settings.count
    return true
  }

  private func setWitness(_ start: inout locara_start, _ memory: SpecificationMemory) -> Bool {
    let witness = unsafe memory.room(for: payload.witness.count, of: locara_witness.self)
    for (index, entry) in payload.witness.enumerated() {
      guard let path = unsafe memory.string(entry.path) else { return false }
      unsafe (witness + index).initialize(to: locara_witness(path: UnsafePointer(path), facts: entry.identity.facts))
    }
    unsafe start.witness = UnsafePointer(witness)
    unsafe start.witness_count = payload.witness.count
    return true
  }

  private func setConditions(_ start: inout locara_start, _ memory: SpecificationMemory) -> Bool {
    let list = unsafe memory.room(for: conditions.count, of: locara_condition.self)
    for (index, condition) in conditions.enumerated() {
      guard let value = unsafe condition.value(in: memory) else { return false }
      unsafe (list + index).initialize(to: value)
    }
    unsafe start.conditions = UnsafePointer(list)
    unsafe start.condition_count = conditions.count
    return true
  }
}

extension PreparedStart.Condition {
  /// As C takes it; nil when a text holds a NUL.
  fileprivate func value(in memory: SpecificationMemory) -> locara_condition? {
    var condition = unsafe locara_condition()
    let name: String
    var bytes: [UInt8]?
    let kind: locara_condition_kind
    switch self {
    case .variable(let variable, let text):
      (kind, name, bytes) = (LOCARA_CONDITION_VARIABLE, variable, text.map { Array($0.utf8) })
    case .content(let path, let offset, let content):
      (kind, name, bytes) = (LOCARA_CONDITION_CONTENT, path, content)
      unsafe condition.offset = offset
    case .whole(let path, let content): (kind, name, bytes) = (LOCARA_CONDITION_WHOLE, path, content)
    case .facts(let path, let identity):
      (kind, name) = (LOCARA_CONDITION_FACTS, path)
      unsafe condition.facts = identity.facts
    case .directory(let path): (kind, name) = (LOCARA_CONDITION_DIRECTORY, path)
    }
    guard let copy = unsafe memory.string(name) else { return nil }
    unsafe condition.kind = Int32(kind.rawValue)
    unsafe condition.name = UnsafePointer(copy)
    if let bytes {
      unsafe condition.value = UnsafeRawPointer(memory.bytes(bytes))
      unsafe condition.length = bytes.count
    }
    return unsafe condition
  }
}

extension FileIdentity {
  fileprivate var facts: locara_facts {
    locara_facts(
      device: device, inode: inode, size: size, mode: UInt64(mode), modified: modified, changed: changed)
  }
}
