import TestSupport
import Testing

/// One user's world: a home, XDG directories and a place to work in, apart from those of whoever runs the tests.
final class World: Sendable {
  let directory: TemporaryDirectory

  init(_ label: String = "world") {
    directory = TemporaryDirectory(label)
    directory.write("what the user wants to keep private\n", to: "home/Documents/diary.txt")
  }

  var home: String { directory("home") }
  var data: String { directory("data") }

  var environment: [String: String?] {
    [
      "HOME": home, "XDG_DATA_HOME": data, "XDG_CACHE_HOME": directory("cache"), "XDG_CONFIG_HOME": directory("config"),
      "XDG_STATE_HOME": directory("state"), "LC_ALL": nil, "LANG": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": nil,
      "NO_COLOR": nil, "TERM": "dumb",
    ]
  }

  /// `locara` as this user starts it.
  func locara(
    _ arguments: [String], in place: String? = nil, environment changes: [String: String?] = [:], input: [UInt8] = [],
    timeout: Double = 120
  ) -> Outcome {
    command([Locations.locara] + arguments, in: place, environment: changes, input: input, timeout: timeout)
  }

  func locara(_ arguments: String..., in place: String? = nil) -> Outcome { locara(arguments, in: place) }

  /// Another program as this user starts it.
  func command(
    _ words: [String], in place: String? = nil, environment changes: [String: String?] = [:], input: [UInt8] = [],
    timeout: Double = 120
  ) -> Outcome {
    TestSupport.run(
      words, in: place ?? directory.path, environment: environment.merging(changes) { $1 }, input: input,
      timeout: timeout)
  }

  /// A copy of a fixture app, without what earlier builds left in it.
  func copy(app: String, to name: String? = nil) -> String {
    let place = directory.copy(Locations.fixture("apps/\(app)"), to: name ?? app)
    _ = TestSupport.run(["rm", "-rf", "\(place)/bin"])
    return place
  }
}

/// hello-c, built once for all suites.
enum Hello {
  struct Built: Sendable {
    var world: World
    /// The path of the bundle.
    var bundle: String
    var outcome: Outcome
  }

  static let built: Built = {
    let world = World("hello")
    let app = world.copy(app: "hello-c")
    let bundle = world.directory("hello.locapp")
    let outcome = world.locara("build", "\(app)/locara.yaml", "-o", bundle)
    return Built(world: world, bundle: bundle, outcome: outcome)
  }()

  /// Runs the app in its sandbox.
  static func run(
    _ arguments: String..., environment: [String: String?] = [:], input: [UInt8] = [], world: World? = nil
  ) -> Outcome {
    (world ?? built.world).locara(
      ["run", built.bundle, "--"] + arguments, environment: environment, input: input, timeout: 60)
  }
}

/// Expects that a command ended well and said nothing of a crash.
func expectSuccess(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
  expectNoTrace(outcome, sourceLocation: sourceLocation)
}

/// Expects one clear error: the status, a stable code on standard error, nothing on standard output, no trace.
///
/// - Parameters:
///   - codes: codes of which one must appear; empty when any will do.
///   - words: what the text must name.
func expectRefused(
  _ outcome: Outcome, status: Int32, codes: [String] = [], naming words: [String] = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.status == status, "\(outcome)", sourceLocation: sourceLocation)
  #expect(!outcome.timedOut, "\(outcome)", sourceLocation: sourceLocation)
  let found = outcome.errors.matches(of: /\bL[A-Z][0-9]{3}\b/).map { String($0.output) }
  #expect(!found.isEmpty, "no code: \(outcome)", sourceLocation: sourceLocation)
  if !codes.isEmpty {
    #expect(!Set(codes).isDisjoint(with: found), "none of \(codes): \(outcome)", sourceLocation: sourceLocation)
  }
  for word in words {
    #expect(outcome.errors.contains(word), "does not name \(word): \(outcome)", sourceLocation: sourceLocation)
  }
  expectNoTrace(outcome, sourceLocation: sourceLocation)
}

/// Expects that nothing in the output is meant for the authors of the program rather than for its user.
func expectNoTrace(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
  let signs = [
    "Fatal error", "Stack dump", "Backtrace", "Program crashed", "Thread 0", "runtime failure", "Illegal instruction",
    "Segmentation fault", "/Sources/", ".swift:", "Optional(", "BundleFormat.", "SystemIO.", "Swift.",
  ]
  for sign in signs {
    #expect(!outcome.everything.contains(sign), "`\(sign)` in: \(outcome)", sourceLocation: sourceLocation)
  }
}
