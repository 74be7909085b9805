/// Official schemas of other formats, and documents held against them. `scripts/fetch-schemas` takes the schemas out of
/// wheels whose SHA-256 is pinned; `scripts/test` runs it.
package enum SchemaValidation {
  package static let directory =
    run(["\(Locations.repository)/scripts/fetch-schemas", "--path"]).output.split(separator: "\n").first.map(
      String.init)
    ?? ""

  /// In continuous integration the tests run whether the schemas are there or not, and fail if they are not.
  package static let canRun: Bool = {
    let isThere = contents(of: "\(directory)/sarif.json") != nil
    if !isThere { print("DOCUMENTS ARE NOT HELD AGAINST THEIR SCHEMAS: \(reason)") }
    return isThere || Locations.isContinuousIntegration
  }()

  package static let reason = "the schemas are not here; fetch them with scripts/fetch-schemas (needs a network)"

  /// What a document breaks of a schema, one line each; empty when it is valid.
  ///
  /// - Parameter document: JSON, or YAML when `isYAML`, whose `on` is then a key and no boolean, as GitHub reads it.
  package static func problems(_ document: [UInt8], against schema: String, isYAML: Bool = false) -> [String] {
    let program = """
      import json, sys
      import jsonschema
      schema = json.load(open(sys.argv[1]))
      if sys.argv[2] == "yaml":
          import yaml
          class Loader(yaml.SafeLoader): pass
          Loader.yaml_implicit_resolvers = {
              key: [(tag, regexp) for tag, regexp in rules if tag != "tag:yaml.org,2002:bool"]
              for key, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}
          import re
          Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
          document = yaml.load(sys.stdin, Loader)
      else:
          document = json.load(sys.stdin)
      kind = jsonschema.validators.validator_for(schema)
      kind.check_schema(schema)
      found = kind(schema, format_checker=jsonschema.FormatChecker()).iter_errors(document)
      for error in found:
          print("/".join(map(str, error.absolute_path)), error.message[:300].replace("\\n", " "))
      print("checked")
      """
    let outcome = run(
      ["/usr/bin/python3", "-c", program, "\(directory)/\(schema)", isYAML ? "yaml" : "json"], input: document)
    var lines = outcome.output.split(separator: "\n").map(String.init)
    guard outcome.status == 0, lines.last == "checked" else { return ["the check did not run: \(outcome)"] }
    lines.removeLast()
    return lines
  }
}
