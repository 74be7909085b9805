import Digests
import Glibc
import TestSupport
import Testing

/// A user with an app whose model is on a hub on loopback.
struct HubApp {
  let hub: Hub
  let world = World("models")
  let manifest: String
  let weights: [UInt8]
  static let commit = String(repeating: "c0ffee1234", count: 4)
  static let next = String(repeating: "0123456789", count: 4)

  /// - Parameter bytes: of the weights.
  init(bytes: Int = 200_000, hasTLS: Bool = false) throws {
    hub = try #require(Hub(hasTLS: hasTLS), "this test needs /usr/bin/python3")
    weights = HubApp.weights(bytes, seed: 3)
    hub.repository(
      "acme/tiny", commit: HubApp.commit,
      files: ["model.safetensors": weights, "tokenizer.json": Array("{}".utf8), "config.json": Array("{}".utf8)])
    let app = world.copy(app: "hello-c")
    let text = String(decoding: try #require(contents(of: "\(app)/locara.yaml")), as: UTF8.self)
    manifest = "\(app)/locara.yaml"
    world.directory.write(text + HubApp.models("hf:acme/tiny@main"), to: "hello-c/locara.yaml")
  }

  static func models(_ source: String) -> String {
    """

    modalities: [text-to-embedding]
    models:
      - id: tiny
        role: text-to-embedding
        source: \(source)
        files: [model.safetensors, tokenizer.json, config.json]
        license: MIT

    """
  }

  static func weights(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    let header = Array(#"{"w":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#.utf8)
    var length = UInt64(header.count).littleEndian
    return withUnsafeBytes(of: &length) { Array($0) } + header + generator.bytes(count)
  }

  var directory: String { String(manifest.dropLast("/locara.yaml".count)) }
  var lock: String { String(decoding: contents(of: "\(directory)/locara.lock.json") ?? [], as: UTF8.self) }
  var environment: [String: String?] { hub.environment.merging(["LOCARA_HTTP_TIMEOUT": "5"]) { $1 } }

  func locara(_ arguments: String..., changes: [String: String?] = [:]) -> Outcome {
    world.locara(arguments, environment: environment.merging(changes) { $1 }, timeout: 60)
  }

  func change(_ old: String, _ new: String) throws {
    let text = String(decoding: try #require(contents(of: manifest)), as: UTF8.self)
    #expect(text.contains(old))
    world.directory.write(
      text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new), to: "hello-c/locara.yaml")
  }
}

@Suite struct ModelCommandTests {
  @Test func fromManifestToStoreAndBack() throws {
    let app = try HubApp()
    expectRefused(app.locara("model", "fetch", app.manifest, "--locked"), status: 65, codes: ["LK012"])
    expectRefused(app.locara("lock", app.manifest, "--offline"), status: 65, codes: ["LK011"], naming: ["offline"])
    #expect(app.locara("lock", app.manifest, "--check").status == 2)
    expectSuccess(app.locara("model", "fetch", app.manifest))
    #expect(app.lock.contains(HubApp.commit) && app.lock.contains("\"requested\": \"main\""), "\(app.lock)")
    #expect(app.lock.contains("\"parameters\": 200000"), "\(app.lock)")
    expectSuccess(app.locara("lock", app.manifest, "--check"))
    expectSuccess(app.locara("lock", app.manifest, "--locked"))

    let places = app.locara("model", "where", app.manifest)
    expectSuccess(places)
    #expect(places.output.contains(Digest.of(app.weights).hexadecimal), "\(places)")
    expectSuccess(app.locara("model", "verify"))
    expectSuccess(app.locara("check", app.manifest))
    // What is there needs no network.
    app.hub.forgetRequests()
    let again = app.locara("model", "fetch", app.manifest, "--locked", "--offline")
    expectSuccess(again)
    #expect(again.output.contains("already there"))
    #expect(app.hub.requests.isEmpty)

    // A damaged file is found, and replaced.
    let path =
      "\(app.world.data)/locara/models/sha256/\(Digest.of(app.weights).hexadecimal.prefix(2))/\(Digest.of(app.weights).hexadecimal)"
    var damaged = app.weights
    damaged[150_000] ^= 1
    #expect(chmod(path, 0o644) == 0)
    app.world.directory.write(damaged, to: "damaged")
    #expect(TestSupport.run(["cp", app.world.directory("damaged"), path]).status == 0)
    expectRefused(app.locara("model", "verify"), status: 65, codes: ["LK005"])
    expectSuccess(app.locara("model", "fetch", app.manifest, "--locked"))
    expectSuccess(app.locara("model", "verify"))

    let facts = app.locara("model", "inspect", Digest.of(app.weights).description)
    expectSuccess(facts)
    #expect(app.locara("model", "inspect", path, "--format", "json").output.contains("\"size\": \(app.weights.count)"))
  }

  @Test func branchesMoveOnlyWhenAsked() throws {
    let app = try HubApp()
    expectSuccess(app.locara("lock", app.manifest))
    let before = app.lock
    app.world.directory.write(before, to: "before/locara.lock.json")
    app.hub.repository(
      "acme/tiny", commit: HubApp.next,
      files: [
        "model.safetensors": HubApp.weights(200_000, seed: 4), "tokenizer.json": Array("{}".utf8),
        "config.json": Array("{}".utf8),
      ])
    expectSuccess(app.locara("lock", app.manifest))
    #expect(app.lock == before)
    let updated = app.locara("lock", app.manifest, "--update", "tiny")
    expectSuccess(updated)
    #expect(updated.errors.contains("~ tiny revision: \(HubApp.commit) -> \(HubApp.next)"), "\(updated)")
    #expect(app.lock.contains(HubApp.next))
    expectRefused(app.locara("lock", app.manifest, "--update", "none"), status: 65, codes: ["LK010"])

    let diff = app.locara("lock", "diff", app.world.directory("before"), app.directory, "--exit-code")
    #expect(diff.status == 2, "\(diff)")
    #expect(diff.output.contains("~ tiny model.safetensors: sha256: "), "\(diff)")
    #expect(!diff.output.contains("tokenizer"), "\(diff)")

    // An entry that does not fit says why, and is written anew by itself.
    try app.change("@main", "@next")
    let stale = app.locara("lock", app.manifest, "--check")
    #expect(stale.status == 2 && stale.errors.contains("names revision next, locked is main"), "\(stale)")
    expectRefused(app.locara("model", "fetch", app.manifest, "--locked"), status: 65, codes: ["LK014"])
    expectRefused(
      app.locara("lock", app.manifest), status: 65, codes: ["LK011"], naming: ["LK023", "no such revision"])
  }

  @Test func webServersAreReadOverTLSOnly() throws {
    let app = try HubApp(hasTLS: true)
    let url = try #require(app.hub.encryptedURL)
    app.hub.directory.write(app.weights, to: "plain/tiny/model.safetensors")
    for name in ["tokenizer.json", "config.json"] { app.hub.directory.write("{}", to: "plain/tiny/\(name)") }
    try app.change("hf:acme/tiny@main", "\(url)/plain/tiny")
    let authority = app.hub.directory("authority.pem")
    // Whose certificate nobody vouches for is not talked to.
    let refused = app.locara("lock", app.manifest, changes: ["SSL_CERT_FILE": nil, "SSL_CERT_DIR": nil])
    expectRefused(refused, status: 65, codes: ["LK011"], naming: ["LX021", "certificate"])
    expectSuccess(app.locara("lock", app.manifest, changes: ["SSL_CERT_FILE": authority]))
    #expect(app.lock.contains(Digest.of(app.weights).hexadecimal), "\(app.lock)")
    expectSuccess(app.locara("model", "fetch", app.manifest, "--locked", changes: ["SSL_CERT_FILE": authority]))
    // An encrypted connection does not lead to a plain one.
    expectSuccess(app.world.command(["rm", "-rf", "\(app.world.data)/locara/models"]))
    app.hub.rules("[{\"match\": \"/plain/\", \"redirect\": \"\(app.hub.url)/plain/tiny/model.safetensors\"}]")
    expectRefused(
      app.locara("model", "fetch", app.manifest, "--locked", changes: ["SSL_CERT_FILE": authority]), status: 1,
      codes: ["LX024"])
  }

  @Test func onlyWhatNothingNeedsIsCollected() throws {
    let app = try HubApp()
    expectSuccess(app.locara("model", "fetch", app.manifest))
    expectSuccess(app.locara("model", "gc"))
    #expect(app.locara("model", "where", app.manifest).status == 0)
    #expect(app.locara("model", "gc", "--roots").output.contains("locara.lock.json"))
    // A lock that cannot be read may need anything.
    let lock = app.lock
    app.world.directory.write("{", to: "hello-c/locara.lock.json")
    expectRefused(app.locara("model", "gc"), status: 65, codes: ["LK001"])
    app.world.directory.write(lock, to: "hello-c/locara.lock.json")
    #expect(unlink("\(app.directory)/locara.lock.json") == 0)
    #expect(app.locara("model", "gc", "--dry-run").output.contains(Digest.of(app.weights).description))
    expectSuccess(app.locara("model", "gc"))
    #expect(app.locara("model", "list").output.isEmpty)
  }

  @Test func aHundredProcessesDownloadOnce() throws {
    let app = try HubApp(bytes: 1_000_000)
    expectSuccess(app.locara("lock", app.manifest))
    app.hub.rules(#"[{"match": "GET /cdn/", "rate": 1000000}]"#)
    app.hub.forgetRequests()
    let script = """
      for i in $(seq 100); do "$0" model fetch "$1" --locked > out.$i 2>&1 & processes="$processes $!"; done
      failures=0
      for process in $processes; do wait $process || failures=$((failures + 1)); done
      echo "failures $failures"
      """
    let outcome = app.world.command(
      ["/bin/bash", "-c", script, Locations.locara, app.manifest], environment: app.environment, timeout: 120)
    #expect(
      outcome.output == "failures 0\n",
      "\(outcome) \(String(decoding: contents(of: app.world.directory("out.1")) ?? [], as: UTF8.self))")
    #expect(app.hub.requests.filter { $0.path.hasPrefix("/cdn/") }.count == 1)
    expectSuccess(app.locara("model", "verify"))
  }

  /// Killed at any moment, a download leaves nothing under a name that it does not deserve, and is gone on with.
  @Test func killedAtRandomMoments() throws {
    let app = try HubApp(bytes: 400_000)
    expectSuccess(app.locara("lock", app.manifest))
    app.hub.rules(#"[{"match": "GET /cdn/", "rate": 8000000}]"#)
    let rounds = Locations.environment("LOCARA_KILLS") ?? "200"
    let script = """
      shopt -s nullglob
      store=$XDG_DATA_HOME/locara/models
      done=0
      for i in $(seq \(rounds)); do
        "$0" model fetch "$1" --locked > /dev/null 2>&1 & process=$!
        sleep 0.0$(printf %02d $((RANDOM % 90)))
        kill -9 $process 2> /dev/null
        wait $process 2> /dev/null
        for file in $store/sha256/*/*; do
          [ "$(sha256sum < $file)" = "$(basename $file)  -" ] || echo "wrong: $file"
          done=$((done + 1)); rm -f $file
        done
      done
      echo "completed $done" >&2
      """
    let outcome = app.world.command(
      ["/bin/bash", "-c", script, Locations.locara, app.manifest], environment: app.environment, timeout: 120)
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)")
    app.hub.rules("[]")
    expectSuccess(app.locara("model", "fetch", app.manifest, "--locked"))
    expectSuccess(app.locara("model", "verify"))
  }

  /// What a killed download had noted is neither fetched again nor trusted.
  @Test func aKilledDownloadIsGoneOnWith() throws {
    let app = try HubApp(bytes: 24_000_000)
    expectSuccess(app.locara("lock", app.manifest))
    app.hub.rules(#"[{"match": "GET /cdn/", "rate": 4000000}]"#)
    app.hub.forgetRequests()
    let script = """
      for i in 1 2 3 4; do
        "$0" model fetch "$1" --locked > /dev/null 2>&1 & process=$!
        sleep 1.$((30 + RANDOM % 60))
        kill -9 $process
        wait $process 2> /dev/null
      done
      exit 0
      """
    let outcome = app.world.command(
      ["/bin/bash", "-c", script, Locations.locara, app.manifest], environment: app.environment, timeout: 60)
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)")
    let offsets = app.hub.requests.filter { $0.path.hasPrefix("/cdn/") }.compactMap(\.range)
      .compactMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) }
    #expect((offsets.max() ?? 0) > 4_000_000, "\(offsets)")
    app.hub.rules("[]")
    expectSuccess(app.locara("model", "fetch", app.manifest, "--locked"))
    expectSuccess(app.locara("model", "verify"))
  }

  @Test func gitMergesModelByModel() throws {
    let world = World("merge")
    let place = world.directory("work")
    func lock(_ revisions: [String: String]) -> String {
      let blocks = revisions.sorted { $0.key < $1.key }.map { id, revision in
        """
            "\(id)": {
              "files": [
                {
                  "path": "m.gguf",
                  "sha256": "\(Digest.of(Array(revision.utf8)).hexadecimal)",
                  "size": 3
                }
              ],
              "license": "MIT",
              "load": "lazy",
              "revision": "\(revision)",
              "role": "text-to-text",
              "source": "hf:acme/\(id)"
            }
        """
      }
      return "{\n  \"lockVersion\": 1,\n  \"models\": {\n\(blocks.joined(separator: ",\n"))\n  }\n}\n"
    }
    func git(_ arguments: String...) -> Outcome {
      world.command(["git", "-c", "user.name=a", "-c", "user.email=a@example.com"] + arguments, in: place)
    }
    func commit(_ text: String) {
      world.directory.write(text, to: "work/locara.lock.json")
      expectSuccess(git("add", "."))
      expectSuccess(git("commit", "-qm", "lock"))
    }
    world.directory.write("", to: "work/.keep")
    expectSuccess(git("init", "-q", "-b", "main"))
    commit(lock(["a": "1", "b": "1"]))
    expectSuccess(world.locara(["git", "install", "--program", Locations.locara], in: place))
    expectSuccess(git("checkout", "-qb", "other"))
    commit(lock(["a": "2", "b": "1", "c": "1"]))
    expectSuccess(git("checkout", "-q", "main"))
    commit(lock(["a": "1", "b": "3", "d": "1"]))
    expectSuccess(git("merge", "-q", "--no-edit", "other"))
    let merged = String(decoding: contents(of: "\(place)/locara.lock.json") ?? [], as: UTF8.self)
    #expect(merged == lock(["a": "2", "b": "3", "c": "1", "d": "1"]), "\(merged)")
    let diff = world.locara(["lock", "diff", "HEAD~1"], in: place)
    expectSuccess(diff)
    #expect(diff.output.contains("+ c: hf:acme/c@1"), "\(diff)")

    expectSuccess(git("checkout", "-qb", "third", "other"))
    commit(lock(["a": "5", "b": "1", "c": "1"]))
    expectSuccess(git("checkout", "-q", "main"))
    commit(lock(["a": "6", "b": "3", "c": "1", "d": "1"]))
    #expect(git("merge", "-q", "--no-edit", "third").status == 1)
    let conflict = String(decoding: contents(of: "\(place)/locara.lock.json") ?? [], as: UTF8.self)
    #expect(conflict.contains("<<<<<<< ours") && conflict.contains(">>>>>>> theirs"), "\(conflict)")
    // Only what is in conflict is marked.
    let marked = conflict.split(separator: "<<<<<<<", maxSplits: 1).last?.split(separator: ">>>>>>>").first ?? ""
    #expect(!marked.contains("hf:acme/b") && !marked.contains("hf:acme/d"), "\(conflict)")
    expectRefused(world.locara(["lock", "diff"], in: place), status: 65, codes: ["LK001"], naming: ["merge"])
  }
}
