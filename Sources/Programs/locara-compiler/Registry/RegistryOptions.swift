internal import ArgumentParser
internal import BundleFormat
internal import Distribution
internal import Publishing
internal import SystemIO

/// What every verb that talks to registries takes.
struct RegistryOptions: ParsableArguments {
  @Flag(help: "Speak unencrypted HTTP also to registries that are not on this machine.")
  var plainHttp = false

  var repositories: Repositories { Repositories(agent: "locara/\(Version.text)", plainHTTP: plainHttp) }

  static let discussion = """
    A reference is oci:HOST[:PORT]/NAME[:TAG][@DIGEST] for a registry, or dir:PATH[:TAG] for a directory, which needs no \
    server. Credentials are those of `docker login`, `podman login` or `skopeo login`, and of the credential helpers that their \
    files name. Registries on this machine's \
    loopback are spoken to over HTTP, others over HTTPS.
    """
}

extension ArtifactReference {
  /// A reference as an argument, with the reason when it is none.
  @Sendable static func argument(_ text: String) throws -> ArtifactReference {
    do throws(Failure) { return try ArtifactReference(text) } catch let failure {
      throw ValidationError("\(failure.message); \(failure.help ?? "")")
    }
  }
}
