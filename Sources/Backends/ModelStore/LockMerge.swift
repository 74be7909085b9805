internal import CanonicalJSON
internal import SystemIO

/// A merge of two lock files that have a common ancestor, model by model.
package struct LockMerge: Sendable {
  /// Ids of models that both sides changed in different ways, sorted.
  package private(set) var conflicts: [String] = []
  /// The merged file; what is in conflict is as on our side.
  package private(set) var ours: [UInt8]
  /// The merged file with the ancestor's, and with their, version of what is in conflict.
  package private(set) var ancestor: [UInt8]
  package private(set) var theirs: [UInt8]

  package init(ancestor base: LockFile?, ours left: LockFile, theirs right: LockFile) {
    let versions = [base?.blocks ?? [:], left.blocks, right.blocks]
    let ids = Set(versions.flatMap(\.keys))
    var merged: [[String: JSON]] = [[:], [:], [:]]
    for id in ids.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let (old, mine, other) = (versions[0][id], versions[1][id], versions[2][id])
      if mine == other || old == other {
        for side in merged.indices { merged[side][id] = mine }
      } else if old == mine {
        for side in merged.indices { merged[side][id] = other }
      } else {
        conflicts.append(id)
        for side in merged.indices { merged[side][id] = versions[side][id] }
      }
    }
    let files = merged.map { blocks in
      let json: JSON = ["lockVersion": .integer(LockFile.currentVersion), "models": .object(blocks)]
      return json.prettyBytes
    }
    (ancestor, ours, theirs) = (files[0], files[1], files[2])
  }
}
