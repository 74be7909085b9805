internal import CanonicalJSON
internal import SandboxPlan
package import SystemIO

/// The `SeccompProfile` resource of the Kubernetes security profiles operator, as JSON, which kubectl takes like YAML.
package enum KubernetesExport {
  /// - Parameter name: of the resource: lower-case letters, digits and `-`.
  package static func write(_ meaning: FilterMeaning, name: String) throws(Failure) -> [UInt8] {
    let isName =
      !name.isEmpty && name.utf8.count <= 253
      && name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-")
      }
    guard isName, name.first != "-", name.last != "-" else {
      throw Failure(
        "LC041", "`\(name)` cannot be the name of a Kubernetes resource",
        help: "use lower-case letters, digits and `-`, not at either end")
    }
    var meaning = meaning
    let exported = try ExportedRules(&meaning, for: "the SeccompProfile resource")
    // The resource has no `defaultErrnoRet`; runtimes take EPERM.
    if case .errno(let number) = exported.fallback, number != 1 {
      throw Failure(
        "LC040", "the SeccompProfile resource cannot say the default `\(exported.fallback)`: its default error is 1",
        help: "compile with `--unknown errno:1` if newer calls may fail with EPERM")
    }
    if case .trap(let data) = exported.fallback, data != 0 {
      throw Failure("LC040", "the SeccompProfile resource cannot say the default `\(exported.fallback)`")
    }
    let resource: JSON = [
      "apiVersion": "security-profiles-operator.x-k8s.io/v1beta1", "kind": "SeccompProfile",
      "metadata": ["name": .string(name)],
      "spec": [
        "defaultAction": .string(OCIProfile.action(exported.fallback).name),
        "architectures": [.string(OCINames.architecture(meaning.architecture))],
        "syscalls": .array(exported.rules.map(OCIProfile.rule)),
      ],
    ]
    return resource.prettyBytes
  }
}
