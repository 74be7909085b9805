package import Diagnostics
package import PolicyIR

/// A value with the place where it is written.
package struct Located<Value: Sendable & Hashable>: Sendable, Hashable {
  package var value: Value
  package var span: Span

  package init(_ value: Value, _ span: Span) {
    self.value = value
    self.span = span
  }
}

/// A manifest as typed values, every one with its place. Texts are valid by their forms.
///
/// A class, since it is handed on from stage to stage and has too many parts to copy each time.
package final class Manifest: Sendable {
  /// Of the whole document.
  package let span: Span
  package let name: Located<String>
  package let publisher: Located<String>
  package let version: Located<String>
  package let about: About
  package let modalities: [Located<Modality>]
  package let tooling: [Located<Tooling>]
  package let capabilities: Capabilities
  package let models: [Model]
  package let storage: StorageDeclaration?
  package let tools: [Tool]
  package let entry: EntryDeclaration
  /// Nil for the host's programs, else an image by digest.
  package let runtimeImage: Located<String>?
  package let files: [Located<String>]
  package let limits: LimitsDeclaration
  package let build: Build?
  package let profiles: [Profile]
  package let tests: [Test]

  init(
    span: Span, name: Located<String>, publisher: Located<String>, version: Located<String>, about: About,
    modalities: [Located<Modality>], tooling: [Located<Tooling>], capabilities: Capabilities, models: [Model],
    storage: StorageDeclaration?, tools: [Tool], entry: EntryDeclaration, runtimeImage: Located<String>?,
    files: [Located<String>], limits: LimitsDeclaration, build: Build?, profiles: [Profile], tests: [Test]
  ) {
    self.span = span
    self.name = name
    self.publisher = publisher
    self.version = version
    self.about = about
    self.modalities = modalities
    self.tooling = tooling
    self.capabilities = capabilities
    self.models = models
    self.storage = storage
    self.tools = tools
    self.entry = entry
    self.runtimeImage = runtimeImage
    self.files = files
    self.limits = limits
    self.build = build
    self.profiles = profiles
    self.tests = tests
  }

  /// What describes the app to people; absent is empty.
  package struct About: Sendable, Hashable {
    package var displayName: Located<String>?
    package var description: Located<String>?
    package var license: Located<String>?
    package var authorName: Located<String>?
    package var authorEmail: Located<String>?
    package var authorURL: Located<String>?
    package var category: Located<String>?
    package var tags: [Located<String>]
    package var icon: Located<String>?
    package var screenshots: [Located<String>]
  }

  package struct Model: Sendable, Hashable {
    package var id: Located<String>
    /// Nil in the short form.
    package var role: Located<String>?
    /// Where the files come from without the revision; empty in the short form.
    package var source: Located<String>
    package var revision: String
    package var files: [Located<String>]
    /// In the short form, of the one file.
    package var hexadecimal: String?
    package var isEager: Bool
    package var license: Located<String>?
    package var span: Span
  }

  package struct StorageDeclaration: Sendable, Hashable {
    /// The file with the schema as SQL.
    package var schema: Located<String>?
    /// The schema when it is declared in the manifest itself.
    package var declared: DeclaredSchema?
    package var database: Located<String>
    /// Where `vector` is written.
    package var vector: Span?
    package var vectorExtension: Located<String>?
    /// The models that fill vectors, of `vector.models` and of the columns themselves.
    package var vectorModels: [VectorModel]
    package var migrations: Located<String>?
    package var span: Span

    /// Whether the app has a database.
    package var hasSchema: Bool { schema != nil || declared != nil }
  }

  /// Which model computes the vectors of a column.
  package struct VectorModel: Sendable, Hashable {
    package var table: String
    package var column: String
    /// The model's id in the manifest, or `none`.
    package var model: Located<String>
    /// Where the column is named.
    package var span: Span
  }

  package struct Tool: Sendable {
    package var name: Located<String>
    package var command: [Located<String>]
    package var capabilities: Capabilities
    package var limits: LimitsDeclaration
    package var span: Span
  }

  package struct EntryDeclaration: Sendable, Hashable {
    package var command: [Located<String>]
    /// Directory in the bundle; nil for its root.
    package var directory: Located<String>?
    package var isSilent: Bool
    package var span: Span
  }

  /// Nil is the default. Sizes in bytes, processors in thousandths, time in milliseconds.
  package struct LimitsDeclaration: Sendable, Hashable {
    package var memory: Located<UInt64>?
    package var cpu: Located<UInt64>?
    package var processes: Located<UInt64>?
    package var openFiles: Located<UInt64>?
    package var fileSize: Located<UInt64>?
    /// `UInt64.max` for `none`.
    package var wallTime: Located<UInt64>?
  }

  package struct Build: Sendable, Hashable {
    /// What the steps see: `build.sources`, or `files` when that is absent.
    package var sources: [Located<String>]
    package var inputs: [Input]
    package var steps: [Step]

    package struct Input: Sendable, Hashable {
      package var url: Located<String>
      /// Hexadecimal.
      package var sha256: Located<String>
      /// Relative to the manifest; the last component of the address when none is written.
      package var path: Located<String>
    }

    package struct Step: Sendable, Hashable {
      package var run: [Located<String>]
      package var outputs: [Located<String>]
    }
  }

  package struct Profile: Sendable, Hashable {
    package var name: Located<String>
    package var minimumMemory: Located<Int64>?
    package var limits: LimitsDeclaration
  }

  package struct Test: Sendable, Hashable {
    package var name: Located<String>
    package var allow: [Statement]
    package var deny: [Statement]
  }

  /// What a test says that the policy permits or denies.
  package struct Statement: Sendable, Hashable {
    package var text: String
    /// Each is what the text may mean.
    package var operations: [Operation]
    package var span: Span
  }
}
