/// Every key of `locara/v1`.
package enum FieldTable {
  package static let schemaTag = "locara/v1"

  package static let root: [Field] = identity + about + rights + content + assurance
  static let shapes = ShapeTable(root)

  private static let identity: [Field] = [
    Field(
      "schema", .choice([Choice(schemaTag, "this version of the language")]), "Version of the manifest language.",
      required: true),
    Field("name", .text(.identifier), "The app's name, unique within the publisher.", required: true),
    Field("publisher", .text(.identifier), "Who publishes the app.", required: true),
    Field("version", .text(.version), "The app's version, by semver.org 2.0.0.", required: true),
  ]

  private static let about: [Field] = [
    Field("displayName", .text(.line(40)), "The name that people see.", effect: .descriptive),
    Field("description", .text(.line(140)), "What the app does, in one line.", effect: .descriptive),
    Field("license", .text(.license), "The app's license as an SPDX expression.", effect: .descriptive),
    Field(
      "author",
      .record([
        Field("name", .text(.line(80)), "A person or an organization.", required: true, effect: .descriptive),
        Field("email", .text(.mail), "Where the author can be reached.", effect: .descriptive),
        Field("url", .text(.url), "The author's page.", effect: .descriptive),
      ]), "Who made the app.", effect: .descriptive),
    Field("category", .choice(Vocabulary.categories), "Where a catalog lists the app.", effect: .descriptive),
    Field("tags", .list(.text(.identifier), 0...10), "Words to find the app by.", effect: .descriptive),
    Field("icon", .text(.bundlePath), "A PNG of 512 by 512 pixels, at most 200 KB.", effect: .descriptive),
    Field(
      "screenshots", .list(.text(.bundlePath), 1...5), "PNG or JPEG pictures of at most 2 MB each.",
      effect: .descriptive),
  ]

  private static let rights: [Field] = [
    Field(
      "modalities", .list(.choice(Modality.choices), 0...10),
      "What the app does with models; each expands to grants and needs a model of that role."),
    Field(
      "tooling", .list(.choice(Tooling.choices), 0...12),
      "Facilities that the app uses; each requires grants and grants nothing itself."),
    Field("capabilities", .record(CapabilityFields.all), "What the app may do. What is not written is denied."),
  ]

  private static let content: [Field] = [
    Field(
      "models", .list(.either([.text(.shortModel), .record(ContentFields.model)]), 0...32),
      "The models that the app needs, pinned by `locara.lock.json`."),
    Field("storage", .record(StorageFields.all), "The app's database, one SQLite file in `app-data`."),
    Field(
      "tools", .list(.record(ContentFields.tool), 0...32),
      "Programs of the app that run with less than the app's rights."),
    Field("entry", .record(ContentFields.entry), "What is started when the app runs.", required: true),
    Field(
      "runtime",
      .either([
        .choice([Choice("host", "the machine's /usr, read-only; not hermetic")]),
        .record([Field("image", .text(.image), "A pinned OCI root file system.", required: true)]),
      ]), "Where programs and libraries come from that the app does not bring along.", default: "host"),
    Field(
      "files", .list(.text(.bundleGlob), 0...256),
      "What goes into the bundle; patterns relative to the manifest.", default: "[]"),
    Field("limits", .record(ContentFields.limits), "Upper bounds on what the app consumes."),
    Field(
      "build", .record(ContentFields.build), "Steps that make files of the bundle, offline, in the sandbox."),
    Field(
      "profiles", .map(keys: .identifier, values: .record(ContentFields.profile)),
      "Other limits for smaller machines.",
      effect: .accepted("the limits of `limits` apply on every machine; models are checked against the memory of each")),
  ]

  private static let assurance: [Field] = [
    Field(
      "tests", .list(.record(ContentFields.test), 0...256),
      "Statements about the policy; compiling fails when one does not hold.")
  ]

  /// The field at a key path such as `capabilities.fs.app-data`; list elements and map values need no component.
  package static func field(at path: String) -> Field? {
    var shape = Shape.record(root)
    var found: Field?
    for name in path.split(separator: ".", omittingEmptySubsequences: false) where name != "*" {
      let name = String(name.hasSuffix("[]") ? name.dropLast(2) : name)
      guard let next = shape.fields.first(where: { $0.name == name }) else { return nil }
      (found, shape) = (next, next.shape)
    }
    return found
  }

  /// The key path of the mapping that a key belongs to, nearest to the top; nil when none has it, or when it is as likely
  /// that something else is meant: a common word that several mappings have, none of them near to `trail`.
  static func home(of name: String, seenFrom trail: [String]) -> String? {
    let places = all.filter { $0.field.name == name }.map { $0.path.split(separator: ".").dropLast() }
    guard let nearest = places.min(by: { $0.count < $1.count }) else { return nil }
    let isNear = trail.isEmpty || nearest.isEmpty
    let near = places.first { $0.first.map { $0.prefix { $0 != "[" } } == trail.first?[...] }
    guard isNear || near != nil || Set(places.map(\.last)).count == 1 else { return nil }
    return (isNear ? nearest : near ?? nearest).joined(separator: ".")
  }

  /// Every field with its key path, in the order of the table; a record's own fields follow it.
  package static let all: [(path: String, field: Field)] = {
    var found: [(path: String, field: Field)] = []
    func visit(_ fields: [Field], _ prefix: String) {
      for field in fields {
        let path = prefix + field.name
        found.append((path, field))
        visit(field.shape.fields, path + field.shape.pathSuffix + ".")
      }
    }
    visit(root, "")
    return found
  }()
}

extension Shape {
  /// The keys that may be written below, in lists, maps and alternatives as well.
  package var fields: [Field] {
    switch self {
    case .record(let fields): fields
    case .list(let element, _): element.fields
    case .map(_, let values): values.fields
    case .either(let shapes): shapes.flatMap(\.fields)
    default: []
    }
  }

  /// What stands in a key path between this and the keys below it.
  var pathSuffix: String {
    switch self {
    case .list: "[]"
    case .map: ".*"
    default: ""
    }
  }
}
