internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Structures
internal import Text

// What `check --strict` adds and what needs no file: who gets an app from others wants to rely on what it says of itself.

extension Lowering {
  mutating func checkStrictly() {
    checkLicenses()
    checkAddresses()
    if isIntact("capabilities", "modalities", "models") { checkRepeatedGrants() }
    if isIntact("capabilities", "modalities", "tooling"), !manifest.tooling.isEmpty { checkUnusedGrants() }
  }

  private mutating func checkLicenses() {
    let licenses = [manifest.about.license] + manifest.models.map(\.license)
    for license in licenses.compactMap({ $0 }) {
      guard let problem = ListedLicense.problem(in: license.value) else { continue }
      report(
        "LM052", "`\(license.value)` is not an expression of licenses that exist", problem, license)
    }
  }

  private mutating func checkAddresses() {
    let models = manifest.models.map(\.source).filter { $0.value.hasPrefix("https:") }
    let inputs = manifest.build?.inputs.map(\.url) ?? []
    for address in [manifest.about.authorURL].compactMap({ $0 }) + models + inputs {
      guard let problem = PublicAddress.problem(in: address.value) else { continue }
      report("LM053", "`\(address.value)` is not an address that everybody can open", problem, address)
    }
  }

  private mutating func report(_ code: String, _ headline: String, _ problem: TextProblem, _ text: Located<String>) {
    let written = source.text(text.span)
    let quote = written == text.value ? 0 : 1
    var span = text.span
    if let range = problem.range, written == text.value || written.dropFirst().dropLast() == text.value {
      span = Span(text.span.start + quote + range.lowerBound, text.span.start + quote + range.upperBound)
    }
    let fix = problem.replacement.map { Fix("replace it with `\($0)`", .unsafe, edits: [.init(span, $0)]) }
    report(code, headline, span, problem.label, notes: problem.note.isEmpty ? [] : [problem.note], fix: fix)
  }

  /// A grant that others make already: taking it away changes nothing, and leaving it makes people think that it does.
  private mutating func checkRepeatedGrants() {
    var kept = grants.filter { $0.grant != .nothing }
    for index in kept.indices.reversed() where kept[index].reason.isEmpty {
      let entry = kept[index]
      let others = kept.enumerated().filter { $0.offset != index }.map(\.element)
      let union = Lowering.union(of: others)
      guard entry.grant.subtracting(union) == .nothing else { continue }
      let covering = others.first { entry.grant.subtracting($0.grant) == .nothing }
      kept.remove(at: index)
      report(
        "LM054", "this grant adds nothing", entry.span, "granted already",
        secondary: (covering.map { [.init(source, $0.span, $0.reason.isEmpty ? "by this" : $0.reason)] } ?? []),
        notes: ["remove it: what the app may do stays the same"])
    }
  }

  /// A manifest that lists its facilities says what its grants are for.
  private mutating func checkUnusedGrants() {
    let listed = Set(manifest.tooling.map(\.value))
    for entry in grants where entry.reason.isEmpty {
      guard let facilities = facilities(using: entry.grant), listed.isDisjoint(with: facilities) else { continue }
      let names = facilities.map { "`\($0.rawValue)`" }
      report(
        "LM054", "no facility of `tooling` uses this grant", entry.span, "granted here",
        notes: ["add \(Shape.alternatives(names)) to `tooling`, or remove the grant"])
    }
  }

  /// The facilities that a grant is for; nil when none requires such a grant.
  private func facilities(using grant: Authority) -> [Tooling]? {
    if grant.connect != .nothing { return [.networkFetch] }
    if grant.listen != .nothing { return [.networkServe] }
    if !grant.process.programs.isEmpty { return [.processSpawn] }
    let modalities = Set(manifest.modalities.flatMap(\.value.devices))
    for (device, tooling) in [
      (Device.microphone, Tooling.audioRecord), (.speaker, .audioPlay), (.camera, .cameraCapture),
    ] where grant.devices.permits(device) && !modalities.contains(device) { return [tooling] }
    if grant.serves.permits(.mcpStdio) { return [.mcpServer] }
    if !grant.notifications.isEmpty { return [.notify] }
    return nil
  }
}
