import Digests
import Glibc
import Runner
import SandboxPlan
import SystemIO
import Testing

import enum Runner.ExitStatus

/// A payload with probe programs, a data directory, and a plan to run them with; deleted when it goes.
final class SandboxFixture {
  let directory: String
  var request: LaunchRequest

  /// Who the runner is.
  enum Caller: String, CaseIterable, CustomTestStringConvertible {
    case root, nobody
    var testDescription: String { rawValue }
  }

  let caller: Caller

  /// - Parameter programs: names of files in `fixtures/sandbox/programs`, which become `/app/NAME`; the first is the entry.
  init(_ programs: [String], caller: Caller = .root, sources: String = "programs") throws {
    self.caller = caller
    directory = try Directories.createTemporary(in: "/tmp")
    chmod(directory, 0o755)
    for name in ["payload", "data", "granted", "ungranted"] { try Directories.create("\(directory)/\(name)") }
    try Files.replace("\(directory)/granted/file", with: Array("granted\n".utf8))
    try Files.replace("\(directory)/ungranted/file", with: Array("secret\n".utf8))
    try Files.replace("\(directory)/payload/other", with: [], mode: 0o666)
    if caller == .nobody { chown("\(directory)/data", 65534, 65534) }
    for program in programs {
      let binary = try Programs.compiled(program, from: sources)
      try Files.replace(
        "\(directory)/payload/\(program)", with: try Files.read(binary, limit: 64 << 20), mode: 0o755)
    }
    let plan = SandboxPlan(
      namespaces: [.user, .mount, .pid, .ipc, .uts, .cgroup],
      mounts: [
        PlanMount(.payload, at: "/app", permitsExecution: true),
        PlanMount(.appData, at: "/data", isReadOnly: false),
        PlanMount(.granted("in"), at: "/granted"),
        PlanMount(.temporary(bytes: 1 << 20), at: "/tmp", isReadOnly: false),
        PlanMount(.proc, at: "/proc"),
        PlanMount(.devices([]), at: "/dev"),
        PlanMount(.file(content: "app:x:1000:1000::/data:/sbin/nologin\n"), at: "/etc/passwd"),
        PlanMount(.symbolicLink(target: "app"), at: "/link"),
      ],
      landlock: LandlockPlan(
        minimumABI: 3, handledFiles: .all,
        fileRules: [
          .init(path: "/", rights: [.readDirectory]),
          .init(path: "/app", rights: [.execute, .readFile, .readDirectory]),
          .init(path: "/data", rights: .all.subtracting([.execute])),
          .init(path: "/dev", rights: [.readFile, .writeFile, .readDirectory]),
          .init(path: "/granted", rights: [.readFile, .readDirectory]),
          .init(path: "/proc", rights: [.readFile, .readDirectory]),
          .init(path: "/tmp", rights: .all.subtracting([.execute])),
        ],
        handledPorts: [.bindTCP, .connectTCP], portRules: [], scopes: [.abstractUnixSocket, .signal]),
      filters: [],
      limits: [ResourceLimit(.core, 0), ResourceLimit(.openFiles, 128)],
      wallTime: nil,
      launch: LaunchPlan(
        arguments: ["/app/\(programs[0])"], acceptsArguments: true, workingDirectory: "/data",
        environment: [.init("HOME", "/data"), .init("PATH", "/app")], passedEnvironment: ["LANG", "LD_PRELOAD"],
        streams: .inherit),
      database: nil, enforcement: [])
    request = LaunchRequest(
      plan: plan, filter: Filter.allowing(except: [41: 13, 53: 13, 272: 1, 165: 1]),
      payloadDirectory: "\(directory)/payload", dataDirectory: "\(directory)/data",
      granted: ["in": "\(directory)/granted"],
      callerEnvironment: ["LANG": "C.UTF-8", "LD_PRELOAD": "/evil.so", "SECRET": "x", "HOME": "/root"])
  }

  deinit { try? Directories.removeTree(directory) }

  /// Puts a copy of a program beside it which is root's and set-user-id; its path outside.
  @discardableResult func addSetUserIdCopy(of program: String) throws -> String {
    let path = "\(directory)/payload/\(program)-setuid"
    try Files.replace(path, with: try Files.read("\(directory)/payload/\(program)", limit: 64 << 20), mode: 0o755)
    try #require(chmod(path, 0o4755) == 0)
    return path
  }

  /// Runs to the end as `caller` and gives what the program wrote to its standard output.
  func run(_ arguments: [String] = [], input: String = "") throws -> (status: ExitStatus, output: String) {
    request.arguments = arguments
    let output = try Pipe()
    let source = try Pipe()
    try source.writeAll(input)
    request.streams = .init(input: source.reading, output: output.writing, error: 2)
    let request = self.request
    let status = try launch(request)
    output.closeWriting()
    return (status, output.readAll())
  }

  /// Starts the sandbox, once more when the program is still open for writing: another test's fork between open and
  /// exec holds every descriptor of this process for a moment, the one that the program was copied through too.
  private func launch(_ request: LaunchRequest) throws -> ExitStatus {
    for _ in 0..<50 {
      do {
        return try Caller.run(as: caller) { () throws(Failure) in try Runner.launch(request) }
      } catch let failure as Failure where failure.code == "LR006" && failure.errno == ETXTBSY {
        usleep(20_000)
      }
    }
    return try Caller.run(as: caller) { () throws(Failure) in try Runner.launch(request) }
  }
}

extension SandboxFixture.Caller {
  /// Runs `body` on a thread of its own that is this user; the rest of the process stays who it is.
  static func run<Value>(
    as caller: SandboxFixture.Caller, below filter: [UInt8]? = nil, _ body: @escaping () throws(Failure) -> Value
  ) throws -> Value {
    let work = Work(caller, filter, body)
    var thread = pthread_t()
    try Thread { work.perform() }.start(&thread)
    pthread_join(thread, nil)
    return try #require(work.result).get()
  }
}

private final class Work<Value>: @unchecked Sendable {
  var result: Result<Value, any Error>?
  let body: () throws -> Value
  let caller: SandboxFixture.Caller
  /// Loaded on the thread: what it denies is what the kernel seems to lack.
  let filter: [UInt8]?

  init(_ caller: SandboxFixture.Caller, _ filter: [UInt8]?, _ body: @escaping () throws -> Value) {
    self.caller = caller
    self.filter = filter
    self.body = body
  }

  func perform() {
    if let filter { loadFilter(filter) }
    if caller == .nobody { becomeNobody() }
    result = Result { try body() }
  }
}

/// Starts without namespaces make what exists only inside in the user's data directory.
enum Flat {
  private static let directory: String? = {
    guard let directory = try? Directories.createTemporary(in: "/tmp") else { return nil }
    chown(directory, 65534, 65534)
    setenv("XDG_DATA_HOME", directory, 1)
    atexit { if let directory = Flat.directory { try? Directories.removeTree(directory) } }
    return directory
  }()

  /// For starts as `nobody`.
  static func prepare() throws { _ = try #require(directory) }
}

/// A closure as a thread.
final class Thread {
  private let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }

  func start(_ thread: inout pthread_t) throws {
    let code = pthread_create(
      &thread, nil,
      { pointer in
        if let pointer { Unmanaged<Thread>.fromOpaque(pointer).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    try #require(code == 0)
  }
}

/// seccomp(2) for this thread.
private func loadFilter(_ bytes: [UInt8]) {
  typealias Call = @convention(c) (Int, Int, Int, Int, Int, Int) -> Int
  let call = unsafeBitCast(dlsym(nil, "syscall"), to: Call.self)
  #if arch(x86_64)
    let (prctl, seccomp) = (157, 317)
  #else
    let (prctl, seccomp) = (167, 277)
  #endif
  precondition(call(prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0) == 0)
  bytes.withUnsafeBytes { instructions in
    // struct sock_fprog: a 16-bit count, padding, and the address.
    var program = (UInt64(bytes.count / 8), UInt64(UInt(bitPattern: instructions.baseAddress)))
    withUnsafeMutablePointer(to: &program) {
      precondition(call(seccomp, 1, 0, Int(bitPattern: $0), 0, 0) == 0)
    }
  }
}

/// Straight to the kernel, where user ids belong to threads; glibc's functions would change the whole process.
private func becomeNobody() {
  typealias Call = @convention(c) (Int, Int, Int, Int) -> Int
  let call = unsafeBitCast(dlsym(nil, "syscall"), to: Call.self)
  #if arch(x86_64)
    let (setgroups, setresgid, setresuid, prctl) = (116, 119, 117, 157)
  #else
    let (setgroups, setresgid, setresuid, prctl) = (159, 149, 147, 167)
  #endif
  precondition(call(setgroups, 0, 0, 0) == 0)
  precondition(call(setresgid, 65534, 65534, 65534) == 0)
  precondition(call(setresuid, 65534, 65534, 65534) == 0)
  // As it is for a process that was started by this user.
  precondition(call(prctl, 4 /* PR_SET_DUMPABLE */, 1, 0) == 0)
}

/// pipe(2) with both ends.
final class Pipe {
  let reading: Int32
  private(set) var writing: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }

  func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  func writeAll(_ text: String) throws {
    let bytes = Array(text.utf8)
    try #require(bytes.count <= 65536)
    try #require(bytes.isEmpty || write(writing, bytes, bytes.count) == bytes.count)
    closeWriting()
  }

  func readAll() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = read(reading, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  deinit {
    closeWriting()
    close(reading)
  }
}

/// Hand-made system-call filters.
enum Filter {
  /// Allows everything but the calls by number, which give their errno.
  static func allowing(except denied: [UInt32: UInt32]) -> [UInt8] {
    func instruction(_ code: UInt16, _ jumpTrue: UInt8, _ jumpFalse: UInt8, _ operand: UInt32) -> [UInt8] {
      withUnsafeBytes(of: code) { Array($0) } + [jumpTrue, jumpFalse] + withUnsafeBytes(of: operand) { Array($0) }
    }
    var filter = instruction(0x20, 0, 0, 4)  // load the architecture
    filter += instruction(0x15, 1, 0, Architecture.current?.auditToken ?? 0)
    filter += instruction(0x06, 0, 0, 0x8000_0000)  // kill the process
    filter += instruction(0x20, 0, 0, 0)  // load the number
    for (number, code) in denied.sorted(by: { $0.key < $1.key }) {
      filter += instruction(0x15, 0, 1, number)
      filter += instruction(0x06, 0, 0, 0x0005_0000 | code)
    }
    return filter + instruction(0x06, 0, 0, 0x7FFF_0000)
  }
}
