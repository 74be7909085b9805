internal import ArgumentParser
internal import BundleStore
internal import Digests
internal import SystemIO

struct StoreVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read every byte of the bundles in this user's store again.",
    discussion: """
      All bundles are checked, the damaged ones are named on standard error. Exits 65 when there is one. A damaged \
      bundle is never run: opening its file again replaces it.

      Example:
        locara store verify
      """)

  func run() throws {
    let store = try BundleStore.ofUser()
    var problem: Failure?
    for digest in try store.list() {
      do throws(Failure) {
        try store.verify(digest)
        Console.print("\(digest)  whole")
      } catch let failure {
        if let problem { StandardStream.error.write(problem.report(color: StandardStream.error.hasColor)) }
        problem = failure
      }
    }
    if let problem { throw problem }
  }
}
