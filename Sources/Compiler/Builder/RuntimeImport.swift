internal import BundleStore
package import Digests
internal import Images
internal import SandboxPlan
package import SystemIO

/// Root file systems for `runtime: {image: …}`, taken from image layouts of this machine.
package enum RuntimeImport {
  /// Unpacks an image into this user's store.
  ///
  /// - Parameters:
  ///   - layout: a directory with an OCI image layout, or an archive of one.
  ///   - digest: which of its images; may be nil when it holds one.
  /// - Returns: the digest by which manifests name it.
  /// - Throws: LB065 when the layout holds no such image, LB066 when a layer is refused, LB004 when one is damaged.
  package static func take(_ layout: String, digest: Digest?) throws(Failure) -> Digest {
    let image = try ImageLayout(layout)
    let digests = try image.digests()
    guard let chosen = digest ?? (digests.count == 1 ? digests[0] : nil) else {
      throw Failure(
        "LB065", "the layout holds \(digests.count) images", path: layout,
        help: "say which with --image: \(digests.map(\.description).joined(separator: ", "))")
    }
    guard let architecture = Architecture.current else {
      throw Failure("LR002", "there are no filters for this machine's architecture")
    }
    // The image-spec takes the names of Go.
    let names: [Architecture: String] = [.aarch64: "arm64", .riscv64: "riscv64", .x86_64: "amd64"]
    let name = names[architecture] ?? architecture.rawValue
    try RuntimeStore.ofUser().install(chosen) { (directory) throws(Failure) in
      try image.unpack(chosen, architecture: name, to: directory)
    }
    return chosen
  }
}
