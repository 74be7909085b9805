internal import Diagnostics
internal import Digests
internal import Lowering
internal import Manifest
internal import PolicyIR

/// A manifest as git shows it: the source, and below it the policy that it grants, one line a grant.
///
/// git hands over one file and not what lies beside it, so the contents of models and the schema are left out; they
/// have files of their own, which git shows.
package enum TextConversion {
  package static func text(of manifest: [UInt8]) -> String {
    var text = String(decoding: manifest, as: UTF8.self)
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    let source = Source(path: "locara.yaml", bytes: manifest)
    let parsed = parseManifest(source).0
    let pins = parsed?.models.map { model in
      let digest = model.hexadecimal.flatMap { Digest(hexadecimal: $0) } ?? Digest.of([])
      return ModelPin(
        id: model.id.value, role: model.role?.value ?? "", source: model.source.value, revision: model.revision,
        files: model.files.isEmpty
          ? [ModelPin.File(path: model.id.value, size: 0, digest: digest)]
          : model.files.map { ModelPin.File(path: $0.value, size: 0, digest: digest) }, license: "")
    }
    let output = compile(CompilerInput(manifest: source, lock: pins))
    guard let app = output.policy else {
      let problem = output.diagnostics.first { $0.severity == .error }
      return text + "\n# policy: none, the manifest does not compile\n"
        + (problem.map { "#   \($0.code): \($0.headline)\n" } ?? "")
    }
    let lines = app.text.split(separator: "\n").filter { line in
      !(line.hasPrefix("  model ") && line.split(separator: " ").dropFirst(2).first == "file")
    }
    return text + "\n# policy\n" + lines.joined(separator: "\n") + "\n"
  }
}
