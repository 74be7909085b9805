/// What `scripts/fetch-test-packages` installed: other people's programs that tests hold ours against.
package enum PythonPackages {
  /// The directory for `PYTHONPATH`; nil when it is not there, which in continuous integration it must be.
  package static let path: String? = {
    let outcome = run(["/usr/bin/python3", "\(Locations.repository)/scripts/fetch-test-packages", "--path"])
    let path = outcome.output.split(separator: "\n").first.map(String.init) ?? ""
    return outcome.status == 0 && contents(of: "\(path)/securesystemslib/__init__.py") != nil ? path : nil
  }()

  /// For `.enabled(if:)`: in continuous integration a test runs, and fails, rather than being left out.
  package static var areExpected: Bool { path != nil || Locations.isContinuousIntegration }

  package static let reason =
    "the tests' packages are not here; fetch them with scripts/fetch-test-packages (needs a network)"

  /// Runs a Python program with these packages in a shell-like way: `script` is the program's text.
  package static func python(
    _ script: String, _ arguments: [String] = [], in directory: String? = nil,
    environment: [String: String?] = [:], input: [UInt8] = [], timeout: Double = 60
  ) -> Outcome {
    run(
      ["/usr/bin/python3", "-c", script] + arguments, in: directory,
      environment: environment.merging(["PYTHONPATH": path ?? "", "PYTHONDONTWRITEBYTECODE": "1"]) { $1 },
      input: input, timeout: timeout)
  }
}
