import Distribution
import SystemIO
import TestSupport
import Testing

@Suite struct ReferenceTests {
  static let digest = "sha256:" + String(repeating: "ab", count: 32)

  @Test(arguments: [
    "oci:localhost:5000/acme/notes:1.2.0", "oci:example.com/notes", "oci:example.com/a/b/c@\(digest)",
    "oci:[::1]:5000/notes:1@\(digest)", "dir:/srv/apps:1.0.0", "dir:apps", "dir:./apps@\(digest)",
    "oci:docker.io/acme/n__otes",
  ])
  func aReferencePrintsAsItIsRead(text: String) throws {
    #expect(try ArtifactReference(text).description == text)
  }

  @Test(arguments: [
    "", "oci:", "dir:", "oci:notes", "oci:/notes", "oci:host/", "oci:host/Notes", "oci:host/notes:",
    "oci:host/notes:-a",
    "oci:host/notes@sha256:12", "oci:host/../notes", "oci:host/a//b", "oci:ho st/notes", "oci:host:99999/notes",
    "oci:user@host/notes", "oci:host/notes:a/b", "notes.locapp", "oci:host/n?x=1",
    "oci:host/notes:" + String(repeating: "a", count: 129),
  ])
  func whatIsNoReferenceIsRefused(text: String) {
    #expect(throws: Failure.self) { try ArtifactReference(text) }
  }
}
