internal import Foundation
internal import Glibc

/// A new directory, removed with everything below it when the value goes.
///
/// Hold on to the value for as long as the path is used: `withExtendedLifetime` or a property of the suite.
package final class TemporaryDirectory: Sendable {
  /// Absolute, without symbolic links.
  package let path: String

  package init(_ label: String = "test") {
    let parent = (Locations.environment("TMPDIR") ?? "/tmp").trimmingSuffix("/")
    var template = Array("\(parent)/locara-\(label)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("cannot make a temporary directory in \(parent)") }
    let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    path = URL(fileURLWithPath: made).resolvingSymlinksInPath().path
  }

  deinit {
    // Tests make directories read-only on purpose.
    if let walker = FileManager.default.enumerator(atPath: path) {
      for case let entry as String in walker {
        let full = "\(path)/\(entry)"
        var status = stat()
        if lstat(full, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { chmod(full, 0o700) }
      }
    }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of an entry of this directory.
  package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file below this directory, with the directories it needs, and gives its path.
  @discardableResult
  package func write(_ text: String, to name: String) -> String { write(Array(text.utf8), to: name) }

  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) -> String {
    let target = self(name)
    let parent = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: target))
    } catch {
      fatalError("cannot write \(target): \(error)")
    }
    return target
  }

  /// Writes a program, to be run at once. Another process makes it: what a test starts while this process writes a file has it
  /// open too, and until that has begun nobody can run it (execve(2), ETXTBSY).
  package func writeProgram(_ text: String, to name: String) {
    let written = write(text, to: name + ".text")
    let made = run(["install", "-m", "755", written, self(name)])
    guard made.status == 0 else { fatalError("cannot make \(self(name)): \(made)") }
    unlink(written)
  }

  /// Copies a file or a directory of the machine below this directory, and gives its path.
  @discardableResult
  package func copy(_ source: String, to name: String) -> String {
    do {
      try FileManager.default.copyItem(atPath: source, toPath: self(name))
    } catch {
      fatalError("cannot copy \(source): \(error)")
    }
    return self(name)
  }
}

/// The names of everything below a directory, sorted, relative to it.
package func entries(below directory: String) -> [String] {
  guard let walker = FileManager.default.enumerator(atPath: directory) else { return [] }
  return walker.compactMap { $0 as? String }.sorted()
}

/// The bytes of a file; nil when it cannot be read.
package func contents(of path: String) -> [UInt8]? {
  FileManager.default.contents(atPath: path).map(Array.init)
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
