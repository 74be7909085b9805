// INVARIANT: this module is values with union and difference: it knows nothing of policies, files or kernels.

/// The operations of one kind that a policy permits, ordered by inclusion.
///
/// Laws, tested over generated values in `PolicyIRTests`: `covers` is a partial order, `union` its least upper bound,
/// `subtracting` the exact set difference; `witness` is nil exactly for `nothing`; equal sets are equal values.
package protocol AuthorityDomain: Hashable, Sendable {
  /// One thing that an app may try, within this domain.
  associatedtype Operation: Hashable, Sendable

  /// The default: everything is denied.
  static var nothing: Self { get }
  func permits(_ operation: Operation) -> Bool
  /// What either permits.
  func union(_ other: Self) -> Self
  /// What this permits and `other` does not.
  func subtracting(_ other: Self) -> Self
  /// One operation that this permits, the simplest in a fixed order; nil exactly for `nothing`.
  var witness: Operation? { get }
}

extension AuthorityDomain {
  /// Whether everything that `other` permits is permitted by this.
  package func covers(_ other: Self) -> Bool { other.subtracting(self) == .nothing }

  /// What both permit.
  package func intersection(_ other: Self) -> Self { subtracting(subtracting(other)) }
}
