internal import SandboxPlan
internal import SystemCalls
package import SystemIO

/// A policy for minijail, minijail0(5): one line a call, alternatives of conjunctions, and what else to return.
///
/// minijail compares 64 bits too; the operators `&` (some bit set) and `in` (no bit outside) look at single bits, so that
/// the bits that the kernel ignores can be left out.
package enum MinijailExport {
  package static func write(_ meaning: FilterMeaning) throws(Failure) -> String {
    var meaning = meaning
    let exported = try ExportedRules(&meaning, for: "a minijail policy")
    guard exported.fallback == .killProcess || exported.fallback == .killThread else {
      throw Failure(
        "LC040",
        "a minijail policy cannot say the default `\(exported.fallback)`: calls without a line end the process",
        help: "compile with `--unknown kill-process`")
    }
    var lines = ["# \(meaning.architecture.rawValue)"]
    for call in SystemCall.all.sorted(by: { $0.name < $1.name }) {
      guard let number = call.number(on: meaning.architecture), let cubes = meaning.cubes(of: number) else { continue }
      lines += try line(call.name, cubes, fallback: exported.fallback)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(
    _ name: String, _ cubes: [ArgumentCube], fallback: SystemCallAction
  ) throws(Failure) -> [String] {
    var others: [SystemCallAction] = []
    for cube in cubes where cube.action != .allow && !others.contains(cube.action) { others.append(cube.action) }
    let allowed = cubes.filter { $0.action == .allow }
    guard others.count <= 1 || allowed.isEmpty && others.count == 1 else {
      throw Failure(
        "LC040",
        "a minijail policy cannot say more than one action besides allowing, as the rules for `\(name)` do")
    }
    let otherwise: String
    switch others.first {
    case nil: return ["\(name): 1"]
    case .errno(let number)?: otherwise = "return \(number)"
    case .killProcess?, .killThread?: otherwise = ""
    case let action?:
      throw Failure("LC040", "a minijail policy cannot say `\(action)`, an action of `\(name)`")
    }
    if allowed.isEmpty { return otherwise.isEmpty ? [] : ["\(name): \(otherwise)"] }
    let alternatives = allowed.map { cube in cube.tests.map(conjunction).joined(separator: " && ") }
    return ["\(name): " + alternatives.joined(separator: " || ") + (otherwise.isEmpty ? "" : "; \(otherwise)")]
  }

  private static func conjunction(_ test: ArgumentCube.Test) -> String {
    func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
    var parts: [String] = []
    let clear = test.mask & ~test.value
    if clear != 0 { parts.append("arg\(test.index) in \(hexadecimal(~clear))") }
    for bit in 0..<UInt64(64) where test.value >> bit & 1 == 1 {
      parts.append("arg\(test.index) & \(hexadecimal(1 << bit))")
    }
    return parts.joined(separator: " && ")
  }
}
