package import Structures

/// Which programs an app may start beside its entry, and whether it may start threads.
package struct ProcessAuthority: AuthorityDomain {
  package enum Operation: Hashable, Sendable {
    /// A program by its path in the policy's words: `bin/ocr` in the payload, `python3` of the runtime.
    case spawn(String)
    case startThread
  }

  package var programs: FiniteSet<String>
  package var threads: Bool

  package init(programs: FiniteSet<String> = .nothing, threads: Bool = false) {
    self.programs = programs
    self.threads = threads
  }

  package static var nothing: ProcessAuthority { ProcessAuthority() }
  package func permits(_ operation: Operation) -> Bool {
    switch operation {
    case .spawn(let program): programs.permits(program)
    case .startThread: threads
    }
  }
  package func union(_ other: ProcessAuthority) -> ProcessAuthority {
    ProcessAuthority(programs: programs.union(other.programs), threads: threads || other.threads)
  }
  package func subtracting(_ other: ProcessAuthority) -> ProcessAuthority {
    ProcessAuthority(programs: programs.subtracting(other.programs), threads: threads && !other.threads)
  }
  package var witness: Operation? { programs.witness.map { .spawn($0) } ?? (threads ? .startThread : nil) }
}
