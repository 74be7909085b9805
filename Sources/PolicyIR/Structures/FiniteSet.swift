/// A finite set of names as an authority domain: each element is one operation.
package struct FiniteSet<Element: SetMember>: AuthorityDomain {
  private var members: Set<Element.Key>

  package init(_ elements: some Sequence<Element>) { members = Set(elements.map(\.memberKey)) }
  private init(members: Set<Element.Key>) { self.members = members }

  package static var nothing: FiniteSet { FiniteSet([]) }
  package func permits(_ operation: Element) -> Bool { members.contains(operation.memberKey) }
  package func union(_ other: FiniteSet) -> FiniteSet { FiniteSet(members: members.union(other.members)) }
  package func subtracting(_ other: FiniteSet) -> FiniteSet { FiniteSet(members: members.subtracting(other.members)) }
  package var witness: Element? { members.min().map { Element(memberKey: $0) } }

  package var isEmpty: Bool { members.isEmpty }
  /// Sorted, the only order in which they leave this value.
  package var elements: [Element] { members.sorted().map { Element(memberKey: $0) } }
}
