internal import ArgumentParser
internal import Digests
internal import ModelStore
internal import SystemIO

struct ModelVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Hash the model files of this user's store again, several at once.",
    discussion: """
      Exit codes: 0 all are what their names say, 65 some are damaged: they are listed, and `locara model fetch` \
      replaces them.

      Examples:
        locara model verify
        locara model verify sha256:53aa51… --jobs 1
      """)

  @Argument(
    help: "Digests of files; all of the store by default.",
    transform: { text in
      guard let digest = Digest(text) ?? Digest(hexadecimal: text) else {
        throw ValidationError("expected a digest as `locara model list` prints it, found `\(text)`")
      }
      return digest
    })
  var digests: [Digest] = []

  @Option(help: ArgumentHelp("How many files at once; as many as there are processors by default.", valueName: "n"))
  var jobs: Int?

  func validate() throws {
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs takes 1 to 1024; got \(jobs)") }
  }

  func run() throws {
    let store = try ModelStore.ofUser()
    let wanted = digests.isEmpty ? try store.list().map(\.digest) : digests
    let problems = store.verify(wanted, atOnce: jobs ?? Parallel.processors)
    for (digest, problem) in zip(wanted, problems) {
      if let problem {
        StandardStream.error.write(problem.report(color: StandardStream.error.hasColor))
      } else {
        Console.print("\(digest)  right")
      }
    }
    if problems.contains(where: { $0 != nil }) { throw Exit.badInput }
  }
}
