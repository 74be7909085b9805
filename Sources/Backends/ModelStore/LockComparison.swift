package import CanonicalJSON
internal import Digests
internal import PolicyIR

/// What one lock file has that another has not, a line a difference.
package struct LockComparison: Sendable {
  package enum Kind: String, Sendable { case added, removed, changed }

  /// One difference.
  package struct Change: Hashable, Sendable {
    package var model: String
    package var kind: Kind
    /// `model.safetensors: sha256`, `license`; empty for a whole model.
    package var place: String
    package var before: String
    package var after: String

    package var text: String {
      let sign = ["added": "+", "removed": "-", "changed": "~"][kind.rawValue] ?? ""
      let name = place.isEmpty ? model : "\(model) \(place)"
      switch kind {
      case .added: return "\(sign) \(name)\(after.isEmpty ? "" : ": \(after)")"
      case .removed: return "\(sign) \(name)\(before.isEmpty ? "" : ": \(before)")"
      case .changed: return "\(sign) \(name): \(before) -> \(after)"
      }
    }

    package var json: JSON {
      [
        "model": .string(model), "kind": .string(kind.rawValue), "place": .string(place), "before": .string(before),
        "after": .string(after),
      ]
    }
  }

  /// Sorted by model, then by place.
  package private(set) var changes: [Change] = []

  package init(from old: LockFile, to new: LockFile) {
    let ids = Set(old.models.map(\.id)).union(new.models.map(\.id))
    for id in ids.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      switch (old[id], new[id]) {
      case (nil, let added?):
        changes.append(Change(model: id, kind: .added, place: "", before: "", after: LockComparison.summary(added)))
      case (let removed?, nil):
        changes.append(Change(model: id, kind: .removed, place: "", before: LockComparison.summary(removed), after: ""))
      default: compare(id, LockComparison.flat(id, old), LockComparison.flat(id, new))
      }
    }
  }

  private mutating func compare(_ id: String, _ old: [String: String], _ new: [String: String]) {
    for place in Set(old.keys).union(new.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let (before, after) = (old[place], new[place])
      guard before != after else { continue }
      changes.append(
        Change(
          model: id, kind: before == nil ? .added : after == nil ? .removed : .changed, place: place,
          before: before ?? "", after: after ?? ""))
    }
  }

  private static func summary(_ model: ModelPin) -> String {
    let bytes = model.files.reduce(0) { $0 + $1.size }
    let source = model.source.isEmpty ? "no source" : model.source
    return "\(source)\(model.revision.isEmpty ? "" : "@\(model.revision)"), \(model.files.count) files, \(bytes) bytes"
  }

  /// Every value of a model under a name; what is empty is not there.
  private static func flat(_ id: String, _ lock: LockFile) -> [String: String] {
    guard let model = lock[id] else { return [:] }
    var values = [
      "role": model.role, "source": model.source, "revision": model.revision, "license": model.license,
      "load": model.loading.rawValue, "requested": lock.requested[id] ?? "",
    ]
    for file in model.files {
      values["\(file.path): size"] = String(file.size)
      values["\(file.path): sha256"] = file.digest.hexadecimal
      values["\(file.path): id"] = lock.sourceIDs[LockFile.FileName(model: id, path: file.path)]
      for (name, value) in lock.facts[file.digest]?.json.objectValue ?? [:] {
        values["\(file.path): \(name)"] = value.stringValue ?? value.integerValue.map(String.init)
      }
    }
    return values.filter { !$0.value.isEmpty }
  }
}
