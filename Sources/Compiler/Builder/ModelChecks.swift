internal import Diagnostics
internal import Digests
internal import Manifest
internal import ModelStore
internal import PolicyIR
internal import Schemas
internal import Structures

/// What the lock says of models, held against what the manifest says they are for.
struct ModelChecks {
  private let path: String
  private let manifest: Manifest
  private let lock: LockFile
  private var found: [Diagnostic] = []

  /// - Parameters:
  ///   - path: of the manifest.
  ///   - allowed: licenses that models may have; nil for any.
  static func diagnostics(
    _ manifest: Manifest, lock: LockFile, path: String, allowed: [String]?
  ) -> [Diagnostic] {
    var checks = ModelChecks(path: path, manifest: manifest, lock: lock)
    for model in manifest.models {
      guard let pin = lock[model.id.value] else { continue }
      checks.checkRevision(model)
      checks.checkRole(model, pin)
      checks.checkTokenizer(model, pin)
      if let allowed { checks.checkLicense(model, pin, allowed) }
    }
    checks.checkMemory()
    return checks.found
  }

  private init(path: String, manifest: Manifest, lock: LockFile) {
    self.path = path
    self.manifest = manifest
    self.lock = lock
  }

  private mutating func report(
    _ code: String, _ severity: Diagnostic.Severity, _ headline: String, _ span: Span, _ text: String, _ note: String
  ) {
    found.append(
      Diagnostic(
        code, severity, headline, at: Diagnostic.Label(path: path, span: span, text: text), notes: [note]))
  }

  /// The compiler sees the commit of a lock, and not which branch it was asked for.
  private mutating func checkRevision(_ model: Manifest.Model) {
    guard let requested = lock.requested[model.id.value], model.hexadecimal == nil,
      !LockStaleness.reasons(model, lock).isEmpty, requested != model.revision
    else { return }
    report(
      "LK034", .error, "the model `\(model.id.value)` is locked for another revision", model.source.span,
      "locked for `\(requested)`", "run `locara lock` again")
  }

  /// Roles that an architecture was made for; those that are not listed serve many.
  private static let roles: [String: Set<String>] = {
    var roles: [String: Set<String>] = [:]
    for name in [
      "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3", "t5encoder",
    ] {
      roles[name] = ["text-to-embedding"]
    }
    roles["clip"] = ["image-to-embedding", "image-to-text"]
    roles["whisper"] = ["speech-to-text", "audio-to-text"]
    for name in ["flux", "sd1", "sd3", "sdxl", "pixart", "hidream"] { roles[name] = ["text-to-image"] }
    return roles
  }()

  private mutating func checkRole(_ model: Manifest.Model, _ pin: ModelPin) {
    let role = model.role?.value ?? pin.role
    let facts = pin.files.compactMap { lock.facts[$0.digest] }
    let isWeights: (ModelPin.File) -> Bool = { file in
      [".safetensors", ".gguf", ".onnx"].contains { file.path.lowercased().hasSuffix($0) }
    }
    if facts.isEmpty, !pin.files.contains(where: isWeights) {
      report(
        "LK031", .warning, "the model `\(pin.id)` has no weights of a known format", model.span,
        "none of its files is safetensors, GGUF or ONNX",
        "nothing is known of the model then: neither its dimension nor its architecture is checked")
      return
    }
    // One file that serves is enough: projectors and adapters lie beside the weights they belong to.
    let named = facts.compactMap { $0.architecture?.lowercased() }
    guard let first = named.first, !role.isEmpty,
      named.allSatisfy({ ModelChecks.roles[$0].map { !$0.contains(role) } ?? false })
    else { return }
    let serves = (ModelChecks.roles[first] ?? []).sorted().joined(separator: " or ")
    report(
      "LK030", .error, "the model `\(pin.id)` cannot serve `\(role)`", model.role?.span ?? model.span,
      "its weights are of the architecture `\(first)`", "that architecture serves \(serves)")
  }

  /// Roles whose models read or write text.
  private static let silent: Set<String> = ["image-to-embedding", "speech-to-speech"]
  private static let tokenizers: Set<String> = [
    "tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model",
    "tokenizer.tiktoken", "tokenizer.bin", "tokens.txt",
  ]

  private mutating func checkTokenizer(_ model: Manifest.Model, _ pin: ModelPin) {
    let facts = pin.files.compactMap { lock.facts[$0.digest] }
    guard let weights = facts.first, !ModelChecks.silent.contains(model.role?.value ?? pin.role) else { return }
    let hasFile = pin.files.contains { file in
      let name = file.path.split(separator: "/").last.map { $0.lowercased() } ?? ""
      return ModelChecks.tokenizers.contains(name) || name.hasSuffix(".tiktoken")
    }
    // Locks that were written before the tokenizer was noted say nothing of it.
    let isInside = facts.contains { $0.format == .gguf && ($0.tokenizer != nil || $0.chatTemplate != nil) }
    guard !hasFile, !isInside else { return }
    report(
      "LK032", .warning, "the model `\(pin.id)` has no tokenizer", model.span,
      "\(weights.format.rawValue) weights, and no tokenizer among the files",
      "add the file that its source has for it, such as `tokenizer.json`, to `files`")
  }

  private mutating func checkLicense(_ model: Manifest.Model, _ pin: ModelPin, _ allowed: [String]) {
    let license = model.license?.value ?? pin.license
    let permitted = Set(allowed.map { LicenseList.canonical($0) ?? $0 })
    guard !LicenseList.isPermitted(license, by: permitted) else { return }
    report(
      "LK033", .error, "the model `\(pin.id)` has a license that is not allowed", model.license?.span ?? model.span,
      license.isEmpty ? "it states none" : "`\(license)`", "allowed are: \(permitted.sorted().joined(separator: ", "))")
  }

  /// Weights take at least the memory of their bytes.
  private mutating func checkMemory() {
    let pins = manifest.models.compactMap { lock[$0.id.value] }
    let weights = pins.flatMap(\.files).filter { lock.facts[$0.digest] != nil }.reduce(0) { $0 + $1.size }
    guard weights > 0 else { return }
    func check(_ limit: UInt64, _ span: Span, _ place: String) {
      guard UInt64(weights) > limit else { return }
      report(
        "LK035", .warning, "the models do not fit in the memory of \(place)", span, "\(limit) bytes",
        "the weights alone have \(weights) bytes; raise the limit, or use a smaller quantisation")
    }
    if let memory = manifest.limits.memory { check(memory.value, memory.span, "`limits`") }
    for profile in manifest.profiles {
      if let memory = profile.limits.memory { check(memory.value, memory.span, "the profile `\(profile.name.value)`") }
      if let least = profile.minimumMemory, profile.limits.memory == nil {
        check(UInt64(max(0, least.value)) << 30, least.span, "machines of the profile `\(profile.name.value)`")
      }
    }
  }
}
