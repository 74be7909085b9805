package import Distribution
package import SystemIO
internal import Transfer

/// Opens what references name, with one connection and one set of tokens for all of them.
package final class Repositories {
  private let plainHTTP: Bool
  private let agent: String
  private var session: RegistrySession?

  /// - Parameters:
  ///   - agent: what registries are told is asking: name and version.
  ///   - plainHTTP: speak unencrypted HTTP also to registries that are not on this machine.
  package init(agent: String, plainHTTP: Bool = false) {
    self.agent = agent
    self.plainHTTP = plainHTTP
  }

  /// - Parameter create: make a directory that is not there.
  /// - Throws: LX020 without libcurl, LB082 for a directory that is no layout.
  package func open(_ reference: ArtifactReference, create: Bool = false) throws(Failure) -> any Repository {
    switch reference.place {
    case .directory(let path): return try LayoutRepository(directory: path, create: create)
    case .registry(let host, let name):
      return RegistryRepository(host: host, name: name, session: try currentSession())
    }
  }

  private func currentSession() throws(Failure) -> RegistrySession {
    if let session { return session }
    let fresh = RegistrySession(
      client: try HTTPClient(agent: agent), credentials: .ofUser, plainHTTP: plainHTTP)
    session = fresh
    return fresh
  }

  /// Where bundles go when nobody says where: a layout for each app, `$XDG_DATA_HOME/locara/published/PUBLISHER/NAME`.
  package static func defaultReference(publisher: String, name: String) throws(Failure) -> ArtifactReference {
    ArtifactReference(place: .directory("\(try UserDirectories.data())/published/\(publisher)/\(name)"))
  }

  /// Where parts of blobs wait for the rest.
  package static func staging() throws(Failure) -> String { "\(try UserDirectories.data())/incoming" }
}
