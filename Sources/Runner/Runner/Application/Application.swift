internal import BundleFormat
internal import BundleStore
internal import CanonicalJSON
internal import Consent
internal import Digests
internal import Glibc
internal import ModelStore
internal import PolicyIR
internal import SandboxPlan
package import SystemIO

/// An installed app that is ready to start: verified, unpacked, with its models found and its data directory there.
package struct Application: Sendable {
  package struct Options: Sendable {
    /// Appended to the app's argv.
    package var arguments: [String] = []
    /// The app's data directory; by default one of its own below the user's data directory.
    package var dataDirectory: String?
    /// Hash everything again instead of trusting the recorded witness.
    package var isParanoid = false
    /// Start without namespaces, and say what is weaker then.
    package var acceptsNoNamespaces = false
    /// Milliseconds after which the app is ended.
    package var timeLimit: UInt64?
    /// Files and directories that the user hands over for this run.
    package var selected: [LaunchRequest.SelectedFile] = []
    /// Where denials are written, as JSON lines; standard error, for people, when nil.
    package var denials: String?
    /// Where the egress broker writes what was connected to what, as JSON lines.
    package var egressLog: String?
    /// Say at the end which lines of the manifest would have allowed what was denied.
    package var suggests = false
    /// Agree to an update that widens, without being asked.
    package var acceptsWidening = false
    /// Seconds for which what an update may do anew stays off.
    package var coolDown: Int64?
    /// Becomes the program that asks for consent; gives why that is not possible. Nil starts without any record.
    package var asksConsent: (@Sendable () -> Failure)?
    /// Tell of files that the app does not get, too. What suggests does so in any case.
    package var explainsFiles = false

    package init() {}
  }

  private let path: String
  let options: Options
  let store: BundleStore
  let record: LaunchRecord
  let payload: InstalledPayload
  let modelFiles: TextTable
  let images: TextTable
  let dataDirectory: String
  /// The bundle's file, when the next start of it may be prepared.
  private var source: FileIdentity?

  /// `PUBLISHER/NAME@VERSION`
  var appName: String { "\(record.publisher)/\(record.name)@\(record.version)" }

  private var plan: SandboxPlan { record.plan }

  /// Finds the bundle at `path` in the store, or verifies and unpacks it; finds its models and its data directory.
  ///
  /// - Throws: when anything that the app needs is missing; nothing was started then.
  package init(bundle path: String, _ options: Options) throws(Failure) {
    try self.init(bundle: path, options, mayRecall: !options.isParanoid)
  }

  private init(bundle path: String, _ options: Options, mayRecall: Bool) throws(Failure) {
    self.path = path
    self.options = options
    store = try BundleStore.ofUser()
    var record: LaunchRecord
    if mayRecall, let known = try store.recall(path), let recalled = try? LaunchRecord(record: known.note),
      recalled.isCompared
    {
      record = recalled
      payload = known.payload
      source = known.source
    } else {
      let installed = try store.open(path)
      if options.isParanoid { try store.verify(installed.bundle.digest) }
      record = try LaunchRecord(installed.bundle)
      payload = installed.payload
      // At the installation, and not at each start: compiling takes longer than starting.
      record.isCompared = try CompilerProgram.compare(record.bundle, path: path)
      store.remember(installed, note: record.bytes)
    }
    if let asksConsent = options.asksConsent {
      if case .restricted(let plan, let filter) = try Application.consent(to: record, path, store, options, asksConsent)
      {
        record.reduce(to: plan, filter)
        source = nil
      }
    }
    images = try RuntimeStore.ofUser().roots(of: record.plan)
    self.record = record
    modelFiles = try Application.models(of: record, path: path, isParanoid: options.isParanoid)
    if let given = options.dataDirectory {
      dataDirectory = try Application.absolute(given)
    } else {
      dataDirectory = try Application.defaultData(of: record, path: path)
    }
    try Directories.create(dataDirectory, mode: 0o700)
    let isWritten = record.plan.mounts.contains { $0.source == .appData && !$0.isReadOnly }
    let isWritable = unsafe access(dataDirectory, R_OK | W_OK | X_OK) == 0
    guard isWritable || !isWritten else {
      throw Failure(
        "LR033", "the app's data directory cannot be written: \(describe(errno: errno))", path: dataDirectory,
        help: "make it writable for this user, or name another one with --data", errno: errno)
    }
  }

  /// Whether the user agreed to what the app may do, and with how much it starts.
  private static func consent(
    to record: LaunchRecord, _ path: String, _ store: BundleStore, _ options: Options,
    _ asksConsent: @Sendable () -> Failure
  ) throws(Failure) -> ConsentGate.LaunchDecision {
    let gate = ConsentGate(
      store: try ConsentStore.ofUser(), endsCoolDown: options.acceptsWidening && options.coolDown == nil)
    let bundle = ConsentGate.Bundle(
      publisher: record.publisher, name: record.name, version: record.version, policy: record.policy, path: path)
    return try gate.pass(
      bundle,
      policy: { () throws(Failure) in
        guard let bundle = try store.find(record.bundle)?.bundle else {
          throw Failure("LR035", "the bundle has gone from the store while it was being started", path: path)
        }
        return try bundle.layer(.policy)
      }, handOver: asksConsent)
  }

  /// Brings the database to the schema, starts the app, and waits for its end.
  package func run() throws(Failure) -> ExitStatus {
    if options.acceptsNoNamespaces { StandardStream.error.write(HostLayout.warning) }
    var application = self
    // The store's copy is not what an earlier start saw: the bundle itself tells what it has to be. Or other first starts
    // of the same bundle are unpacking it just now, of which there may be a few.
    for _ in 0..<4 {
      do throws(Failure) { return try application.runVerified() } catch let failure {
        guard failure.code == "LR039" else { throw failure }
      }
      application = try Application(bundle: path, options, mayRecall: false)
    }
    return try application.runVerified()
  }

  private func runVerified() throws(Failure) -> ExitStatus {
    // A reader of denials that has gone away ends nobody. The app starts with the default again (`become_program`).
    let former = signal(SIGPIPE, SIG_IGN)
    defer { _ = signal(SIGPIPE, former) }
    try prepareDatabase()
    var request = try self.request()
    request.arguments = options.arguments
    request.timeLimit = options.timeLimit
    request.forwardsSignals = true
    request.selected = options.selected
    let log = try denialLog()
    request.denials = log
    request.egressLog = try egressLog()
    defer { if request.egressLog >= 0 { close(request.egressLog) } }
    request.explainsFiles = options.explainsFiles || options.suggests
    // For `locara ps`; taken back when the app has ended.
    var registration: RunRecord.Registration?
    if let source { request.prepared = try? prepared(from: source, plan) }
    request.meanwhile = { [appName, record] in
      registration = RunRecord.Registration(app: appName, bundle: record.bundle.description)
    }
    defer { withExtendedLifetime(registration) {} }
    let status = try Runner.launch(request)
    log.summarize()
    if options.suggests {
      if !CompilerProgram.suggest(path, log.jsonLines) { StandardStream.error.write(log.suggestion) }
    }
    return status
  }

  private func denialLog() throws(Failure) -> DenialLog {
    if let path = options.denials {
      let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
      return DenialLog(
        NonblockingOutput(file), path: path, format: .jsonLines, summary: .ofStandardError())
    }
    return .ofStandardError()
  }

  /// A descriptor of the log of connections; -1 when none is wanted.
  private func egressLog() throws(Failure) -> Int32 {
    guard let path = options.egressLog else { return -1 }
    return try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW, mode: 0o644).release()
  }

  private func request() throws(Failure) -> LaunchRequest {
    var request = LaunchRequest(
      plan: plan, filter: record.filter, payloadDirectory: payload.directory, dataDirectory: dataDirectory,
      modelFiles: modelFiles,
      callerEnvironment: Environment.values(
        of: plan.launch.passedEnvironment + LaunchRequest.placeVariables))
    request.images = images
    request.toolFilters = record.toolFilters
    if !plan.tools.isEmpty { request.toolLauncher = try InstalledProgram.toolLauncher() }
    request.payloadIdentity = payload.identity
    request.withoutNamespaces = options.acceptsNoNamespaces
    request.isStillVerified = { [payload] in payload.isUnchanged() }
    return request
  }

  // MARK: Database

  /// Applies the schema when the database is not at it, inside the app's own sandbox: an extension is a stranger's code.
  private func prepareDatabase() throws(Failure) {
    guard let database = plan.database else { return }
    let file = "\(dataDirectory)/\(database.file)"
    if try Application.userVersion(of: file) == database.userVersion { return }
    // Two first runs at once: the second waits here, and then finds the work done.
    let lock = try Application.lock(dataDirectory)
    defer { _ = flock(lock.number, LOCK_UN) }
    if try Application.userVersion(of: file) == database.userVersion { return }

    var request = try self.request()
    let schema = try schemaSQL()
    request.extraMounts = [
      PlanMount(.host(try CompilerProgram.path()), at: "/run/locara/locara", permitsExecution: true),
      PlanMount(.file(content: schema), at: "/run/locara/schema.sql"),
    ]
    request.extraRules = [
      LandlockPlan.FileRule(path: "/run/locara/locara", rights: [.execute, .readFile]),
      LandlockPlan.FileRule(path: "/run/locara/schema.sql", rights: .readFile),
    ]
    request.replacedArguments =
      ["/run/locara/locara", "db", "apply", "/data/\(database.file)", "--schema", "/run/locara/schema.sql", "--quiet"]
      + database.extensions.flatMap { ["--extension", $0] }
    // The app's standard output is the app's; what is said about its database goes to standard error.
    request.streams = LaunchRequest.Streams(input: 0, output: 2, error: 2)
    let status = try Runner.launch(request)
    guard status == .exited(0) else {
      throw Failure(
        "LR030", "the app's database could not be brought to its schema (exit status \(status.shellCode))", path: file,
        help: "nothing in it was changed; the message above says what is wrong")
    }
    guard try Application.userVersion(of: file) == database.userVersion else {
      throw Failure(
        "LR030", "the bundle's schema is not the one that its plan names", path: file, help: "build the app again")
    }
  }

  /// The schema as its author spelt it, with what it declares about the way from earlier ones. The policy has only its
  /// normal form; both have to be the same schema, which `db apply` leaves in `user_version`.
  private func schemaSQL() throws(Failure) -> String {
    guard let bundle = try store.find(record.bundle)?.bundle else {
      throw Failure("LR035", "the bundle has gone from the store while it was being started", path: path)
    }
    let bytes = try bundle.layer(.schema)
    guard let sql = String(validating: bytes, as: UTF8.self) else {
      throw Failure("LR035", "the bundle's schema is not valid UTF-8", path: bundle.path)
    }
    return sql
  }

  /// The `user_version` of a database's header, sqlite.org/fileformat2.html section 1.3; nil when there is no file.
  private static func userVersion(of path: String) throws(Failure) -> Int32? {
    guard Files.exists(path) else { return nil }
    let header = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).read(upTo: 100, path: path)
    // An empty file is a database that nothing was written to.
    guard header.count == 100, header.starts(with: "SQLite format 3\0".utf8) else { return header.isEmpty ? nil : 0 }
    return header[60..<64].reduce(Int32(0)) { $0 << 8 | Int32($1) }
  }

  // MARK: What belongs to the app on this machine

  private static func models(
    of record: LaunchRecord, path: String, isParanoid: Bool
  ) throws(Failure) -> TextTable {
    var files = TextTable()
    guard !record.modelFiles.isEmpty else { return files }
    let store = try ModelStore.ofUser()
    for file in record.modelFiles {
      if !store.contains(file.digest) { try take(file.digest, from: path, into: store) }
      files[file.digest.hexadecimal] = try store.verified(
        file.digest, size: file.size, label: file.label, isParanoid: isParanoid)
    }
    return files
  }

  /// Takes a model file out of a fat bundle; of a thin one nothing.
  private static func take(_ digest: Digest, from path: String, into store: ModelStore) throws(Failure) {
    let bundle = try Bundle.openCarried(path)
    guard let model = bundle.models.first(where: { $0.digest == digest }) else { return }
    try unsafe store.receive(digest, size: model.size, from: path) { (take) throws(Failure) in
      try unsafe bundle.read(model, take)
    }
  }

  /// `$XDG_DATA_HOME/locara/data/PUBLISHER/NAME`: one for all versions of an app.
  private static func defaultData(of record: LaunchRecord, path: String) throws(Failure) -> String {
    for part in [record.publisher, record.name] where part.contains("/") || part.hasPrefix(".") {
      throw Failure("LR037", "the bundle's name cannot name a directory: `\(part)`", path: path)
    }
    return "\(try UserDirectories.data())/data/\(record.publisher)/\(record.name)"
  }

  /// One process at a time works on the database of a data directory. The lock is not in that directory, which is the
  /// app's and may be anywhere; on a file system without locks there is none.
  private static func lock(_ dataDirectory: String) throws(Failure) -> FileDescriptor {
    let locks = "\(try SystemIO.UserDirectories.data())/locks"
    try Directories.create(locks, mode: 0o700)
    let path = "\(locks)/\(Digest.of(Array(dataDirectory.utf8)).hexadecimal)"
    let descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    while flock(descriptor.number, LOCK_EX) != 0 {
      guard errno == EINTR else {
        if errno == ENOLCK || errno == EOPNOTSUPP { break }
        throw .system("lock", path: path, errno: errno)
      }
    }
    return descriptor
  }

  private static func absolute(_ path: String) throws(Failure) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = unsafe getcwd(nil, 0) else {
      throw .system("find the current directory", path: ".", errno: errno)
    }
    defer { unsafe free(current) }
    return unsafe "\(String(cString: current))/\(path)"
  }
}
