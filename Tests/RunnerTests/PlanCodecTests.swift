import CanonicalJSON
import Digests
import SandboxPlan
import Testing

@Suite struct PlanCodecTests {
  static var plan: SandboxPlan {
    get throws {
      var plan = try SandboxFixture(["endings"]).request.plan
      plan.mounts += [
        PlanMount(.modelFile(digestHexadecimal: Digest.of([]).hexadecimal), at: "/models/a/b"),
        PlanMount(.userDirectory("documents"), at: "/user/documents", isOptional: true),
        PlanMount(.home("Notes/a"), at: "/home/Notes/a", isReadOnly: false), PlanMount(.host("/usr"), at: "/usr"),
        PlanMount(.devices(["dri"]), at: "/dev2"), PlanMount(.directory, at: "/user/selected"),
      ]
      plan.landlock.portRules = [.init(port: 443, rights: [.connectTCP])]
      plan.filters = [FilterReference(architecture: .x86_64, digest: Digest.of([1]), instructions: 59)]
      plan.wallTime = 5000
      plan.tools = [
        ToolPlan(
          name: "ocr", arguments: ["/run/locara/app/bin/ocr", "--json"], coveredPath: "/app/bin/ocr",
          landlock: plan.landlock, filters: plan.filters, limits: [ResourceLimit(.processors, 1000)], wallTime: 300,
          environment: [.init("HOME", "/tmp")], passedEnvironment: ["LANG"])
      ]
      plan.database = DatabasePlan(
        file: "notes.db", schema: Digest.of([2]), userVersion: 7, extensions: ["/app/vec0.so"])
      plan.enforcement = [EnforcementRow(subject: "read a", isGrant: true, mechanisms: ["mount"], exactness: .exact)]
      return plan
    }
  }

  @Test func everyPlanReadsBackAsItWas() throws {
    let plan = try PlanCodecTests.plan
    let bytes = plan.json.canonicalBytes
    let copy = try SandboxPlan(json: JSON(parsing: bytes))
    #expect(copy == plan)
    #expect(copy.json.canonicalBytes == bytes)
  }

  /// Any member that is taken away, renamed, or of another type makes the document unreadable.
  @Test func everyMemberIsChecked() throws {
    let document = try PlanCodecTests.plan.json
    let optional: Set<String> = ["wall-time-ms", "database", "tools", "covered-path"]
    var variants = 0
    func change(_ value: JSON, _ place: String, _ rebuild: (JSON) -> JSON) {
      switch value {
      case .object(let members):
        for (key, member) in members {
          func replaced(_ new: JSON?, as name: String) -> JSON {
            var copy = members
            copy[key] = nil
            if let new { copy[name] = new }
            return rebuild(.object(copy))
          }
          if !optional.contains(key) {
            expectRefused(replaced(nil, as: key), "\(place).\(key) away")
          }
          expectRefused(replaced(member, as: key + "x"), "\(place).\(key) renamed")
          expectRefused(replaced(.null, as: key), "\(place).\(key) null")
          change(member, "\(place).\(key)") { replaced($0, as: key) }
        }
      case .array(let elements):
        for (index, element) in elements.enumerated() {
          func replaced(_ new: JSON) -> JSON {
            var copy = elements
            copy[index] = new
            return rebuild(.array(copy))
          }
          expectRefused(replaced(.null), "\(place)[\(index)] null")
          change(element, "\(place)[\(index)]", replaced)
        }
      default: break
      }
    }
    func expectRefused(_ json: JSON, _ what: String) {
      variants += 1
      #expect(throws: PlanError.self, "\(what)") { try SandboxPlan(json: json) }
    }
    change(document, "") { $0 }
    #expect(variants > 300)
  }

  @Test(arguments: ["/a/../b", "/a//b", "a", "", "/a/", "/.", "/a\0b"])
  func pathsAreNormal(path: String) throws {
    var plan = try PlanCodecTests.plan
    plan.mounts = [PlanMount(.directory, at: path)]
    #expect(throws: PlanError.self) { try SandboxPlan(json: plan.json) }
  }
}
