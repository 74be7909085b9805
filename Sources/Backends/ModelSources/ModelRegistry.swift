internal import CanonicalJSON
internal import Digests
internal import Distribution
internal import OCI
internal import SystemIO

/// A repository of a registry as a source of models: the layers of one manifest are the files.
struct ModelRegistry {
  private let repository: RegistryRepository

  init(_ session: RegistrySession, host: String, name: String) {
    repository = RegistryRepository(host: host, name: name, session: session)
  }

  /// The files of the manifest with this digest.
  ///
  /// - Throws: LK023 what the registry does not have or does not show, LK004 other bytes than the digest says, LK024 what
  ///   describes no model; LB083 and LB086 of the registry, and what the client throws.
  func resolve(_ text: String, paths: [String]) throws(Failure) -> ResolvedModel {
    let document = try manifest(text)
    let layers = ModelLayers.layers(of: document)
    guard !document.contents.dropFirst().isEmpty else { throw strange("the manifest describes no model") }
    var files: [ResolvedModel.File] = []
    for path in paths {
      let found = layers.filter { $0.path == path }
      guard let layer = found.first, found.count == 1, !layer.isArchive else {
        let names = layers.filter { !$0.isArchive }.map(\.path).joined(separator: ", ")
        throw Failure(
          "LK023", "the model in the registry has no file `\(path)` of its own", path: label,
          help: names.isEmpty ? "its files are packed into archives" : "its files are: \(names)")
      }
      files.append(
        ResolvedModel.File(
          path: path, size: layer.size, digest: layer.digest, sourceID: layer.digest.hexadecimal,
          location: location(of: layer.digest)))
    }
    return ResolvedModel(revision: text, license: license(document), files: files)
  }

  /// Where a layer's bytes are. The manifest is asked for once more, since it tells what authorization the registry wants.
  func location(of blob: Digest, manifest text: String) throws(Failure) -> Location {
    _ = try manifest(text)
    return location(of: blob)
  }

  private func location(of blob: Digest) -> Location {
    let (url, authorization) = repository.place(of: blob)
    return Location(url: url, authorization: authorization)
  }

  private var label: String { "oci:\(repository.name)" }

  private func manifest(_ text: String) throws(Failure) -> OCIDocument {
    guard let digest = Digest(text) else { throw strange("`\(text)` is no SHA-256") }
    do throws(Failure) { return try repository.document(tag: nil, digest: digest) } catch let failure {
      switch failure.code {
      case "LB082", "LB085": throw Failure("LK023", failure.message, path: label, help: failure.help)
      case "LB084":
        throw Failure(
          "LK004", "this is not the manifest that was asked for: its bytes are not those of \(digest)", path: label,
          help: "the registry is damaged, or something between here and there changes what it sends")
      case "LB081": throw strange(failure.message)
      default: throw failure
      }
    }
  }

  /// What the manifest states, or the configuration of a CNCF ModelPack (`descriptor.licenses`, all of which apply).
  private func license(_ document: OCIDocument) -> String? {
    if let stated = document.descriptor.annotations["org.opencontainers.image.licenses"] { return stated }
    guard let config = document.contents.first, config.mediaType == "application/vnd.cncf.model.config.v1+json",
      let bytes = try? repository.bytes(of: config, limit: ModelRegistry.configurationLimit),
      let json = try? JSON(parsing: bytes, limits: JSONLimits(bytes: ModelRegistry.configurationLimit))
    else { return nil }
    let licenses = json["descriptor"]?["licenses"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return licenses.isEmpty ? nil : licenses.joined(separator: " AND ")
  }

  private static let configurationLimit = 1 << 20

  private func strange(_ problem: String) -> Failure {
    Failure("LK024", "this is no registry that has models: \(problem)", path: label, help: "check the source")
  }
}
