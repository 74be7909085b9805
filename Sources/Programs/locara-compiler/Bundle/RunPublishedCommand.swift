internal import ArgumentParser
internal import BundleFormat
internal import Distribution
internal import Glibc
internal import OCI
internal import Publishing
internal import Runner
internal import SystemIO

/// What `locara run oci:…` hands over: fetching needs the network library, which the launcher does not have.
struct RunPublishedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: PublishedBundle.verb, abstract: "Fetch a published bundle, then run it.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough)
  var arguments: [String]

  func run() throws {
    guard let text = arguments.first else { throw ValidationError("expected a reference") }
    let reference = try ArtifactReference(text)
    let repository = try Repositories(agent: "locara/\(Version.text)").open(reference)
    let document = try repository.document(tag: reference.tag, digest: reference.digest)
    let fetcher = try SourceOptions.fetcher()
    let path = try PublishedBundle.place(of: document.descriptor.digest)
    if !Files.exists(path) {
      try Directories.create(Files.parent(of: path), mode: 0o700)
      _ = try PullCommand.fetch(
        document, from: repository, to: path, trust: nil, allowDowngrade: false
      ) { (bundle) throws(Failure) in
        // Into the store, which the app's start takes them from.
        _ = try PublishedModels.fetch(bundle, from: repository, by: fetcher, progress: PullCommand.showing("models"))
        return []
      }
    }
    let launcher = try CompilerProgram.launcher()
    let line = PublishedBundle.arguments(Array(arguments.dropFirst()), replacing: text, by: path)
    var vector = unsafe (["locara", "run"] + line).map { unsafe strdup($0) } + [nil]
    unsafe execve(launcher, &vector, environ)
    throw Failure.system("execute", path: launcher, errno: errno)
  }
}
