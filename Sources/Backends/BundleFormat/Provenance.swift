package import CanonicalJSON
package import Digests
package import Signing
package import SystemIO

/// An in-toto statement, version 1: what is said, and of which bytes.
package struct Statement: Hashable, Sendable {
  package static let type = "https://in-toto.io/Statement/v1"

  package struct Subject: Hashable, Sendable {
    package var name: String
    package var digest: Digest

    package init(name: String, digest: Digest) {
      self.name = name
      self.digest = digest
    }
  }

  /// At least one, in order of name.
  package var subjects: [Subject]
  /// A URI.
  package var predicateType: String
  package var predicate: JSON

  package init(subjects: [Subject], predicateType: String, predicate: JSON) {
    self.subjects = subjects.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }
    self.predicateType = predicateType
    self.predicate = predicate
  }

  package var json: JSON {
    [
      "_type": .string(Statement.type),
      "subject": .array(
        subjects.map { ["name": .string($0.name), "digest": ["sha256": .string($0.digest.hexadecimal)]] }),
      "predicateType": .string(predicateType), "predicate": predicate,
    ]
  }

  package var bytes: [UInt8] { json.canonicalBytes }

  /// Reads a payload that an envelope's signatures were verified for.
  ///
  /// - Throws: LB023.
  package init(parsing bytes: [UInt8], path: String) throws(Failure) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes, limits: JSONLimits(bytes: 8 << 20, depth: 32, values: 100_000))
    } catch let error {
      throw Envelope.malformed("\(error)", path: path)
    }
    guard json["_type"]?.stringValue == Statement.type, let type = json["predicateType"]?.stringValue,
      let list = json["subject"]?.arrayValue, !list.isEmpty
    else { throw Envelope.malformed("it is not an in-toto statement, version 1", path: path) }
    var subjects: [Subject] = []
    for element in list {
      guard let digest = element["digest"]?["sha256"]?.stringValue.flatMap({ Digest(hexadecimal: $0) }) else {
        throw Envelope.malformed("a subject has no SHA-256", path: path)
      }
      subjects.append(Subject(name: element["name"]?.stringValue ?? "", digest: digest))
    }
    self.init(subjects: subjects, predicateType: type, predicate: json["predicate"] ?? .null)
  }
}

/// SLSA provenance, version 1, of a bundle: what it was built from, and how.
///
/// It is a function of the build's inputs: no times, no invocation number, nothing of the machine.
package struct Provenance: Hashable, Sendable {
  package static let predicateType = "https://slsa.dev/provenance/v1"
  /// How `externalParameters` and `resolvedDependencies` are to be understood; `spec/bundle.md` says it.
  package static let buildType = "https://locara.dev/build/v1"

  /// Something that the build read.
  package struct Dependency: Hashable, Sendable {
    /// `file:locara.yaml`, `https://…`, `pkg:huggingface/…`
    package var uri: String
    package var digest: Digest
    package var name: String

    package init(uri: String, digest: Digest, name: String) {
      self.uri = uri
      self.digest = digest
      self.name = name
    }
  }

  /// The bundle.
  package var subject: Statement.Subject
  /// Who built, a URI.
  package var builder: String
  /// Version of the compiler.
  package var compilerVersion: String
  /// What whoever started the build chose: the manifest's name, the architectures.
  package var parameters: [String: JSON]
  /// Sorted by URI.
  package var dependencies: [Dependency]

  package init(
    subject: Statement.Subject, builder: String, compilerVersion: String, parameters: [String: JSON],
    dependencies: [Dependency]
  ) {
    self.subject = subject
    self.builder = builder
    self.compilerVersion = compilerVersion
    self.parameters = parameters
    self.dependencies = dependencies.sorted { ($0.uri, $0.digest) < ($1.uri, $1.digest) }
  }

  package var statement: Statement {
    let resolved = dependencies.map { dependency -> JSON in
      [
        "uri": .string(dependency.uri), "name": .string(dependency.name),
        "digest": ["sha256": .string(dependency.digest.hexadecimal)],
      ]
    }
    return Statement(
      subjects: [subject], predicateType: Provenance.predicateType,
      predicate: [
        "buildDefinition": [
          "buildType": .string(Provenance.buildType), "externalParameters": .object(parameters),
          "resolvedDependencies": .array(resolved),
        ],
        "runDetails": ["builder": ["id": .string(builder), "version": ["locara": .string(compilerVersion)]]],
      ])
  }
}

extension Bundle {
  /// What a signature of this bundle is about: its manifest's digest, under its identifier.
  package var subject: Statement.Subject { .init(name: configuration.identifier, digest: digest) }

  /// Checks that `envelope` says something about this bundle and is signed by enough of `keys`.
  ///
  /// - Returns: the statement that was verified.
  /// - Throws: LB022 not signed, LB023 malformed, LB024 about another bundle.
  package func verify(
    _ envelope: Envelope, keys: [PublicKey], threshold: Int = 1, envelopePath: String
  ) throws(Failure) -> Statement {
    let payload = try envelope.verified(by: keys, threshold: threshold, path: envelopePath)
    guard envelope.payloadType == Envelope.statementType else {
      throw Envelope.malformed("its payload is not an in-toto statement", path: envelopePath)
    }
    let statement = try Statement(parsing: payload, path: envelopePath)
    guard statement.subjects.contains(where: { $0.digest == digest }) else {
      throw Failure(
        "LB024", "the signature is about another bundle, not about \(digest)", path: envelopePath,
        help: "get the signature that belongs to this bundle")
    }
    return statement
  }
}
