import Digests
import Glibc
import TestSupport
import Testing

/// What around `locara model fetch` is the user's: variables, proxies, terminals, file systems.
@Suite struct ModelPlacesTests {
  /// The places where `huggingface_hub` looks for a token, in its order.
  @Test(arguments: ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME"])
  func tokensComeFromTheUsualPlaces(variable: String) throws {
    let app = try HubApp()
    app.hub.directory.write("hf_secret", to: "repos/acme/tiny/private")
    expectRefused(app.locara("lock", app.manifest), status: 65, codes: ["LK011"], naming: ["HF_TOKEN"])
    app.world.directory.write("hf_secret\n", to: "place/token")
    app.world.directory.write("hf_secret\n", to: "place/huggingface/token")
    let value =
      switch variable {
      case "HF_TOKEN_PATH": app.world.directory("place/token")
      case "HF_HOME", "XDG_CACHE_HOME": app.world.directory("place")
      default: "hf_secret"
      }
    expectSuccess(app.locara("model", "fetch", app.manifest, changes: [variable: value]))
    let withToken = app.hub.requests.filter { $0.authorization == "Bearer hf_secret" }
    #expect(!withToken.isEmpty && withToken.allSatisfy { $0.port != app.hub.contentPort })
  }

  @Test func theProxyOfTheEnvironmentIsUsed() throws {
    let app = try HubApp()
    // A name that nothing resolves: only the proxy can have answered.
    let changes: [String: String?] = [
      "HF_ENDPOINT": "http://hub.invalid", "http_proxy": app.hub.url, "no_proxy": nil, "NO_PROXY": nil,
    ]
    expectSuccess(app.locara("model", "fetch", app.manifest, changes: changes))
    #expect(app.hub.requests.contains { $0.path.hasPrefix("http://hub.invalid/acme/tiny/resolve/") })
    #expect(app.hub.requests.allSatisfy { $0.path.hasPrefix("http://") })
    expectSuccess(app.locara("model", "verify"))
  }

  /// Where flock(2) fails, each process downloads for itself and whichever ends last leaves the same bytes.
  @Test func fileSystemsWithoutLocksDoNoHarm() throws {
    let app = try HubApp(bytes: 400_000)
    app.world.directory.write(
      "#include <errno.h>\nint flock(int descriptor, int operation) { errno = ENOLCK; return -1; }\n", to: "flock.c")
    let library = app.world.directory("flock.so")
    expectSuccess(app.world.command(["cc", "-shared", "-fPIC", "-o", library, app.world.directory("flock.c")]))
    expectSuccess(app.locara("lock", app.manifest))
    app.hub.rules(#"[{"match": "GET /cdn/", "rate": 1000000}]"#)
    app.hub.forgetRequests()
    let script = """
      for i in $(seq 8); do "$0" model fetch "$1" --locked > /dev/null & processes="$processes $!"; done
      for process in $processes; do wait $process || echo failure; done
      """
    let outcome = app.world.command(
      ["/bin/bash", "-c", script, Locations.locara, app.manifest],
      environment: app.environment.merging(["LD_PRELOAD": library]) { $1 }, timeout: 60)
    #expect(outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
    // Proof that there were no locks: more than one has downloaded.
    #expect(app.hub.requests.filter { $0.path.hasPrefix("/cdn/") }.count > 1)
    expectSuccess(app.locara("model", "verify"))
    #expect(entries(below: "\(app.world.data)/locara/models/partial").filter { $0.hasSuffix(".part") }.isEmpty)
  }

  @Test func progressIsABarOnATerminalAndLinesElsewhere() throws {
    let app = try HubApp(bytes: 3_000_000)
    expectSuccess(app.locara("lock", app.manifest))
    app.hub.rules(#"[{"match": "GET /cdn/", "rate": 1800000}]"#)
    let lines = app.locara("model", "fetch", app.manifest, "--locked")
    expectSuccess(lines)
    #expect(lines.errors.contains("% of 3.0 MB, ") && lines.errors.contains(" left\n"), "\(lines)")
    #expect(!lines.errors.contains("\r") && !lines.errors.contains("\u{1B}"), "\(lines)")
    expectSuccess(app.world.command(["rm", "-rf", "\(app.world.data)/locara/models"]))
    let command = "'\(Locations.locara)' model fetch '\(app.manifest)' --locked"
    let drawn = app.world.command(
      ["script", "-qec", command, "/dev/null"], environment: app.environment.merging(["TERM": "xterm"]) { $1 },
      timeout: 60)
    #expect(drawn.status == 0, "\(drawn)")
    for part in ["\r", ".safetensors [==", "%  ", " left"] { #expect(drawn.output.contains(part), "\(drawn)") }
    expectSuccess(app.locara("model", "verify"))
  }
}
