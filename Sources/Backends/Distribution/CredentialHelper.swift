internal import CanonicalJSON
internal import SystemIO

/// A program that keeps credentials, `docker-credential-NAME`: `get` with the registry on standard input gives a JSON object
/// with `Username` and `Secret` (docker-credential-helpers, "Development").
struct CredentialHelper {
  /// What follows `docker-credential-` in the program's name.
  let name: String
  /// The file that names it, for messages.
  let path: String

  /// Seconds that a helper may take: it may ask its user for a passphrase.
  private static let patience = 120
  /// Bytes of an answer.
  private static let limit = 64 << 10

  private var program: String { "docker-credential-\(name)" }

  /// - Parameter server: as the registry is called in the file.
  /// - Returns: nil when the helper knows nothing of it.
  /// - Throws: LB086 when the helper is missing, fails, takes too long, or answers with something else.
  func find(_ server: String) throws(Failure) -> RegistryCredentials.Entry? {
    let isName = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F].contains(byte)
    }
    guard isName, (1...64).contains(name.utf8.count) else {
      throw refused("it is named by letters, digits, `.`, `_` and `-` alone")
    }
    let outcome: Program.Outcome
    do throws(Failure) {
      outcome = try Program.run(
        [program, "get"], input: Array(server.utf8), limit: CredentialHelper.limit,
        seconds: CredentialHelper.patience, isSecret: true)
    } catch let failure { throw refused(failure.message) }
    guard outcome.status == 0 else {
      let words = CredentialHelper.words(outcome)
      // What every helper says, by the library that they are made with.
      if words.contains("credentials not found") { return nil }
      throw refused("it ended with exit code \(outcome.status)\(words.isEmpty ? "" : ": \(words)")")
    }
    let json = try? JSON(
      parsing: outcome.output, limits: JSONLimits(bytes: CredentialHelper.limit, depth: 4, values: 64))
    guard let user = json?["Username"]?.stringValue, let secret = json?["Secret"]?.stringValue, !secret.isEmpty else {
      throw refused("its answer is no JSON object with `Username` and `Secret`")
    }
    // The name that stands for a token.
    if user == "<token>" { return RegistryCredentials.Entry(basic: "", identityToken: secret) }
    return RegistryCredentials.Entry(basic: Base64.encode(Array("\(user):\(secret)".utf8)), identityToken: nil)
  }

  /// What the helper says of its failure, fit for a message. What it says after a success is a secret and never shown.
  private static func words(_ outcome: Program.Outcome) -> String {
    let said = outcome.output.isEmpty ? outcome.errors : String(decoding: outcome.output, as: UTF8.self)
    let line = said.unicodeScalars.prefix(200).map { (0x20..<0x7F).contains($0.value) ? Character($0) : " " }
    return String(line).split(separator: " ").joined(separator: " ")
  }

  private func refused(_ problem: String) -> Failure {
    Failure(
      "LB086", "the credential helper `\(shown)` cannot be used: \(problem)", path: path,
      help: "install or repair it, or take it out of `credHelpers` and `credsStore`")
  }

  private var shown: String {
    String(program.unicodeScalars.prefix(80).map { (0x21..<0x7F).contains($0.value) ? Character($0) : "?" })
  }
}
