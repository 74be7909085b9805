// INVARIANT: this module is the policy as a value: no I/O, no Foundation, no SQL, no knowledge of YAML, of kernels or of files.

internal import Digests
package import Schemas
package import Structures

/// What an app may do and what it is made of: the one value that everything else is derived from.
///
/// Two policies that permit the same operations and start the same things are equal, have the same canonical bytes and
/// the same digest, however their manifests were written.
package struct Policy: Hashable, Sendable {
  package var authority: Authority
  package var limits: Limits
  /// Nil when the app declares no storage.
  package var storage: Storage?
  /// Sorted by id.
  package var models: [ModelPin]
  package var entry: Entry
  /// Sorted by name. Each one's authority is covered by `authority`.
  package var tools: [ToolPolicy]
  package var runtime: RuntimeEnvironment

  package init(
    authority: Authority, limits: Limits = Limits(), storage: Storage? = nil, models: [ModelPin] = [], entry: Entry,
    tools: [ToolPolicy] = [], runtime: RuntimeEnvironment = .host
  ) {
    self.authority = authority
    self.limits = limits
    self.storage = storage
    self.models = models.sorted { Label($0.id) < Label($1.id) }
    self.entry = entry
    self.tools = tools.sorted { Label($0.name) < Label($1.name) }
    self.runtime = runtime
  }

  /// Which model files may be loaded in which role.
  package var modelAuthority: FiniteSet<ModelUse> {
    FiniteSet(models.flatMap { pin in pin.files.map { ModelUse(role: pin.role, digest: $0.digest.hexadecimal) } })
  }
}

/// The identity of an app.
package struct AppID: Hashable, Sendable, CustomStringConvertible {
  /// `[a-z0-9-]+`
  package var publisher: String
  /// `[a-z0-9-]+`, unique within the publisher.
  package var name: String
  /// Strict semantic version, semver.org 2.0.0.
  package var version: String

  package init(publisher: String, name: String, version: String) {
    self.publisher = publisher
    self.name = name
    self.version = version
  }

  /// `acme/semantic-notes@0.1.0`
  package var description: String { "\(publisher)/\(name)@\(version)" }
}

/// A policy with the app that it is for.
package struct AppPolicy: Hashable, Sendable {
  package var id: AppID
  package var policy: Policy

  package init(id: AppID, policy: Policy) {
    self.id = id
    self.policy = policy
  }
}

/// What is started when the app runs.
package struct Entry: Hashable, Sendable {
  package enum Streams: String, Hashable, Sendable, CaseIterable { case inherit, null }

  /// At least one. The first is `name` for a program of the runtime, or a path in the payload when it has a slash.
  package var command: [String]
  /// Directory in the payload; empty for its root.
  package var workingDirectory: String
  package var streams: Streams

  package init(command: [String], workingDirectory: String = "", streams: Streams = .inherit) {
    self.command = command
    self.workingDirectory = workingDirectory
    self.streams = streams
  }
}

/// The app's database: one SQLite file in the app's data directory.
package struct Storage: Hashable, Sendable {
  /// File name in `app-data`.
  package var file: String
  package var schema: Schema
  /// Paths in the payload of the loadable extensions that the schema needs, sorted: `vendor/sqlite_vec/vec0.so`.
  package var extensions: [String]

  package init(file: String, schema: Schema, extensions: [String]) {
    self.file = file
    self.schema = schema
    self.extensions = extensions.map(Label.init).sorted().map(\.text)
  }

  /// With what the schema declares about the way from earlier ones: an update does to data what is declared there, so a
  /// policy with other declarations is another policy, although the schema is the same.
  package static func == (left: Storage, right: Storage) -> Bool {
    left.file == right.file && left.extensions == right.extensions && left.schema == right.schema
      && left.schema.declarations.normalForm == right.schema.declarations.normalForm
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(file)
    hasher.combine(extensions)
    hasher.combine(schema)
    hasher.combine(schema.declarations.normalForm)
  }
}

/// A program of the app that runs with less than the app's rights.
package struct ToolPolicy: Hashable, Sendable {
  package var name: String
  package var command: [String]
  package var authority: Authority
  package var limits: Limits

  package init(name: String, command: [String], authority: Authority, limits: Limits) {
    self.name = name
    self.command = command
    self.authority = authority
    self.limits = limits
  }
}

/// Where the programs and libraries come from that the app does not bring along.
package enum RuntimeEnvironment: Hashable, Sendable {
  /// The machine's `/usr`, read-only: not hermetic.
  case host
  /// A pinned OCI root file system, by reference with digest.
  case image(String)
}
