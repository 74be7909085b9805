import Digests
import Glibc
import TestSupport
import Testing

/// The model of the demo, all of it, through everything that models go through: a hub, locking, fetching, the export for
/// `huggingface_hub`, and the bill of materials. Without the demo's weights, a small model takes their place.
@Suite struct MiniLMTests {
  private static let files = ["config.json", "model.safetensors", "tokenizer.json"]

  private struct Fetched {
    var app: HubApp
    var outcome: Outcome
    var names: [String]
  }

  /// Locked from a hub with the real files, and fetched.
  private func fetched() throws -> Fetched {
    let app = try HubApp()
    let outcome = TestSupport.run(["/usr/bin/python3", "\(Locations.repository)/scripts/fetch-demo-inputs", "--models"])
    let place = outcome.output.split(separator: "\n").first.map(String.init) ?? ""
    if access("\(place)/model.safetensors", R_OK) == 0 {
      #expect(TestSupport.run(["mkdir", "-p", app.hub.directory("repos/acme/tiny/\(HubApp.commit)")]).status == 0)
      for file in Self.files {
        app.hub.directory.copy("\(place)/\(file)", to: "repos/acme/tiny/\(HubApp.commit)/new")
        #expect(
          rename(
            app.hub.directory("repos/acme/tiny/\(HubApp.commit)/new"),
            app.hub.directory("repos/acme/tiny/\(HubApp.commit)/\(file)")) == 0)
      }
    }
    return Fetched(app: app, outcome: app.locara("model", "fetch", app.manifest), names: Self.files)
  }

  @Test func theWholeWay() throws {
    let fetched = try fetched()
    let app = fetched.app
    expectSuccess(fetched.outcome)
    expectSuccess(app.locara("lock", app.manifest, "--check"))
    expectSuccess(app.locara("model", "verify"))
    expectSuccess(app.locara("check", app.manifest, "--model-license", "MIT"))
    expectRefused(
      app.locara("check", app.manifest, "--model-license", "Apache-2.0"), status: 65, codes: ["LK033"])
    #expect(app.locara("model", "licenses", app.directory, "--allow", "Apache-2.0").status == 2)
    let inspected = app.locara("model", "where", app.manifest, "--format", "json")
    expectSuccess(inspected)

    let hub = app.world.directory("exported")
    expectSuccess(app.locara("model", "export", app.manifest, "--to", hub))
    // Again is no harm, and the store of a second user is filled from it without a network.
    expectSuccess(app.locara("model", "export", app.manifest, "--to", hub))
    let second = app.locara(
      "model", "fetch", app.manifest, "--locked", "--offline",
      changes: ["HF_HUB_CACHE": hub, "XDG_DATA_HOME": app.world.directory("second")])
    expectSuccess(second)
    #expect(second.output.split(separator: "\n").allSatisfy { $0.contains("taken from \(hub)") }, "\(second)")
    if PythonPackages.path != nil { try acceptedByTheHubsOwnClient(app, hub) }
  }

  private func acceptedByTheHubsOwnClient(_ app: HubApp, _ hub: String) throws {
    let script = """
      import hashlib, os, sys
      from huggingface_hub import hf_hub_download, snapshot_download, scan_cache_dir
      for revision in ("main", "\(HubApp.commit)"):
          place = snapshot_download("acme/tiny", revision=revision)
          for name in ("config.json", "model.safetensors", "tokenizer.json"):
              path = hf_hub_download("acme/tiny", name, revision=revision)
              assert os.path.samefile(path, os.path.join(place, name)), path
              print(name, hashlib.sha256(open(path, "rb").read()).hexdigest())
      report = scan_cache_dir()
      assert not report.warnings, report.warnings
      assert [repository.repo_id for repository in report.repos] == ["acme/tiny"], report
      """
    let outcome = PythonPackages.python(
      script,
      environment: [
        "HF_HUB_CACHE": hub, "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HOME": app.world.home,
      ])
    #expect(outcome.status == 0, "\(outcome)")
    for line in outcome.output.split(separator: "\n") {
      let words = line.split(separator: " ")
      #expect(words.count == 2 && app.lock.contains("\"\(words[1])\""), "\(line)")
    }
    #expect(outcome.output.split(separator: "\n").count == 6, "\(outcome)")
  }

  @Test(.enabled(if: PythonPackages.areExpected, "scripts/fetch-test-packages was not run"))
  func theBillOfMaterialsIsStrictlyValid() throws {
    for path in ["bundles/bom.cdx.json", "golden/semantic-notes/bom.cdx.json"] {
      let outcome = PythonPackages.python(
        """
        import sys
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
        validator = JsonStrictValidator(SchemaVersion.V1_6)
        text = open(sys.argv[1]).read()
        print(validator.validate_str(text))
        print(validator.validate_str(text.replace('"components"', '"komponents"', 1)) is not None)
        """, [Locations.fixture(path)])
      #expect(outcome.output == "None\nTrue\n", "\(path): \(outcome)")
    }
  }
}
