import Glibc
import TestSupport
import Testing

/// Keys, signatures and their refusals, through the command line.
@Suite struct SigningTests {
  let world = World("signing")
  let bundle: String

  init() throws {
    bundle = world.directory.copy(Hello.built.bundle, to: "hello.locapp")
    for name in ["first", "second", "other"] { expectSuccess(world.locara("key", "new", "-o", name)) }
  }

  private func sign(_ key: String, _ more: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    expectSuccess(world.locara(["sign", bundle, "--key", "\(key).key"] + more), sourceLocation: sourceLocation)
  }

  private func verify(_ keys: String..., and more: [String] = []) -> Outcome {
    world.locara(["verify", bundle] + keys.flatMap { ["--key", "\($0).pub"] } + more)
  }

  private func mode(_ name: String) -> mode_t {
    var status = stat()
    return stat(world.directory(name), &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test func keysAreForTheirOwner() throws {
    let script = "umask 0; \"$@\" && umask 077; \"$1\" key new -o strict"
    let outcome = world.command(
      ["/bin/bash", "-c", script, "bash", Locations.locara, "key", "new", "-o", "open"])
    expectSuccess(outcome)
    for name in ["open", "strict"] {
      #expect(mode("\(name).key") == 0o600)
      #expect(mode("\(name).pub") == 0o644)
    }
    #expect(contents(of: world.directory("first.key")) != contents(of: world.directory("other.key")))
  }

  @Test func keysAreNeverOverwritten() throws {
    let before = try #require(contents(of: world.directory("first.key")))
    expectRefused(world.locara("key", "new", "-o", "first"), status: 65, codes: ["LB025"], naming: ["first.key"])
    #expect(contents(of: world.directory("first.key")) == before)
    _ = world.command(["rm", "first.key"])
    expectRefused(world.locara("key", "new", "-o", "first"), status: 65, codes: ["LB025"], naming: ["first.pub"])
    #expect(contents(of: world.directory("first.key")) == nil)
    // A link that leads nowhere is a file too.
    _ = world.command(["ln", "-s", "nowhere", "link.key"])
    expectRefused(world.locara("key", "new", "-o", "link"), status: 65, codes: ["LB025"])
    #expect(contents(of: world.directory("nowhere")) == nil)
  }

  /// A key under a passphrase: in the form that OpenSSL reads, of no use without the passphrase.
  @Test func keysMayBeEncrypted() throws {
    world.directory.write("correct horse\nsecond line\n", to: "words")
    world.directory.write("another\n", to: "other-words")
    world.directory.write("\n", to: "empty")
    let made = world.locara("key", "new", "-o", "locked", "--encrypt", "--passphrase-file", "words")
    expectSuccess(made)
    #expect(mode("locked.key") == 0o600)
    let text = String(decoding: try #require(contents(of: world.directory("locked.key"))), as: UTF8.self)
    #expect(text.contains("\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
    // The same words make another file each time.
    expectSuccess(world.locara("key", "new", "-o", "twin", "--encrypt", "--passphrase-file", "words"))
    #expect(contents(of: world.directory("twin.key")) != contents(of: world.directory("locked.key")))

    expectSuccess(world.locara("sign", bundle, "--key", "locked.key", "--passphrase-file", "words"))
    expectSuccess(verify("locked"))
    // What OpenSSL makes of it signs the same bytes.
    let plain = world.command([
      "openssl", "pkey", "-in", "locked.key", "-passin", "pass:correct horse", "-out", "plain.key",
    ])
    expectSuccess(plain)
    expectSuccess(world.locara("sign", bundle, "--key", "plain.key", "-o", "plain.json"))
    #expect(contents(of: world.directory("plain.json")) == contents(of: "\(bundle).dsse.json"))

    for (key, more, code) in [
      ("locked.key", ["--passphrase-file", "other-words"], "LB027"),
      ("locked.key", ["--passphrase-file", "empty"], "LB028"),
      ("locked.key", ["--passphrase-file", "missing"], "LX007"), ("locked.key", [], "LB028"),
    ] {
      // In a session of its own there is no terminal to ask at.
      let outcome = world.command(
        ["setsid", "-w", Locations.locara, "sign", bundle, "--key", key, "-o", "none.json"] + more)
      expectRefused(outcome, status: 65, codes: [code])
      #expect(contents(of: world.directory("none.json")) == nil)
    }
    let piped = world.locara(
      ["sign", bundle, "--key", "locked.key", "--passphrase-file", "-", "-o", "piped.json"],
      input: Array("correct horse".utf8))
    expectSuccess(piped)
    #expect(world.locara("key", "new", "-o", "x", "--passphrase-file", "words").status == 64)
    // Another cost than ours, and any damage, is refused before anything is derived.
    expectSuccess(
      world.command([
        "openssl", "pkcs8", "-topk8", "-in", "plain.key", "-out", "slow.key", "-scrypt", "-scrypt_N", "8192",
        "-passout",
        "pass:correct horse",
      ]))
    expectRefused(
      world.locara("sign", bundle, "--key", "slow.key", "--passphrase-file", "words", "-o", "none.json"), status: 65,
      codes: ["LB020"], naming: ["openssl pkey"])
    for place in stride(from: 40, to: text.utf8.count - 40, by: 17) {
      var bytes = Array(text.utf8)
      bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      world.directory.write(bytes, to: "damaged.key")
      let outcome = world.locara(
        "sign", bundle, "--key", "damaged.key", "--passphrase-file", "words", "-o", "none.json")
      expectRefused(outcome, status: 65, codes: ["LB020", "LB027"])
    }
  }

  @Test func signedBundleIsVerified() throws {
    let before = contents(of: bundle)
    sign("first")
    #expect(contents(of: bundle) == before)
    let outcome = verify("first")
    expectSuccess(outcome)
    #expect(outcome.output.hasPrefix("acme/hello-c@0.1.0 sha256:"), "\(outcome)")
    #expect(outcome.output.contains("signed by first.pub "), "\(outcome)")
    // The same key signs to the same bytes, and once.
    let signature = try #require(contents(of: "\(bundle).dsse.json"))
    sign("first")
    #expect(contents(of: "\(bundle).dsse.json") == signature)
    sign("first", "-o", "elsewhere.json")
    #expect(contents(of: world.directory("elsewhere.json")) == signature)
    expectSuccess(verify("first", and: ["--signature", "elsewhere.json"]))
  }

  @Test func thresholdCountsKeys() throws {
    sign("first")
    expectRefused(verify("first", "second", and: ["--threshold", "2"]), status: 65, codes: ["LB022"])
    expectRefused(verify("first", "first", and: ["--threshold", "2"]), status: 65, codes: ["LB022"])
    sign("second")
    let both = verify("first", "second", "other", and: ["--threshold", "2"])
    expectSuccess(both)
    #expect(both.output.contains("signed by first.pub") && both.output.contains("signed by second.pub"), "\(both)")
    #expect(!both.output.contains("other.pub"), "\(both)")
    expectRefused(verify("first", "second", "other", and: ["--threshold", "3"]), status: 65, codes: ["LB022"])
    #expect(verify("first", and: ["--threshold", "0"]).status == 64)
    #expect(world.locara("verify", bundle).status == 64)
  }

  @Test func otherKeyIsRefused() {
    sign("first")
    expectRefused(verify("other"), status: 65, codes: ["LB022"])
  }

  @Test func missingSignatureIsRefused() {
    expectRefused(verify("first"), status: 65, codes: ["LB022"], naming: ["hello.locapp.dsse.json"])
  }

  @Test func keyOfTheWrongKindIsRefused() {
    expectRefused(
      world.locara("sign", bundle, "--key", "first.pub"), status: 65, codes: ["LB020"], naming: ["first.pub"])
    sign("first")
    expectRefused(world.locara("verify", bundle, "--key", "first.key"), status: 65, codes: ["LB020"])
    expectRefused(world.locara("verify", bundle, "--key", "nowhere.pub"), status: 65, codes: ["LX007"])
  }

  @Test func flippedByteOfTheBundleIsRefused() throws {
    sign("first")
    let whole = try #require(contents(of: bundle))
    let payload = try #require(try tarEntries(of: whole).last)
    for place in [0, 600, payload.content + payload.size / 2, whole.count - 1] {
      var bytes = whole
      bytes[place] ^= 1
      world.directory.write(bytes, to: "hello.locapp")
      expectRefused(verify("first"), status: 65)
      expectRefused(world.locara("sign", bundle, "--key", "second.key"), status: 65)
    }
  }

  /// Every byte of the payload is signed and every byte of a signature counts; white space and hints do not.
  @Test func flippedByteOfTheSignatureIsRefused() throws {
    sign("first")
    let whole = try #require(contents(of: "\(bundle).dsse.json"))
    let text = String(decoding: whole, as: UTF8.self)
    for member in ["\"payload\":\"", "\"sig\":\""] {
      let start = try #require(text.firstRange(of: member)).upperBound.utf16Offset(in: text)
      for place in [start, start + 7, start + 40] {
        var bytes = whole
        bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        world.directory.write(bytes, to: "hello.locapp.dsse.json")
        expectRefused(verify("first"), status: 65, codes: ["LB022"])
      }
    }
    world.directory.write("{}", to: "hello.locapp.dsse.json")
    expectRefused(verify("first"), status: 65, codes: ["LB023"])
  }

  @Test func signatureOfAnotherBundleIsRefused() throws {
    let app = world.copy(app: "hello-c")
    let manifest = String(decoding: try #require(contents(of: "\(app)/locara.yaml")), as: UTF8.self)
    world.directory.write(manifest.replacing("version: 0.1.0", with: "version: 0.1.1"), to: "hello-c/locara.yaml")
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", "next.locapp"))
    sign("first")
    let signature = try #require(contents(of: "\(bundle).dsse.json"))
    expectRefused(
      world.locara("verify", "next.locapp", "--key", "first.pub", "--signature", "\(bundle).dsse.json"), status: 65,
      codes: ["LB024"])
    // Nor does signing the other bundle take this one's signatures away.
    expectRefused(
      world.locara("sign", "next.locapp", "--key", "first.key", "-o", "\(bundle).dsse.json"), status: 65,
      codes: ["LB024"])
    #expect(contents(of: "\(bundle).dsse.json") == signature)
  }

  /// Another program agrees: OpenSSL reads the key and finds the signature right over what DSSE says is signed.
  @Test func openSSLAgrees() throws {
    sign("first")
    let script = """
      payload=$(jq -r .payload hello.locapp.dsse.json | base64 -d; echo .); payload=${payload%.}
      type=$(jq -r .payloadType hello.locapp.dsse.json)
      printf 'DSSEv1 %d %s %d %s' ${#type} "$type" ${#payload} "$payload" > message
      jq -r '.signatures[0].sig' hello.locapp.dsse.json | base64 -d > signature
      openssl pkeyutl -verify -pubin -inkey first.pub -rawin -in message -sigfile signature
      printf '%s' "$payload" | jq -r '.subject[0].digest.sha256, .predicateType'
      """
    let outcome = world.command(["/bin/bash", "-ec", script])
    expectSuccess(outcome)
    #expect(outcome.output.contains("Signature Verified Successfully"), "\(outcome)")
    #expect(outcome.output.contains("https://slsa.dev/provenance/v1"), "\(outcome)")
    let digest = try #require(verify("first").output.firstMatch(of: /sha256:([0-9a-f]{64})/)).output.1
    #expect(outcome.output.contains(digest), "\(outcome)")
  }
}
