package import SandboxPlan

/// What a layer of a bundle holds. A bundle has at most one layer of each kind, in the order of `<`.
package enum LayerKind: Hashable, Sendable, Comparable {
  /// The manifest as its author wrote it, YAML.
  case manifest
  /// The policy's canonical JSON; its digest is the policy's digest.
  case policy
  /// The policy in its text form.
  case policyText
  /// Where each grant comes from, canonical JSON.
  case origins
  /// The `SandboxPlan` as canonical JSON.
  case plan
  /// The filter for one architecture: an array of `struct sock_filter`, linux/filter.h.
  case seccompFilter(Architecture)
  /// The same filter as an OCI `linux.seccomp` object, canonical JSON.
  case ociSeccomp(Architecture)
  /// The filters of the app's tools for one architecture, in the plan's order, one after the other.
  case toolFilters(Architecture)
  /// The database's schema, SQL.
  case schema
  /// `locara.lock.json`.
  case lock
  /// A CycloneDX 1.6 document.
  case billOfMaterials
  /// The files that the build steps saw and that are not in the payload, a `PayloadArchive`.
  case sources
  /// The app's files, a `PayloadArchive`. Always there, always last.
  case payload

  /// Every kind, in the order in which a bundle holds them.
  package static let all: [LayerKind] =
    [.manifest, .policy, .policyText, .origins, .plan]
    + Architecture.allCases.sorted().map(LayerKind.seccompFilter)
    + Architecture.allCases.sorted().map(LayerKind.ociSeccomp)
    + Architecture.allCases.sorted().map(LayerKind.toolFilters)
    + [.schema, .lock, .billOfMaterials, .sources, .payload]

  package var mediaType: String {
    switch self {
    case .manifest: "application/vnd.locara.manifest.v1+yaml"
    case .policy: "application/vnd.locara.policy.v1+json"
    case .policyText: "application/vnd.locara.policy.v1.text"
    case .origins: "application/vnd.locara.origins.v1+json"
    case .plan: "application/vnd.locara.plan.v1+json"
    case .seccompFilter: "application/vnd.locara.seccomp.v1.bpf"
    case .ociSeccomp: "application/vnd.locara.seccomp.v1+json"
    case .toolFilters: "application/vnd.locara.seccomp.tools.v1.bpf"
    case .schema: "application/vnd.locara.schema.v1+sql"
    case .lock: "application/vnd.locara.lock.v1+json"
    case .billOfMaterials: "application/vnd.cyclonedx+json"
    case .sources: "application/vnd.locara.sources.v1.tar"
    case .payload: "application/vnd.locara.payload.v1.tar"
    }
  }

  /// The file name that tools of others give the layer: `org.opencontainers.image.title`.
  package var title: String {
    switch self {
    case .manifest: "locara.yaml"
    case .policy: "policy.json"
    case .policyText: "policy.txt"
    case .origins: "origins.json"
    case .plan: "plan.json"
    case .seccompFilter(let architecture): "seccomp-\(architecture.rawValue).bpf"
    case .ociSeccomp(let architecture): "seccomp-\(architecture.rawValue).json"
    case .toolFilters(let architecture): "tools-\(architecture.rawValue).bpf"
    case .schema: "schema.sql"
    case .lock: "locara.lock.json"
    case .billOfMaterials: "bom.cdx.json"
    case .sources: "sources.tar"
    case .payload: "payload.tar"
    }
  }

  /// The architecture that the layer is for, when it is for one.
  package var architecture: Architecture? {
    switch self {
    case .seccompFilter(let architecture), .ociSeccomp(let architecture), .toolFilters(let architecture): architecture
    default: nil
    }
  }

  /// The annotations of the layer's descriptor; together with the media type they determine the kind.
  var annotations: [String: String] {
    var annotations = ["org.opencontainers.image.title": title]
    if let architecture { annotations["dev.locara.architecture"] = architecture.rawValue }
    return annotations
  }

  package static func < (left: LayerKind, right: LayerKind) -> Bool { left.position < right.position }

  private var position: Int { LayerKind.all.firstIndex(of: self) ?? LayerKind.all.count }
}
