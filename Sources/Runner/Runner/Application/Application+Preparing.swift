internal import BundleFormat
internal import Consent
internal import Digests
internal import Glibc
internal import ModelStore
internal import SandboxPlan
internal import SystemIO

extension Application.Options {
  /// Whether nothing is asked for but the app itself, with or without namespaces.
  var isPlain: Bool {
    dataDirectory == nil && !isParanoid && timeLimit == nil && selected.isEmpty && denials == nil && egressLog == nil
      && !suggests && !acceptsWidening && coolDown == nil && !explainsFiles
  }
}

extension Application {
  /// What the next start needs to come about without being worked out again; nil for starts in which something depends on
  /// more than can be written down.
  func prepared(from source: FileIdentity, _ plan: SandboxPlan) throws(Failure) -> PreparedStart? {
    guard options.isPlain, plan.egress == nil, images.entries.isEmpty, plan.launch.streams == .inherit else {
      return nil
    }
    var conditions: [PreparedStart.Condition] = []
    for name in Set(PreparedStart.placeVariables + plan.launch.passedEnvironment).sorted() {
      conditions.append(.variable(name, Environment.value(name)))
    }
    // Another locara works starts out in another way.
    conditions.append(.facts(path: "/proc/self/exe", try FileIdentity(following: "/proc/self/exe")))
    let consents = try ConsentStore.ofUser()
    conditions.append(
      .whole(
        path: try consents.grantPath(publisher: record.publisher, name: record.name),
        ConsentGrant(version: record.version, policy: record.policy).bytes))
    conditions.append(.directory(dataDirectory))
    for model in modelFiles.entries {
      let identity = try FileIdentity(of: model.value)
      guard identity.isSettled else { return nil }
      conditions.append(.facts(path: model.value, identity))
    }
    if let database = plan.database { conditions += Application.conditions(of: database, in: dataDirectory) }
    guard let places = Application.conditions(of: plan) else { return nil }
    conditions += places
    return PreparedStart(
      store: store, bundle: source, payload: payload, conditions: conditions,
      recordDirectory: try RunRecord.directory(),
      recordHead: RunRecord.head(app: appName, bundle: record.bundle.description))
  }

  /// The database is at its schema: sqlite.org/fileformat2.html section 1.3, the header's magic and `user_version`.
  private static func conditions(of database: DatabasePlan, in directory: String) -> [PreparedStart.Condition] {
    let file = "\(directory)/\(database.file)"
    let version = UInt32(bitPattern: database.userVersion)
    return [
      .content(path: file, offset: 0, Array("SQLite format 3\0".utf8)),
      .content(path: file, offset: 60, [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: version >> $0) }),
    ]
  }

  /// What the mounts and the limits depend on; nil when they depend on what is not there yet.
  private static func conditions(of plan: SandboxPlan) -> [PreparedStart.Condition]? {
    var conditions: [PreparedStart.Condition] = []
    let roles = plan.mounts.compactMap { mount in
      if case .userDirectory(let role) = mount.source { role } else { nil }
    }
    if !roles.isEmpty {
      let personal = PersonalDirectories(environment: Environment.values(of: LaunchRequest.placeVariables))
      guard roles.allSatisfy({ personal.path(of: $0) != nil }) else { return nil }
      if let file = personal.configuration {
        conditions.append(.whole(path: file, try? Files.read(file, limit: 64 << 10)))
      }
    }
    if !plan.limits.isEmpty {
      // Where this process may make a control group depends on the one that it is in, as long as the machine is up.
      for file in ["/proc/self/cgroup", "/proc/sys/kernel/random/boot_id"] {
        guard let content = try? Files.read(file, limit: 64 << 10) else { return nil }
        conditions.append(.whole(path: file, content))
      }
    }
    return conditions
  }
}
