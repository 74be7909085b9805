internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Structures
internal import Text

// A modality grants what that kind of work cannot do without, and says so in the origin; and it needs a model.

extension Lowering {
  func modalityGrants() -> [GrantEntry] {
    manifest.modalities.map { modality in
      let line = source.position(of: modality.span.start).line
      var grant = Authority(devices: FiniteSet(modality.value.devices))
      if modality.value.readsUserSelection {
        grant.files = FileAuthority(.everything(below: "user-selected"), .read)
      }
      return GrantEntry(
        .authority(grant), span: modality.span, key: "modalities",
        reason: "implied by modality \(modality.value.rawValue) at line \(line)", isModality: true)
    }
  }

  mutating func checkModelRoles() {
    for modality in manifest.modalities {
      let role = modality.value.rawValue
      guard !manifest.models.contains(where: { $0.role?.value == role || $0.role == nil }) else { continue }
      report(
        "LM070", "no model has the role `\(role)`", modality.span, "this needs a model",
        notes: ["add a model with `role: \(role)` to `models`, or remove the modality"])
    }
    for model in manifest.models {
      guard let role = model.role, !manifest.modalities.contains(where: { $0.value.rawValue == role.value }) else {
        continue
      }
      warn(
        "LM071", "the model `\(model.id.value)` serves a modality that the app does not have", role.span,
        "not in `modalities`", notes: ["add `\(role.value)` to `modalities`, so that its grants apply"])
    }
    reportRepeated(manifest.models.map(\.id), "model", "id")
  }

  mutating func reportRepeated(_ names: [Located<String>], _ kind: String, _ key: String) {
    guard names.count > 1 else { return }
    var first: [String: Span] = [:]
    for name in names {
      if let span = first[name.value] {
        report(
          "LM072", "two \(kind)s have the \(key) `\(name.value)`", name.span, "again here",
          secondary: [.init(source, span, "first here")])
      }
      first[name.value] = first[name.value] ?? name.span
    }
  }
}
