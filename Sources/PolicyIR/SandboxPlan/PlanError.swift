/// Why a JSON value is not a sandbox plan.
package struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the document: "mounts[3].target"; empty for the document itself.
  package let place: String
  /// One clause, no full stop: "expected a string, found an integer".
  package let problem: String

  package init(place: String, problem: String) {
    self.place = place
    self.problem = problem
  }

  package var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}
