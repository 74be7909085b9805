import BundleFormat
import BundleStore
import Digests
import Glibc
import SandboxPlan
import SystemIO
import TestSupport
import Testing

/// Files that are not the bundle that was written: each is refused with one clear failure.
@Suite struct DamageTests {
  let directory = TemporaryDirectory("damage")

  private func open(_ bytes: [UInt8]) -> Failure? {
    let path = directory("damaged.locapp")
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    return failure { try Bundle.open(path) }
  }

  @Test func everyFlippedByteIsRefused() throws {
    // Few layers: each byte is one bundle that is opened. The others differ in their names alone.
    let kinds: [LayerKind] = [.policy, .plan, .seccompFilter(.x86_64)]
    let items = [PayloadItem("a", .directory), PayloadItem("a/b", .bytes([1, 2, 3], executable: true))]
    let writer = try Sample.writer(layers: Sample.layers.filter { kinds.contains($0.0) }, payload: items)
    _ = try writer.write(to: directory("small.locapp"))
    let good = try #require(contents(of: directory("small.locapp")))
    #expect(open(good) == nil)
    var generator = SplitMix64.forTests()
    var accepted: [Int] = []
    var codes: Set<String> = []
    for offset in good.indices {
      var bad = good
      bad[offset] ^= UInt8.random(in: 1...255, using: &generator)
      guard let failure = open(bad) else {
        accepted.append(offset)
        continue
      }
      codes.insert(failure.code)
    }
    #expect(accepted.isEmpty, "accepted with a byte changed, seed \(generator.seed)")
    #expect(codes.isSubset(of: ["LB001", "LB002", "LB003", "LB004", "LB005", "LB006", "LB007", "LB011"]))
  }

  @Test func everyTruncationIsRefused() throws {
    let (path, _) = try Sample.bundle(in: directory)
    let good = try #require(contents(of: path))
    for length in Array(stride(from: 0, to: good.count, by: 97)) + [good.count - 1, good.count - 512] {
      let failure = try #require(open(Array(good.prefix(length))), "accepted \(length) of \(good.count) bytes")
      #expect(failure.code == (length < 512 ? "LB001" : "LB002"), "\(length): \(failure)")
    }
    #expect(open(good + [0])?.code == "LB003")
    #expect(open(good + [UInt8](repeating: 0, count: 1024))?.code == "LB003")
  }

  @Test func otherFilesAreToldApart() throws {
    let (path, _) = try Sample.bundle(in: directory)
    #expect(open([])?.code == "LB001")
    #expect(open([UInt8](repeating: 0x7F, count: 10_000))?.code == "LB001")
    #expect(open([UInt8](repeating: 0, count: 10_240))?.code == "LB001")
    #expect(failure { try Bundle.open(directory.path) }?.code == "LX002")
    #expect(failure { try Bundle.open("/dev/null") }?.code == "LX003")
    #expect(failure { try Bundle.open(directory("missing")) }?.code == "LX007")
    mkfifo(directory("pipe"), 0o600)
    #expect(failure { try Bundle.open(directory("pipe")) }?.code == "LX003")
    // A tar of another kind, and a huge sparse file.
    #expect(run(["tar", "cf", directory("other.tar"), "-C", "/etc", "hostname"]).status == 0)
    #expect(failure { try Bundle.open(directory("other.tar")) }?.code == "LB001")
    #expect(run(["truncate", "-s", "1T", directory("huge")]).status == 0)
    #expect(failure { try Bundle.open(directory("huge")) }?.code == "LB001")
    #expect(run(["cp", path, directory("grown")]).status == 0)
    #expect(run(["truncate", "-s", "1T", directory("grown")]).status == 0)
    #expect(failure { try Bundle.open(directory("grown")) }?.code == "LB003")
  }

  @Test func aFilterForAnotherArchitectureIsNamed() throws {
    let layers = Sample.layers.filter { $0.0 != .seccompFilter(.x86_64) && $0.0 != .ociSeccomp(.x86_64) }
    _ = try Sample.writer(layers: layers).write(to: directory("arm.locapp"))
    let bundle = try Bundle.open(directory("arm.locapp"))
    #expect(try bundle.filter(for: .aarch64).count == 8)
    let refused = failure { try bundle.filter(for: .x86_64) }
    #expect(refused?.code == "LB008")
    #expect(refused?.message == "the bundle is for aarch64, and this machine is x86_64")
  }

  @Test func whatABundleMustHaveIsCheckedWhenItIsWritten() throws {
    for missing in [LayerKind.policy, .plan] {
      let writer = try Sample.writer(layers: Sample.layers.filter { $0.0 != missing })
      #expect(failure { try writer.write(to: directory("x.locapp")) }?.code == "LB007")
    }
    let none = try Sample.writer(layers: Sample.layers.filter { $0.0.architecture == nil })
    #expect(failure { try none.write(to: directory("x.locapp")) }?.code == "LB007")
    var odd = try Sample.writer()
    try odd.add(.seccompFilter(.x86_64), [1, 2, 3])
    #expect(failure { try odd.write(to: directory("x.locapp")) }?.code == "LB007")
    var named = Sample.configuration
    named.displayName = "Hello\u{1B}[2J"
    let writer = try Sample.writer(named)
    #expect(failure { try writer.write(to: directory("x.locapp")) }?.code == "LB007")
    #expect(try Directories.names(in: directory.path).isEmpty)
  }

  @Test func aFullDiskLeavesNothing() throws {
    let mount = directory("small")
    try Directories.create(mount)
    let script = """
      mount -t tmpfs -o size=256k,mode=700 none small && \
      dd if=/dev/urandom of=big bs=64k count=16 status=none
      """
    let outcome = run(["sh", "-c", script], in: directory.path)
    guard outcome.status == 0 else {
      // Mounting needs root; continuous integration has it.
      #expect(!Locations.isContinuousIntegration, "\(outcome)")
      return
    }
    defer { _ = run(["umount", mount]) }
    let items = [PayloadItem("big", .file(source: directory("big"), executable: false))]
    let writer = try Sample.writer(payload: items)
    let full = failure { try writer.write(to: "\(mount)/out.locapp") }
    #expect(full?.errno == ENOSPC, "\(String(describing: full))")
    #expect(try Directories.names(in: mount).isEmpty)

    // Extraction and the store, likewise.
    _ = try writer.write(to: directory("out.locapp"))
    let bundle = try Bundle.open(directory("out.locapp"))
    #expect(failure { try bundle.extractPayload(to: "\(mount)/x") }?.errno == ENOSPC)
    #expect(try Directories.names(in: mount).isEmpty)
    let store = BundleStore(root: "\(mount)/store")
    #expect(failure { try store.open(directory("out.locapp")) }?.errno == ENOSPC)
    #expect(try Directories.names(in: "\(mount)/store/bundles").isEmpty)
  }

  @Test func aSourceThatChangesIsNoticed() throws {
    directory.write("twelve bytes", to: "file")
    let writer = try Sample.writer(payload: [PayloadItem("f", .file(source: directory("file"), executable: false))])
    for text in ["twelve bytes and more", "less"] {
      directory.write(text, to: "file")
      #expect(failure { try writer.write(to: directory("x.locapp")) }?.code == "LB013")
      #expect(!Files.exists(directory("x.locapp")))
    }
  }
}
