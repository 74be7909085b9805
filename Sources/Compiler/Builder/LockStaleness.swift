internal import Digests
internal import Manifest
internal import ModelSources
internal import ModelStore
internal import PolicyIR
internal import Schemas

/// Why an entry of a lock does not serve a model of a manifest: one clause a reason; none when it does.
enum LockStaleness {
  static func reasons(_ model: Manifest.Model, _ lock: LockFile) -> [String] {
    guard let pin = lock[model.id.value] else { return ["it is not locked"] }
    if let hexadecimal = model.hexadecimal {
      return pin.files.map(\.digest.hexadecimal) == [hexadecimal] ? [] : ["the manifest has another hash"]
    }
    var reasons: [String] = []
    if pin.source != model.source.value {
      reasons.append("the manifest's source is \(model.source.value), locked is \(pin.source)")
    } else if let problem = revision(model.revision, pin, requested: lock.requested[pin.id]) {
      reasons.append(problem)
    }
    let (wanted, locked) = (Set(model.files.map(\.value)), Set(pin.files.map(\.path)))
    let missing = wanted.subtracting(locked).sorted()
    let extra = locked.subtracting(wanted).sorted()
    if !missing.isEmpty { reasons.append("not locked: \(missing.joined(separator: ", "))") }
    if !extra.isEmpty { reasons.append("no longer in the manifest: \(extra.joined(separator: ", "))") }
    return reasons
  }

  /// Models that the lock has and the manifest has not, sorted.
  static func leftovers(_ manifest: Manifest, _ lock: LockFile) -> [String] {
    let wanted = Set(manifest.models.map(\.id.value))
    return lock.models.map(\.id).filter { !wanted.contains($0) }
  }

  private static func revision(_ wanted: String, _ pin: ModelPin, requested: String?) -> String? {
    if wanted == pin.revision || wanted == requested { return nil }
    // A lock that was made from a directory has no commit for a branch, and says nothing of what was asked for.
    if requested == nil, !isCommit(wanted), isCommit(pin.revision) || pin.revision.isEmpty { return nil }
    return "the manifest names revision \(wanted), locked is \(requested ?? pin.revision)"
  }
}
