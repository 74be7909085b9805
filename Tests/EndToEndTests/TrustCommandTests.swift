import TestSupport
import Testing

/// Signatures as other programs read them, trust files and revocations, through the command line.
@Suite struct TrustCommandTests {
  let world = World("trust")
  let bundle: String

  init() throws {
    bundle = world.directory.copy(Hello.built.bundle, to: "hello.locapp")
    for name in ["first", "second", "root"] { expectSuccess(world.locara("key", "new", "-o", name)) }
  }

  @Test func minisignAcceptsWhatIsSigned() throws {
    expectSuccess(world.locara("sign", bundle, "--key", "first.key", "--form", "minisign"))
    let key = world.locara("key", "show", "first.pub", "--format", "minisign")
    world.directory.write(key.output, to: "first.minisign.pub")
    let theirs = world.command(["minisign", "-V", "-m", "hello.locapp", "-p", "first.minisign.pub"])
    expectSuccess(theirs)
    #expect(theirs.output.contains("Signature and comment signature verified"), "\(theirs)")
    #expect(theirs.output.contains("acme/hello-c@0.1.0 sha256:"), "\(theirs)")
    // So do we, with the key in either form; a byte that differs is noticed by both.
    for key in ["first.pub", "first.minisign.pub"] {
      let ours = world.locara("verify", bundle, "--key", key)
      expectSuccess(ours)
      #expect(ours.output.contains("signed by \(key)"), "\(ours)")
    }
    expectRefused(world.locara("verify", bundle, "--key", "second.pub"), status: 65, codes: ["LB022"])
    // The same key signs to the same bytes; another's signature is not overwritten.
    expectSuccess(world.locara("sign", bundle, "--key", "first.key", "--form", "minisign"))
    expectRefused(
      world.locara("sign", bundle, "--key", "second.key", "--form", "minisign"), status: 65, codes: ["LB026"])
  }

  @Test func signaturesOfMinisignItselfAreAccepted() throws {
    expectSuccess(world.command(["minisign", "-G", "-W", "-p", "theirs.pub", "-s", "theirs.key"]))
    expectSuccess(world.command(["minisign", "-S", "-m", "hello.locapp", "-s", "theirs.key", "-t", "by hand"]))
    let ours = world.locara("verify", bundle, "--key", "theirs.pub")
    expectSuccess(ours)
    expectRefused(world.locara("verify", bundle, "--key", "first.pub"), status: 65, codes: ["LB022"])
    // The trusted comment is under the signature, too.
    let text = String(decoding: try #require(contents(of: "\(bundle).minisig")), as: UTF8.self)
    world.directory.write(text.replacing("by hand", with: "by head"), to: "hello.locapp.minisig")
    expectRefused(world.locara("verify", bundle, "--key", "theirs.pub"), status: 65, codes: ["LB022"])
    for wrong in [
      "untrusted comment: x\n", text.replacing("trusted comment: by", with: "comment: by"), text + "more\n",
    ] {
      world.directory.write(wrong, to: "hello.locapp.minisig")
      expectRefused(world.locara("verify", bundle, "--key", "theirs.pub"), status: 65, codes: ["LB023"])
    }
    // The older form, over the file itself.
    _ = world.command(["rm", "hello.locapp.minisig"])
    expectSuccess(world.command(["minisign", "-S", "-l", "-m", "hello.locapp", "-s", "theirs.key"]))
    expectRefused(world.locara("verify", bundle, "--key", "theirs.pub"), status: 65, codes: ["LB023"])
  }

  @Test(.enabled(if: PythonPackages.areExpected, "scripts/fetch-test-packages brings the verifier"))
  func anIndependentVerifierAcceptsWhatIsSigned() throws {
    expectSuccess(world.locara("sign", bundle, "--key", "first.key"))
    expectSuccess(world.locara("sign", bundle, "--key", "second.key"))
    let script = """
      import json, sys
      from cryptography.hazmat.primitives.serialization import load_pem_public_key
      from google.protobuf.json_format import Parse
      from in_toto_attestation.v1.statement import Statement
      from securesystemslib.dsse import Envelope
      from securesystemslib.signer import SSlibKey
      def key(name):
          pem = open(name, "rb").read()
          identifier = sys.argv[1 if name.startswith("first") else 2]
          return SSlibKey.from_crypto(load_pem_public_key(pem), keyid=identifier)
      envelope = Envelope.from_dict(json.load(open("hello.locapp.dsse.json")))
      accepted = envelope.verify([key("first.pub"), key("second.pub")], threshold=2)
      assert len(accepted) == 2, accepted
      assert envelope.payload_type == "application/vnd.in-toto+json"
      from in_toto_attestation.v1 import statement_pb2
      statement = Parse(envelope.payload, statement_pb2.Statement())
      Statement.copy_from_pb(statement).validate()
      print(statement.subject[0].digest["sha256"], statement.predicate_type)
      """
    let identifiers = ["first", "second"].map { name in
      String(world.locara("key", "show", "\(name).pub", "--format", "identifier").output.dropLast())
    }
    let outcome = PythonPackages.python(script, identifiers, in: world.directory.path)
    expectSuccess(outcome)
    let digest = try #require(Hello.built.outcome.output.firstMatch(of: /sha256:([0-9a-f]{64})/)).output.1
    #expect(outcome.output == "\(digest) https://slsa.dev/provenance/v1\n", "\(outcome)")
  }

  @Test func aSigstoreBundleHasOneSignature() throws {
    expectSuccess(world.locara("sign", bundle, "--key", "first.key", "--form", "sigstore"))
    let text = String(decoding: try #require(contents(of: "\(bundle).sigstore.json")), as: UTF8.self)
    #expect(text.contains("application/vnd.dev.sigstore.bundle.v0.3+json"))
    expectSuccess(world.locara("verify", bundle, "--key", "first.pub"))
    expectRefused(
      world.locara("sign", bundle, "--key", "second.key", "--form", "sigstore"), status: 65, codes: ["LB026"])
  }

  private func trust(_ text: String) { world.directory.write(text, to: "config/locara/trust.yaml") }

  @Test func aTrustFileDecides() throws {
    _ = world.command(["mkdir", "-p", "config/locara"])
    for name in ["first", "second", "root"] { _ = world.command(["cp", "\(name).pub", "config/locara"]) }
    #expect(world.locara("verify", bundle).status == 64)
    trust("publishers: {acme: {keys: [first.pub, second.pub], threshold: 2}}")
    expectRefused(world.locara("verify", bundle), status: 65, codes: ["LB022"])
    expectSuccess(world.locara("sign", bundle, "--key", "first.key"))
    expectRefused(world.locara("verify", bundle), status: 65, codes: ["LB022"], naming: ["1 of 2"])
    expectSuccess(world.locara("sign", bundle, "--key", "second.key"))
    let accepted = world.locara("verify", bundle)
    expectSuccess(accepted)
    #expect(accepted.output.hasPrefix("acme/hello-c@0.1.0 sha256:"), "\(accepted)")

    // Revoking a key takes its signature away, and the copy of the list counts when the file is gone.
    trust(
      "publishers: {acme: {keys: [first.pub, second.pub]}}\nrevocations: {keys: [root.pub], list: revocations.json}")
    expectRefused(world.locara("verify", bundle), status: 65, codes: ["LB034"])
    let list = "config/locara/revocations.json"
    expectSuccess(world.locara("trust", "revoke", "--key", "first.pub", "--sign", "root.key", "-o", list))
    let revoked = world.locara("verify", bundle)
    expectSuccess(revoked)
    #expect(!revoked.output.contains("signed by \(identifier("first"))"), "\(revoked)")
    #expect(revoked.output.contains("signed by \(identifier("second"))"), "\(revoked)")
    expectSuccess(world.locara("trust", "revoke", "--bundle", bundle, "--sign", "root.key", "-o", list))
    expectRefused(world.locara("verify", bundle), status: 65, codes: ["LB035"])
    _ = world.command(["rm", list])
    expectRefused(world.locara("verify", bundle), status: 65, codes: ["LB035"])

    let shown = world.locara("trust", "show", "--format", "json")
    expectSuccess(shown)
    #expect(shown.output.contains(identifier("second")) && shown.output.contains("\"threshold\": 1"), "\(shown)")
    expectSuccess(world.locara("trust", "show"))
  }

  private func identifier(_ name: String) -> String {
    String(world.locara("key", "show", "\(name).pub", "--format", "identifier").output.dropLast())
  }
}
