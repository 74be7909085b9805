internal import BundleFormat
internal import BundleStore
internal import CanonicalJSON
internal import Digests
package import Exports
internal import Glibc
internal import ModelStore
internal import PolicyIR
internal import Runner
internal import SandboxPlan
package import SystemIO

/// A bundle for another program that starts apps.
package enum BundleExport {
  /// Verifies the bundle, unpacks its payload and writes what `target` needs into a new directory.
  ///
  /// - Returns: how the target enforces each row of the plan.
  /// - Throws: as `Bundle.open`; LB060 when there is something at `directory`, LB061 when the target cannot have
  ///   something that the app is granted, LK003 when a model is not there.
  package static func write(
    bundle path: String, for target: ExportTarget, to directory: String
  ) throws(Failure) -> [ExportedRow] {
    guard !Files.exists(directory) else {
      throw Failure("LB060", "there is something at the place of the export", path: directory, help: "name another one")
    }
    let bundle = try Bundle.open(path)
    let plan: SandboxPlan
    let seccomp: JSON
    guard let architecture = Architecture.current else {
      throw Failure("LR002", "there are no filters for this machine's architecture", path: path)
    }
    do {
      plan = try SandboxPlan(json: JSON(parsing: try bundle.layer(.plan)))
      seccomp = try JSON(parsing: try bundle.layer(.ociSeccomp(architecture)))
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("LB040", "the bundle's plan or filter cannot be read: \(error)", path: path)
    }
    try Directories.create(directory)
    do throws(Failure) {
      let absolute = try absolute(directory)
      let subject = ExportSubject(
        publisher: bundle.configuration.publisher, name: bundle.configuration.name,
        version: bundle.configuration.version, plan: plan, architecture: architecture,
        filter: try bundle.filter(for: architecture), seccomp: seccomp, directory: absolute,
        models: try models(of: bundle), images: try RuntimeStore.ofUser().roots(of: plan).dictionary, user: geteuid(),
        group: getegid(), kind: { try? Directories.kind(of: $0) })
      try bundle.extractPayload(to: "\(absolute)/payload")
      try Directories.create("\(absolute)/data", mode: 0o700)
      for file in try subject.files(for: target) { try write(file, below: absolute) }
      let rows = target.enforcement(of: plan)
      try Files.replace("\(absolute)/enforcement.txt", with: Array(text(rows, target).utf8))
      return rows
    } catch let failure {
      try? Directories.removeTree(directory)
      throw failure
    }
  }

  /// The enforcement table, what is weaker than under locara first.
  package static func text(_ rows: [ExportedRow], _ target: ExportTarget) -> String {
    func lines(_ rows: [ExportedRow]) -> [String] {
      rows.map { exported in
        let row = exported.row
        let how = row.mechanisms.isEmpty ? "nothing" : row.mechanisms.joined(separator: " + ")
        let remark = row.remark.isEmpty ? "" : "\n      \(row.remark)"
        return "  \(row.isGrant ? "grant" : "deny")  \(row.subject)  \(row.exactness.rawValue)  by \(how)\(remark)"
      }
    }
    var text = ["weaker under \(target.rawValue) than under locara"] + lines(rows.filter(\.isWeaker))
    text += ["", "the same"] + lines(rows.filter { !$0.isWeaker })
    return text.joined(separator: "\n") + "\n"
  }

  private static func models(of bundle: Bundle) throws(Failure) -> [String: String] {
    guard let lock = bundle.contents(of: .lock) else { return [:] }
    let store = try ModelStore.ofUser()
    var models: [String: String] = [:]
    for model in try LockFile(parsing: lock, path: bundle.path).models {
      for file in model.files where models[file.digest.hexadecimal] == nil {
        models[file.digest.hexadecimal] = try store.verified(
          file.digest, size: file.size, label: "\(model.id)/\(file.path)")
      }
    }
    return models
  }

  private static func write(_ file: ExportedFile, below directory: String) throws(Failure) {
    let path = "\(directory)/\(file.path)"
    switch file.content {
    case .directory: try Directories.create(path)
    case .symbolicLink(let target):
      guard unsafe symlink(target, path) == 0 else { throw .system("link", path: path, errno: errno) }
    case .bytes(let bytes, let executable):
      try Directories.create(Files.parent(of: path))
      try Files.replace(path, with: bytes, mode: executable ? 0o755 : 0o644)
    }
  }

  private static func absolute(_ path: String) throws(Failure) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw .missing(path) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
