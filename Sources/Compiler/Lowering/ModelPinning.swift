internal import Diagnostics
internal import Digests
internal import Manifest
internal import PolicyIR
internal import Text

// Models are pinned by the lock; the manifest says which, the lock says which bytes.

extension Lowering {
  mutating func lowerModels() -> [ModelPin] {
    guard isIntact("models") else { return [] }
    return manifest.models.compactMap { model in
      guard let lock = input.lock, let pin = lock.first(where: { $0.id == model.id.value }) else {
        report(
          "LM080", "the model `\(model.id.value)` is not locked", model.id.span,
          input.lock == nil ? "there is no `locara.lock.json`" : "not in `locara.lock.json`",
          notes: ["run `locara lock`, which writes the size and the hash of every file of a model"])
        return nil
      }
      if let (span, problem) = mismatch(model, pin) {
        report(
          "LM081", "the lock of the model `\(model.id.value)` does not fit the manifest", span, problem,
          notes: ["run `locara lock` again"])
        return nil
      }
      return ModelPin(
        id: pin.id, role: model.role?.value ?? pin.role, source: pin.source, revision: pin.revision, files: pin.files,
        license: model.license?.value ?? pin.license, loading: model.isEager ? .eager : .lazy)
    }
  }

  private func mismatch(_ model: Manifest.Model, _ pin: ModelPin) -> (Span, String)? {
    if let hexadecimal = model.hexadecimal {
      let hashes = pin.files.map(\.digest.hexadecimal)
      return hashes == [hexadecimal] ? nil : (model.span, "the lock has another hash")
    }
    if pin.source != model.source.value { return (model.source.span, "locked from `\(pin.source)`") }
    // A branch is resolved to a commit by locking; a commit is what it is.
    let isCommit = model.revision.utf8.count == 40 && model.revision.utf8.allSatisfy(\.isHexadecimal)
    if isCommit || model.revision.hasPrefix("sha256:"), pin.revision != model.revision {
      return (model.source.span, "locked at `\(pin.revision)`")
    }
    let names = Set(model.files.map(\.value))
    if let extra = model.files.first(where: { file in !pin.files.contains { $0.path == file.value } }) {
      return (extra.span, "this file is not locked")
    }
    if let left = pin.files.first(where: { !names.contains($0.path) }) {
      return (model.id.span, "the lock has the file `\(left.path)`, too")
    }
    return nil
  }
}
