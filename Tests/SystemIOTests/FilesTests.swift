import Glibc
import SystemIO
import TestSupport
import Testing

/// Whole files: bounded reads, and writes that leave the old content or the new.
@Suite struct FilesTests {
  private let directory = TemporaryDirectory("files")

  private func failure(_ body: () throws(Failure) -> Void) -> Failure? {
    do throws(Failure) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  @Test func readsUpToTheBoundAndNoFurther() throws {
    let path = directory.write("12345678", to: "file")
    #expect(try Files.read(path, limit: 8) == Array("12345678".utf8))
    #expect(try Files.read(path, limit: 1 << 30).count == 8)
    let refused = failure { () throws(Failure) in _ = try Files.read(path, limit: 7) }
    #expect(refused?.code == "LX004")
    #expect(refused?.path == path)
    #expect(try Files.read(directory.write("", to: "empty"), limit: 0) == [])
    // Files of procfs say that they are empty; one that is not must not pass a bound of nothing.
    #expect(failure { () throws(Failure) in _ = try Files.read("/proc/self/stat", limit: 0) }?.code == "LX004")
    // They are read whole all the same: what control groups there are is known from such files.
    let status = try Files.read("/proc/self/status", limit: 1 << 20)
    #expect(status.starts(with: "Name:".utf8) && status.last == 0x0A && status.count > 500)
    #expect(failure { () throws(Failure) in _ = try Files.read("/proc/self/status", limit: 100) }?.code == "LX004")
  }

  @Test func refusesWhatIsNoFile() throws {
    #expect(failure { () throws(Failure) in _ = try Files.read(directory.path, limit: 8) }?.code == "LX002")
    #expect(mkfifo(directory("pipe"), 0o600) == 0)
    // Nobody writes to it: reading must not wait.
    #expect(failure { () throws(Failure) in _ = try Files.read(directory("pipe"), limit: 8) }?.code == "LX003")
    #expect(failure { () throws(Failure) in _ = try Files.read("/dev/zero", limit: 8) }?.code == "LX003")
    let missing = failure { () throws(Failure) in _ = try Files.read(directory("missing"), limit: 8) }
    #expect(missing?.code == "LX007")
    #expect(missing?.path == directory("missing"))
    #expect(missing?.help != nil)
    let below = failure { () throws(Failure) in _ = try Files.read(directory.write("", to: "f") + "/x", limit: 8) }
    #expect(below?.errno == ENOTDIR)
  }

  @Test func replacesWholeFiles() throws {
    let path = directory.write("old", to: "file")
    try Files.replace(path, with: Array("new".utf8))
    #expect(contents(of: path) == Array("new".utf8))
    try Files.replace(directory("other"), with: [])
    #expect(contents(of: directory("other")) == [])
    #expect(entries(below: directory.path) == ["file", "other"])
  }

  /// A link is replaced by the file; what it leads to is left alone.
  @Test func replacesALinkAndNotItsTarget() throws {
    let target = directory.write("target", to: "target")
    #expect(symlink(target, directory("link")) == 0)
    try Files.replace(directory("link"), with: Array("new".utf8))
    #expect(contents(of: target) == Array("target".utf8))
    #expect(try Directories.kind(of: directory("link")) == .file(size: 3, executable: false))
  }

  @Test func modeIsIndependentOfTheUmask() throws {
    let old = umask(0o077)
    defer { umask(old) }
    for mode in [mode_t(0o600), 0o644, 0o755, 0o777] {
      try Files.replace(directory("file"), with: [1], mode: mode)
      var status = stat()
      #expect(stat(directory("file"), &status) == 0)
      #expect(status.st_mode & 0o7777 == mode)
    }
  }

  @Test func afterAFailureTheOldFileIsWhole() throws {
    let path = directory.write("old", to: "file")
    let failed = failure { () throws(Failure) in
      try Files.replace(path, mode: 0o644) { (descriptor, temporary) throws(Failure) in
        try descriptor.write(Array("half".utf8), path: temporary)
        throw Failure.system("write", path: temporary, errno: EIO)
      }
    }
    #expect(failed?.errno == EIO)
    // Whoever asked for `file` never heard of the temporary one.
    #expect(failed?.path == path)
    #expect(contents(of: path) == Array("old".utf8))
    #expect(entries(below: directory.path) == ["file"])
  }

  @Test func aDirectoryInTheWayIsLeftAlone() throws {
    directory.write("inside", to: "taken/file")
    let failed = failure { () throws(Failure) in try Files.replace(directory("taken"), with: [1]) }
    #expect(failed?.code == "LX001")
    #expect(failed?.path == directory("taken"))
    #expect(entries(below: directory.path) == ["taken", "taken/file"])
    #expect(failure { () throws(Failure) in try Files.replace(directory("none/file"), with: [1]) }?.errno == ENOENT)
  }

  /// A file system of 64 KiB, which only root can make.
  @Test func aFullDiskLeavesTheOldFile() throws {
    guard geteuid() == 0 else { return print("NOT RUN: only root can mount a small file system") }
    let disk = directory("disk")
    try Directories.create(disk)
    guard mount("none", disk, "tmpfs", 0, "size=64k") == 0 else {
      return print("NOT RUN: cannot mount a small file system: \(describe(errno: errno))")
    }
    defer { umount2(disk, Int32(MNT_DETACH)) }
    try Files.replace("\(disk)/file", with: Array("old".utf8))
    let failed = failure { () throws(Failure) in
      try Files.replace("\(disk)/file", with: [UInt8](repeating: 7, count: 1 << 20))
    }
    #expect(failed?.errno == ENOSPC)
    #expect(failed?.path == "\(disk)/file")
    #expect(failed?.help?.contains("space") == true)
    #expect(contents(of: "\(disk)/file") == Array("old".utf8))
    #expect(entries(below: disk) == ["file"])
    try Files.replace("\(disk)/file", with: Array("new".utf8))
    #expect(contents(of: "\(disk)/file") == Array("new".utf8))
  }

  @Test func namesAndParents() {
    #expect(Files.parent(of: "a") == "." && Files.name(of: "a") == "a")
    #expect(Files.parent(of: "/a") == "/" && Files.name(of: "/a") == "a")
    #expect(Files.parent(of: "a/b/c") == "a/b" && Files.name(of: "a/b/c") == "c")
    let temporary = (0..<100).map { _ in Files.temporaryName(beside: "d/file") }
    #expect(Set(temporary).count == 100)
    #expect(temporary.allSatisfy { Files.parent(of: $0) == "d" && Files.name(of: $0).hasPrefix(".") })
  }

  @Test func removingWhatIsNotThereIsNoError() throws {
    try Files.remove(directory("missing"))
    let path = directory.write("x", to: "file")
    try Files.remove(path)
    #expect(!Files.exists(path))
    try Directories.create(directory("d"))
    #expect(failure { () throws(Failure) in try Files.remove(directory("d")) }?.code == "LX001")
  }
}
