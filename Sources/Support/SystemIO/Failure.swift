// INVARIANT: this module is the edge to the file system. It imports no Foundation, so that the launcher can use it, and
// it knows nothing of policies or bundles. Every failing call names its step, its path and its errno.

internal import Glibc

/// An operation on something outside the program (a file, a bundle, a database, the kernel) that did not succeed.
///
/// The text says what was expected, what was found, where, and what to do. Codes are listed in `spec/diagnostics.md`.
package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
  /// Stable code: `L`, a letter for the module, three digits.
  package var code: String
  /// One sentence without a full stop, starting in lower case.
  package var message: String
  /// The file that it is about.
  package var path: String?
  /// What the user can do, one sentence.
  package var help: String?
  /// The errno when a system call failed, else 0.
  package var errno: Int32

  package init(_ code: String, _ message: String, path: String? = nil, help: String? = nil, errno: Int32 = 0) {
    self.code = code
    self.message = message
    self.path = path
    self.help = help
    self.errno = errno
  }

  /// A failed system call.
  ///
  /// - Parameter step: what was being done, as an infinitive: "open", "write", "rename to b".
  package static func system(_ step: String, path: String, errno number: Int32, help: String? = nil) -> Failure {
    Failure(
      "LX001", "cannot \(step): \(describe(errno: number))", path: path, help: help ?? advice(for: number),
      errno: number)
  }

  /// Something that was named and is not there.
  package static func missing(_ path: String) -> Failure {
    Failure("LX007", "no such file or directory", path: path, help: "check the name and the directory", errno: ENOENT)
  }

  package var description: String {
    (path.map { "\($0): " } ?? "") + "\(message) [\(code)]" + (help.map { "\n  help: \($0)" } ?? "")
  }

  /// The lines that people are shown: `error[CODE]: message`, the path, and what to do.
  ///
  /// Paths and what a message quotes come from files, archives and command lines, so that everything is escaped here.
  package func report(color: Bool) -> String {
    let head = color ? "\u{1B}[1;31merror[\(code)]\u{1B}[0m" : "error[\(code)]"
    return "\(head): \(Failure.shown(message))\n" + (path.map { "  --> \($0.visible)\n" } ?? "")
      + (help.map { "  help: \(Failure.shown($0))\n" } ?? "")
  }

  /// A message may quote several lines of another program; none of them looks like one of ours.
  private static func shown(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).visible }.joined(separator: "\n    ")
  }

  private static func advice(for number: Int32) -> String? {
    switch number {
    case ENOSPC, EDQUOT: "free some space, then run the same command again; nothing was left half-written"
    case EACCES, EPERM, EROFS: "check who owns the path and whether its file system is writable"
    default: nil
    }
  }
}

/// The kernel's text for an errno, in English whatever the locale.
package func describe(errno number: Int32) -> String {
  switch number {
  case EPERM: "operation not permitted"
  case ENOENT: "no such file or directory"
  case EACCES: "permission denied"
  case EEXIST: "it exists already"
  case ENOTDIR: "not a directory"
  case EISDIR: "it is a directory"
  case EINVAL: "invalid argument"
  case EFBIG: "file too large"
  case ENOSPC: "no space left on the device"
  case EROFS: "read-only file system"
  case ENAMETOOLONG: "name too long"
  case ELOOP: "a symbolic link where none is allowed"
  case ENOTEMPTY: "directory not empty"
  case EDQUOT: "disk quota exceeded"
  case ENOSYS: "the kernel does not have this call"
  case ENOEXEC: "not an executable format"
  case EBUSY: "device or resource busy"
  default:
    unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }
}
