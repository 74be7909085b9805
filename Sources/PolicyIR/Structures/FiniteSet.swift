/// A finite set of names as an authority domain: each element is one operation.
package struct FiniteSet<Element: Hashable & Comparable & Sendable>: AuthorityDomain {
  private var members: Set<Element>

  package init(_ elements: some Sequence<Element>) { members = Set(elements) }

  package static var nothing: FiniteSet { FiniteSet([]) }
  package func permits(_ operation: Element) -> Bool { members.contains(operation) }
  package func union(_ other: FiniteSet) -> FiniteSet { FiniteSet(members.union(other.members)) }
  package func subtracting(_ other: FiniteSet) -> FiniteSet { FiniteSet(members.subtracting(other.members)) }
  package var witness: Element? { members.min() }

  package var isEmpty: Bool { members.isEmpty }
  /// Sorted, the only order in which they leave this value.
  package var elements: [Element] { members.sorted() }
}
