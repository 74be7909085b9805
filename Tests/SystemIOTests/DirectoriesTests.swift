import Glibc
import SystemIO
import TestSupport
import Testing

/// Directories, and the environment.
@Suite struct DirectoriesTests {
  private let directory = TemporaryDirectory("directories")

  private func code(_ body: () throws(Failure) -> Void) -> String? {
    do throws(Failure) {
      try body()
      return nil
    } catch {
      return error.code
    }
  }

  @Test func createsParentsAndKeepsWhatIsThere() throws {
    try Directories.create(directory("a/b/c"))
    directory.write("kept", to: "a/b/c/file")
    try Directories.create(directory("a/b/c"))
    #expect(contents(of: directory("a/b/c/file")) == Array("kept".utf8))
    #expect(code { () throws(Failure) in try Directories.create(directory("a/b/c/file")) } == "LX001")
    #expect(code { () throws(Failure) in try Directories.create(directory("a/b/c/file/d")) } == "LX001")
  }

  /// Parents before children, siblings in byte order, whatever order they were made in; links are not followed.
  @Test func walksInByteOrder() throws {
    for name in ["b/z", "b/Z", "b.c", "a", "B/x/y", "\u{E9}", "b-", "10", "9"] { directory.write("12", to: name) }
    #expect(chmod(directory("b/z"), 0o755) == 0)
    #expect(symlink("B", directory("link")) == 0)
    #expect(symlink(".", directory("B/loop")) == 0)
    #expect(mkfifo(directory("b/pipe"), 0o600) == 0)
    let found = try Directories.walk(directory.path)
    #expect(
      found.map(\.path) == [
        "10", "9", "B", "B/loop", "B/x", "B/x/y", "a", "b", "b/Z", "b/pipe", "b/z", "b-", "b.c", "link", "\u{E9}",
      ])
    let kinds = Dictionary(uniqueKeysWithValues: found.map { ($0.path, $0.kind) })
    #expect(kinds["B"] == .directory)
    #expect(kinds["link"] == .symbolicLink(target: "B"))
    #expect(kinds["b/pipe"] == .other)
    #expect(kinds["b/z"] == .file(size: 2, executable: true))
    #expect(kinds["b/Z"] == .file(size: 2, executable: false))
    #expect(try Directories.walk(directory.path, limit: found.count).count == found.count)
    #expect(
      code { () throws(Failure) in _ = try Directories.walk(directory.path, limit: found.count - 1) } == "LX005")
    #expect(code { () throws(Failure) in _ = try Directories.walk(directory("none")) } == "LX001")
  }

  /// A directory may yield less when only one name is looked for, and never less of that name and of directories. Of a file system
  /// that counts links, leaves yield nothing else; whether this one does is seen, not assumed.
  @Test func findsOneNameWithoutListingLeaves() throws {
    for name in ["leaf/wanted", "leaf/other", "bare/other", "deep/wanted", "deep/below/wanted", "dir/wanted/x"] {
      directory.write("1", to: name)
    }
    try Directories.create(directory("empty"))
    try Directories.create(directory("linked"))
    #expect(symlink("../leaf/wanted", directory("linked/wanted")) == 0)
    let names = ["bare", "deep", "dir", "empty", "leaf", "linked"]
    func counting(_ found: [[Directories.Entry]]) -> [[String]] {
      found.map { entries in
        entries.filter { $0.name == "wanted" || $0.isDirectory }.map { $0.name + ($0.isDirectory ? "/" : "") }
      }
    }
    let all = try Directories.entries(in: names, of: directory.path)
    let found = try Directories.entries(in: names, of: directory.path, wanted: "wanted")
    #expect(counting(all) == [[], ["below/", "wanted"], ["wanted/"], [], ["wanted"], ["wanted"]])
    #expect(counting(found) == counting(all))
    var status = stat()
    let countsLinks = stat(directory("deep"), &status) == 0 && status.st_nlink == 3
    if !countsLinks { #expect(found.map(\.count) == all.map(\.count)) }
    // A link to a directory is none, and what is no directory cannot be listed.
    #expect(symlink("leaf", directory("link")) == 0)
    for name in ["link", "leaf/wanted", "missing"] {
      #expect(
        code { () throws(Failure) in
          _ = try Directories.entries(in: [name], of: directory.path, wanted: "wanted")
        } != nil)
    }
  }

  @Test func removesTreesAndNotWhatLinksLeadTo() throws {
    directory.write("kept", to: "outside/file")
    directory.write("gone", to: "tree/a/b/file")
    #expect(symlink("../outside", directory("tree/link")) == 0)
    #expect(symlink(directory("outside/file"), directory("tree/a/link")) == 0)
    #expect(symlink("nowhere", directory("tree/a/dangling")) == 0)
    #expect(chmod(directory("tree/a/b"), 0o500) == 0)
    try Directories.removeTree(directory("tree"))
    #expect(entries(below: directory.path) == ["outside", "outside/file"])
    // A link at the top is removed itself.
    #expect(symlink("outside", directory("top")) == 0)
    try Directories.removeTree(directory("top"))
    try Directories.removeTree(directory("missing"))
    #expect(entries(below: directory.path) == ["outside", "outside/file"])
    try Directories.removeTree(directory("outside/file"))
    #expect(entries(below: directory.path) == ["outside"])
  }

  @Test func temporaryDirectoriesAreTheOwnersAlone() throws {
    let made = try Directories.createTemporary(in: directory.path)
    var status = stat()
    #expect(stat(made, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o700)
    #expect(try Directories.createTemporary(in: directory.path) != made)
  }

  @Test func readsTheEnvironment() {
    #expect(setenv("LOCARA_TEST_VARIABLE", "a=b", 1) == 0)
    defer { unsetenv("LOCARA_TEST_VARIABLE") }
    #expect(Environment.value("LOCARA_TEST_VARIABLE") == "a=b")
    #expect(Environment.all["LOCARA_TEST_VARIABLE"] == "a=b")
    #expect(Environment.value("LOCARA_TEST_NO_VARIABLE") == nil)
    #expect(Environment.all["LOCARA_TEST_NO_VARIABLE"] == nil)
    #expect(Environment.temporaryDirectory.hasPrefix("/"))
  }
}
