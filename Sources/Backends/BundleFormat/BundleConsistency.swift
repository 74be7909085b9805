internal import Digests
internal import OCI
internal import SandboxPlan
internal import SystemIO

extension BundleManifest {
  /// What the config says must be what the layers are.
  ///
  /// - Parameter contents: the layers other than the payload.
  func check(_ configuration: BundleConfiguration, contents: [LayerKind: [UInt8]], path: String) throws(Failure) {
    func digest(of kind: LayerKind) throws(Failure) -> Digest {
      guard let layer = layers.first(where: { $0.kind == kind }) else {
        throw BundleJSON.malformed("manifest", "there is no layer \(kind.title)", path: path)
      }
      return layer.descriptor.digest
    }
    guard try digest(of: .policy) == configuration.policy else {
      throw BundleJSON.malformed("config", "it names another policy than the layer holds", path: path)
    }
    guard try digest(of: .plan) == configuration.plan else {
      throw BundleJSON.malformed("config", "it names another plan than the layer holds", path: path)
    }
    let filters = layers.filter { if case .seccompFilter = $0.kind { true } else { false } }
    guard !filters.isEmpty, filters.compactMap(\.kind.architecture) == configuration.architectures else {
      throw BundleJSON.malformed("config", "its architectures are not those that there are filters for", path: path)
    }
    for filter in filters {
      // A program has 1 to 4096 instructions of 8 bytes, linux/filter.h, BPF_MAXINSNS.
      guard let size = contents[filter.kind]?.count, size > 0, size % 8 == 0, size <= 4096 * 8 else {
        throw BundleJSON.malformed("filter", "\(filter.kind.title) is not 1 to 4096 instructions", path: path)
      }
    }
  }
}
