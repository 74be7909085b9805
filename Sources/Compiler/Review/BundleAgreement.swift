internal import BundleFormat
internal import CanonicalJSON
internal import Diagnostics
internal import KernelPlan
internal import Lowering
internal import PolicyIR
internal import SandboxPlan
internal import Schemas
internal import SystemIO

/// Whether the parts of a bundle say the same as its policy.
///
/// People read, compare and agree to the policy; the kernel and SQLite get the plan, the filters and the schema's script.
/// All of these are functions of the policy, so they are made of it once more and compared.
struct BundleAgreement {
  private let bundle: Bundle
  private let app: AppPolicy

  init(_ bundle: Bundle, _ app: AppPolicy) {
    self.bundle = bundle
    self.app = app
  }

  /// - Throws: LP007 when a part says something else than the policy.
  func check() throws(Failure) {
    try checkSchema()
    let kernel = KernelPlan.lowering(app)
    if let refusal = kernel.refusals.first {
      throw Failure(
        "LP007", "the bundle's policy grants what nothing enforces: \(refusal.subject): \(refusal.reason)",
        path: bundle.path, help: "build it again from its manifest")
    }
    let artifacts = try SandboxArtifacts(kernel)
    try compare(.plan, artifacts.plan.json.canonicalBytes)
    // Of names, the letter case is the author's, and the policy does not keep it: so this is read, not compared.
    if let text = bundle.contents(of: .policyText), (try? AppPolicy(text: String(decoding: text, as: UTF8.self))) != app
    {
      throw disagreement(.policyText)
    }
    for filter in artifacts.filters {
      try compareIfThere(.seccompFilter(filter.architecture), filter.program)
      try compareIfThere(.ociSeccomp(filter.architecture), filter.oci)
    }
    for (architecture, programs) in artifacts.toolFilters {
      try compareIfThere(.toolFilters(architecture), programs)
    }
  }

  /// A bundle for some architectures has no filters of others, and says so in its config.
  private func compareIfThere(_ kind: LayerKind, _ expected: [UInt8]) throws(Failure) {
    if bundle.contents(of: kind) != nil { try compare(kind, expected) }
  }

  private func compare(_ kind: LayerKind, _ expected: [UInt8]) throws(Failure) {
    if try bundle.layer(kind) != expected { throw disagreement(kind) }
  }

  private func disagreement(_ kind: LayerKind) -> Failure {
    let maker = bundle.configuration.compiler
    let own = "locara \(Version.text)"
    return Failure(
      "LP007", "the bundle's \(kind.title) is not what its policy compiles to", path: bundle.path,
      help: maker == own
        ? "build it again from its manifest; whoever made it like this wants it to do other things than it says"
        : "it says that \(maker) made it, and this is \(own), which cannot tell whether both mean the same: build it "
          + "again from its manifest")
  }

  /// What an update does to data is said by the policy and done by the schema's script.
  private func checkSchema() throws(Failure) {
    guard let storage = app.policy.storage else { return }
    let script = Source(path: "\(bundle.path)/schema.sql", bytes: try bundle.layer(.schema))
    let schema = SchemaReader.read(script).schema
    guard let schema, schema == storage.schema,
      schema.declarations.normalForm == storage.schema.declarations.normalForm
    else {
      throw Failure(
        "LP007", "the bundle's schema is not the one that its policy names", path: bundle.path,
        help: "build it again from its manifest; whoever made it like this wants to hide what it does to data")
    }
  }
}
