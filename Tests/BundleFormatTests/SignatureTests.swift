import BundleFormat
import CanonicalJSON
import Digests
import Signing
import SystemIO
import TestSupport
import Testing

@Suite struct SignatureTests {
  let directory = TemporaryDirectory("signatures")

  /// The private key of RFC 8032, section 7.1, test 2.
  static let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
  static func hexadecimal(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8).map { Character(Unicode.Scalar($0)).hexDigitValue ?? 0 }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
  /// The same key in PEM, as OpenSSL writes it.
  static let pem = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7
    -----END PRIVATE KEY-----

    """

  private func sample() throws -> Bundle { try Bundle.open(try Sample.bundle(in: directory).0) }

  private func provenance(_ bundle: Bundle) -> Provenance {
    Provenance(
      subject: bundle.subject, builder: "https://example.com/ci", compilerVersion: "0.1.0",
      parameters: ["manifest": "locara.yaml", "architectures": ["aarch64", "x86_64"]],
      dependencies: [
        .init(uri: "file:src/main.c", digest: Digest.of([2]), name: "src/main.c"),
        .init(uri: "file:locara.yaml", digest: Digest.of([1]), name: "locara.yaml"),
      ])
  }

  @Test func theSignatureIsTheOneOfTheStandard() throws {
    let key = try SigningKey(pem: Self.pem, path: "key")
    #expect(key.pem == Self.pem)
    #expect(
      key.publicKey.bytes == Self.hexadecimal("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
    let expected = Self.hexadecimal(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    #expect(try key.sign([0x72]) == expected)
    #expect(key.publicKey.verifies(expected, of: [0x72]))
    #expect(!key.publicKey.verifies(expected, of: [0x73]))
    #expect(!key.publicKey.verifies(Array(expected.dropLast()), of: [0x72]))
    for index in expected.indices {
      var bad = expected
      bad[index] ^= 1
      #expect(!key.publicKey.verifies(bad, of: [0x72]))
    }
    #expect(try PublicKey(pem: key.publicKey.pem, path: "key") == key.publicKey)
    #expect(try SigningKey.generate().publicKey != SigningKey.generate().publicKey)
  }

  @Test func openSSLReadsTheKeysAndAcceptsTheSignature() throws {
    let key = try SigningKey.generate()
    directory.write(key.pem, to: "key.pem")
    directory.write(key.publicKey.pem, to: "public.pem")
    directory.write("message", to: "message")
    directory.write(try key.sign(Array("message".utf8)), to: "signature")
    let derived = run(["openssl", "pkey", "-in", "key.pem", "-pubout"], in: directory.path)
    #expect(derived.output == key.publicKey.pem, "\(derived)")
    let verified = run(
      [
        "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "message", "-sigfile",
        "signature",
      ],
      in: directory.path)
    #expect(verified.status == 0, "\(verified)")
    let made = run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", "theirs.pem"], in: directory.path)
    #expect(made.status == 0, "\(made)")
    let theirs = String(decoding: try #require(contents(of: directory("theirs.pem"))), as: UTF8.self)
    #expect(try SigningKey(pem: theirs, path: "theirs.pem").pem == theirs)
  }

  @Test func keysThatAreNoneAreRefused() throws {
    let other = run(["openssl", "genpkey", "-algorithm", "x25519"])
    for text in [
      "", "hello", Self.pem.replacing("PRIVATE", with: "PUBLIC"), Self.pem.replacing("MC4C", with: "MC4D"),
      Self.pem.replacing("uKb7", with: "uKb"), Self.pem.replacing("uKb7", with: "uKb7AAAA"), other.output,
      Self.pem.replacing("uKb7", with: "uK!7"),
    ] {
      #expect(failure { try SigningKey(pem: text, path: "key") }?.code == "LB020", "\(text)")
    }
  }

  @Test func anEnvelopeIsTheGoldenOneAndVerifies() throws {
    let bundle = try sample()
    let key = try SigningKey(pem: Self.pem, path: "key")
    var envelope = Envelope(payload: provenance(bundle).statement.bytes)
    try envelope.sign(with: key)
    expectGolden(envelope.bytes, "bundles/sample.provenance.dsse.json")
    expectGolden(try #require(envelope.sigstoreBundle).canonicalBytes, "bundles/sample.provenance.sigstore.json")
    for bytes in [envelope.bytes, try #require(envelope.sigstoreBundle).canonicalBytes] {
      let read = try Envelope(parsing: bytes, path: "x")
      #expect(read == envelope)
      let statement = try bundle.verify(read, keys: [key.publicKey], envelopePath: "x")
      #expect(statement == provenance(bundle).statement)
    }
  }

  @Test func theSignedBytesAreThoseOfTheProtocol() throws {
    // The example of the DSSE protocol's page.
    let key = try SigningKey(pem: Self.pem, path: "key")
    var envelope = Envelope(payloadType: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
    try envelope.sign(with: key)
    let signed = Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8)
    #expect(key.publicKey.verifies(envelope.signatures[0].bytes, of: signed))
    #expect(envelope.json["payload"] == "aGVsbG8gd29ybGQ=")
    #expect(envelope.signatures[0].keyIdentifier == key.publicKey.identifier)
  }

  @Test func everyByteIsUnderTheSignature() throws {
    let key = try SigningKey(pem: Self.pem, path: "key")
    var envelope = Envelope(payload: Array("payload".utf8))
    try envelope.sign(with: key)
    let good = envelope.bytes
    for offset in good.indices {
      for bit in [UInt8(1), 0x20] {
        var bad = good
        bad[offset] ^= bit
        guard let read = try? Envelope(parsing: bad, path: "x") else { continue }
        let payload = try? read.verified(by: [key.publicKey], path: "x")
        // Only the hint may differ, or a character that names the same digit of base64.
        #expect(payload == nil || (payload == Array("payload".utf8) && read.payloadType == envelope.payloadType))
      }
    }
  }

  @Test func distinctKeysCount() throws {
    let keys = try (0..<3).map { _ in try SigningKey.generate() }
    var envelope = Envelope(payload: [1, 2, 3])
    try envelope.sign(with: keys[0])
    try envelope.sign(with: keys[0])
    #expect(envelope.signatures.count == 1)
    let trusted = keys.map(\.publicKey) + keys.map(\.publicKey)
    #expect(try envelope.verified(by: trusted, path: "x") == [1, 2, 3])
    #expect(failure { try envelope.verified(by: trusted, threshold: 2, path: "x") }?.code == "LB022")
    // The same signature twice, under another name, is still one key.
    let json = envelope.json
    let signature = try #require(json["signatures"]?.arrayValue?.first?["sig"])
    let doubled: JSON = [
      "payload": json["payload"] ?? .null, "payloadType": json["payloadType"] ?? .null,
      "signatures": [["sig": signature], ["sig": signature, "keyid": .string(keys[1].publicKey.identifier)]],
    ]
    let read = try Envelope(parsing: doubled.canonicalBytes, path: "x")
    #expect(failure { try read.verified(by: trusted, threshold: 2, path: "x") }?.code == "LB022")
    try envelope.sign(with: keys[1])
    #expect(try envelope.verified(by: trusted, threshold: 2, path: "x") == [1, 2, 3])
    #expect(envelope.sigstoreBundle == nil)
    #expect(failure { try envelope.verified(by: [keys[2].publicKey], path: "x") }?.code == "LB022")
    #expect(failure { try envelope.verified(by: [], path: "x") }?.code == "LB022")
    #expect(failure { try envelope.verified(by: trusted, threshold: 0, path: "x") }?.code == "LB022")
  }

  @Test func aSignatureOfAnotherBundleIsRefused() throws {
    let bundle = try sample()
    let key = try SigningKey.generate()
    var configuration = Sample.configuration
    configuration.version = "9.9.9"
    _ = try Sample.writer(configuration).write(to: directory("other.locapp"))
    let other = try Bundle.open(directory("other.locapp"))
    var envelope = Envelope(payload: provenance(other).statement.bytes)
    try envelope.sign(with: key)
    let refused = failure { try bundle.verify(envelope, keys: [key.publicKey], envelopePath: "x") }
    #expect(refused?.code == "LB024")
    var text = Envelope(payloadType: "text/plain", payload: provenance(bundle).statement.bytes)
    try text.sign(with: key)
    #expect(failure { try bundle.verify(text, keys: [key.publicKey], envelopePath: "x") }?.code == "LB023")
  }

  @Test(arguments: [
    "", "{}", "[]", "{\"payload\":\"\",\"payloadType\":\"x\"}",
    "{\"payload\":\"!\",\"payloadType\":\"x\",\"signatures\":[]}",
    "{\"payload\":\"\",\"payloadType\":\"x\",\"signatures\":[]}",
    "{\"payload\":\"\",\"payloadType\":\"x\",\"signatures\":[{}]}",
    "{\"payload\":\"\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"a\"}]}",
    "{\"payload\":\"AB\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"\"}]}",
    "{\"payload\":1,\"payloadType\":\"x\",\"signatures\":[]}",
    "{\"payload\":\"=\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"\"}]}", "{\"dsseEnvelope\":{}}",
  ])
  func malformedEnvelopesAreRefused(text: String) {
    #expect(failure { try Envelope(parsing: Array(text.utf8), path: "x") }?.code == "LB023")
  }
}
