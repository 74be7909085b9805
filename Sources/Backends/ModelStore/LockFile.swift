package import CanonicalJSON
package import Digests
package import PolicyIR
internal import SystemIO

/// `locara.lock.json`: every model of an app, down to the bytes.
///
/// One member a line and one block a model, sorted, without times and without a checksum of the whole, so that branches
/// that change different models merge.
package struct LockFile: Hashable, Sendable {
  /// What the file is called, beside the manifest.
  package static let name = "locara.lock.json"
  /// The one version that this program writes and reads.
  package static let currentVersion: Int64 = 1

  /// Sorted by id, ids unique.
  package private(set) var models: [ModelPin]
  /// What weights files say about themselves, by their digest.
  package private(set) var facts: [Digest: ModelFacts]
  /// The branch or tag that the manifest named when a model was locked, by the model's id; none for a commit.
  package private(set) var requested: [String: String]
  /// The source's own ids of files: a git blob's SHA-1, an LFS file's SHA-256, an entity tag.
  package private(set) var sourceIDs: [FileName: String]

  /// A file of a model.
  package struct FileName: Hashable, Sendable {
    package var model: String
    package var path: String

    package init(model: String, path: String) {
      self.model = model
      self.path = path
    }
  }

  /// - Parameters:
  ///   - models: ids unique; of two with one id the last stays.
  ///   - facts, requested, sourceIDs: those of what no model has are left out.
  package init(
    models: [ModelPin], facts: [Digest: ModelFacts] = [:], requested: [String: String] = [:],
    sourceIDs: [FileName: String] = [:]
  ) {
    let byID = Dictionary(models.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    self.models = byID.values.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    let known = Set(self.models.flatMap { $0.files.map(\.digest) })
    let names = Set(self.models.flatMap { model in model.files.map { FileName(model: model.id, path: $0.path) } })
    self.facts = facts.filter { known.contains($0.key) }
    self.requested = requested.filter { byID[$0.key] != nil && !$0.value.isEmpty }
    self.sourceIDs = sourceIDs.filter { names.contains($0.key) && !$0.value.isEmpty }
  }

  /// How many elements the vectors of each model have, by its id, where its weights say it with one voice.
  package var vectorDimensions: [String: Int64] {
    var dimensions: [String: Int64] = [:]
    for model in models {
      let said = Set(model.files.compactMap { facts[$0.digest]?.dimension })
      if said.count == 1 { dimensions[model.id] = said.first }
    }
    return dimensions
  }

  package subscript(id: String) -> ModelPin? { models.first { $0.id == id } }

  /// The bytes of the file; the same for the same value.
  package var bytes: [UInt8] { json.prettyBytes }

  /// The same content without white space, for a bundle.
  package var canonicalBytes: [UInt8] { json.canonicalBytes }

  package var json: JSON {
    ["lockVersion": .integer(LockFile.currentVersion), "models": .object(blocks)]
  }

  /// What is written of each model, by id.
  package var blocks: [String: JSON] {
    var blocks: [String: JSON] = [:]
    for model in models {
      var block: [String: JSON] = [
        "role": .string(model.role), "source": .string(model.source), "revision": .string(model.revision),
        "license": .string(model.license), "load": .string(model.loading.rawValue),
        "files": .array(
          model.files.map { file in
            var members: [String: JSON] = [
              "path": .string(file.path), "size": .integer(file.size), "sha256": .string(file.digest.hexadecimal),
            ]
            members["facts"] = facts[file.digest]?.json
            members["id"] = sourceIDs[FileName(model: model.id, path: file.path)].map(JSON.string)
            return .object(members)
          }),
      ]
      block["requested"] = requested[model.id].map(JSON.string)
      blocks[model.id] = .object(block)
    }
    return blocks
  }
}
