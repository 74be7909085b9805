import CanonicalJSON
import Digests
import PolicyIR
import Schemas
import Structures
import TestSupport
import Testing

@Suite struct PolicyForms {
  @Test func jsonReadsBack() {
    forAll("JSON reads back", cases: 1000) {
      $0.policy()
    } check: { policy in
      do throws(PolicyFormatError) {
        let bytes = policy.canonicalBytes
        let read = try Policy(json: try JSON(parsing: bytes))
        if read != policy { return "another policy" }
        return read.canonicalBytes == bytes && read.digest == policy.digest ? nil : "other bytes"
      } catch { return error.description }
    }
  }

  @Test func textReadsBack() {
    forAll("text reads back", cases: 1000) { choices in
      AppPolicy(id: AppID(publisher: "acme", name: "notes", version: "1.2.3-rc.1+b"), policy: choices.policy())
    } check: { app in
      do throws(PolicyFormatError) {
        let read = try AppPolicy(text: app.text)
        if read != app { return "another policy from\n\(app.text)" }
        return read.text == app.text ? nil : "another text"
      } catch { return "\(error) in\n\(app.text)" }
    }
  }

  @Test func textIgnoresOrderCommentsAndSpace() {
    forAll("text ignores order", cases: 300) {
      ($0.policy(), $0.below(1000))
    } check: { policy, salt in
      var lines = policy.text.split(separator: "\n").map(String.init)
      let header = lines.removeFirst()
      lines = lines.enumerated().sorted { ($0.0 * 7919 + salt) % 101 < ($1.0 * 7919 + salt) % 101 }.map {
        "\t" + $0.element + "   # \"why\""
      }
      return (try? Policy(text: "# first\n\n\(header)\r\n" + lines.joined(separator: "\n"))) == policy
        ? nil : "another policy"
    }
  }

  @Test func linesAreEveryTree() {
    forAll("lines are the tree", cases: 2000) {
      $0.fileAuthority()
    } check: { authority in
      let lines = authority.tree.lines
      if ReducedTree(lines: lines) != authority.tree { return "another tree from \(authority.grants)" }
      return ReducedTree(lines: lines.reversed()) == authority.tree ? nil : "the order matters"
    }
  }

  @Test func grantsUnionToATreeThatCovers() {
    forAll("grants cover the tree", cases: 1000) {
      $0.fileAuthority()
    } check: { authority in
      let union = authority.tree.grants.reduce(ReducedTree<FileAccessSet>.nothing) {
        $0.union(ReducedTree($1.components, $1.extent, $1.value))
      }
      return FileAuthority(tree: union).covers(authority) ? nil : "grants give less"
    }
  }

  @Test func originsReadBack() throws {
    let origins = Origins(
      entries: [
        .init(
          grant: Authority(devices: FiniteSet([.microphone])),
          origin: Origin(path: "locara.yaml", line: 3, column: 5, key: "modalities[0]", reason: "implied by it"))
      ], keys: ["limits.memory": Origin(path: "locara.yaml", line: 9, column: 1, key: "limits.memory")])
    #expect(try Origins(json: origins.json) == origins)
    #expect(origins.origins(of: .use(.microphone)).map(\.line) == [3])
    #expect(origins.origins(of: .use(.camera)).isEmpty)
  }

  @Test func whatIsNotCanonicalIsRefused() throws {
    let policy = Policy(authority: Authority(devices: FiniteSet([.camera, .gpu])), entry: Entry(command: ["x"]))
    guard case .object(var members) = policy.json else { throw PolicyFormatError(problem: "no object") }
    for (key, value, expected): (String, JSON, String) in [
      ("authority", ["devices": ["gpu", "camera"]], "not in canonical form"),
      ("authority", ["devices": ["camera", "camera"]], "not in canonical form"),
      ("authority", ["devices": []], "not in canonical form"),
      ("authority", ["device": ["camera"]], "`device` is not known here"),
      ("authority", ["devices": ["toaster"]], "expected one of camera, gpu, microphone, speaker"),
      ("authority", ["files": [["paths": "a//b", "access": ["read"]]]], "not a pattern"),
      ("authority", ["files": [["paths": "a/**", "access": []]]], "not in canonical form"),
      ("authority", ["connect": [["to": "10.0.0.1/8", "ports": "any port"]]], "neither a host"),
      ("authority", ["connect": [["to": "example.com", "ports": "tcp 80-79"]]], "expected ports"),
      ("format", "locara-policy/2", "expected format"),
      ("more", 1, "`more` is not known here"),
      ("limits", ["memory": 1], "is missing"),
      ("entry", ["command": [], "directory": "", "streams": "null"], "at least the program"),
    ] {
      var changed = members
      changed[key] = value
      let error = #expect(throws: PolicyFormatError.self) { try Policy(json: .object(changed)) }
      #expect(
        error?.description.contains(expected) == true, "\(error?.description ?? "accepted"): expected \(expected)")
    }
    members["format"] = nil
    #expect(throws: PolicyFormatError.self) { try Policy(json: .object(members)) }
  }

  @Test func aToolNeverExceedsItsApp() {
    let tool = ToolPolicy(
      name: "t", command: ["t"], authority: Authority(devices: FiniteSet([.camera])), limits: Limits())
    let policy = Policy(authority: .nothing, entry: Entry(command: ["x"]), tools: [tool])
    let error = #expect(throws: PolicyFormatError.self) { try Policy(json: policy.json) }
    #expect(error?.description == "tools[0]: tool t may do what the app may not")
  }

  @Test func textErrorsNameTheirLine() {
    for (text, expected) in [
      ("", "expected `policy PUBLISHER/NAME VERSION`"),
      ("files a read\n", "line 1: expected `policy"),
      ("policy\n  files a fly\n", "line 2: expected `read`"),
      ("policy\n  spawn \"a\n", "line 2: the quotes"),
      ("policy\n  spawn \"\\u{110000}\"\n", "line 2: the quotes"),
      ("policy\n  limit memory 4TB\n", "line 2: `4TB` is not an amount of memory"),
      ("policy\n  limit memory 99999999999GiB\n", "line 2: `99999999999GiB` is not an amount"),
      ("policy\n  entry command x\n  connect a.com tcp 1\n  fully-local yes\n", "its grants say otherwise"),
      ("policy\n  entry command x\n  files a read\n  files a write\n", "two `files` lines"),
      ("policy\n  connect EXAMPLE.com tcp 1\n", "line 2: `EXAMPLE.com` is neither"),
      ("policy\n\n  wibble 1\n", "line 3: `wibble` is not known here"),
    ] {
      let error = #expect(throws: PolicyFormatError.self) { try Policy(text: text) }
      #expect(
        error?.description.contains(expected) == true, "\(error?.description ?? "accepted"): expected \(expected)")
    }
  }

  @Test func textLooksLikeThis() {
    let app = AppPolicy(
      id: AppID(publisher: "acme", name: "semantic-notes", version: "0.1.0"),
      policy: Policy(
        authority: Authority(
          files: FileAuthority(.everything(below: "app-data"), .readWrite)
            .union(FileAuthority(.everything(below: "models"), .read))
            .union(FileAuthority(.everything(below: "documents"), .read))
            .subtracting(FileAuthority(.everything(below: "documents", "my secrets"), .read)),
          connect: ConnectAuthority(below: "example.com", PortSets(tcp: IntervalSet(443...443)))
            .union(ConnectAuthority(address: IPAddress.v4([10, 0, 0, 0]), prefixLength: 8, .full)),
          process: ProcessAuthority(programs: FiniteSet(["python3"]), threads: true)),
        models: [
          ModelPin(
            id: "minilm", role: "text-to-embedding", source: "hf:a/b", revision: "0123",
            files: [.init(path: "model.safetensors", size: 4, digest: Digest.of([]))], license: "Apache-2.0")
        ], entry: Entry(command: ["python3", "app/main.py"])))
    expectGolden(app.text, "policy/semantic-notes.policy")
    expectGolden(app.policy.json.prettyBytes, "policy/semantic-notes.json")
  }
}

extension JSON {
  fileprivate init(parsing bytes: [UInt8]) throws(PolicyFormatError) {
    do throws(JSONError) { self = try JSON(parsing: bytes, limits: JSONLimits()) } catch {
      throw PolicyFormatError(problem: error.description)
    }
  }
}
