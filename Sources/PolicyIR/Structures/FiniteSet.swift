/// A finite set of names as an authority domain: each element is one operation.
///
/// Inlinable, since it is made and asked in other modules, and generic code that is not specialized is slow.
package struct FiniteSet<Element: SetMember>: AuthorityDomain {
  /// Sorted, each once: the sets of a policy are small, and most are empty.
  package let members: [Element.Key]

  @inlinable package init(_ elements: some Sequence<Element>) {
    self.init(unordered: elements.map { $0.memberKey })
  }

  @inlinable package init(_ element: Element) { members = [element.memberKey] }

  @inlinable package init(unordered keys: [Element.Key]) {
    guard keys.count > 1 else {
      members = keys
      return
    }
    var sorted: [Element.Key] = []
    sorted.reserveCapacity(keys.count)
    for key in keys.sorted() where sorted.last != key { sorted.append(key) }
    members = sorted
  }

  @inlinable package static var nothing: FiniteSet { FiniteSet(unordered: []) }
  @inlinable package func permits(_ operation: Element) -> Bool { members.contains(operation.memberKey) }
  @inlinable package func union(_ other: FiniteSet) -> FiniteSet {
    if other.members.isEmpty { return self }
    return members.isEmpty ? other : FiniteSet(unordered: members + other.members)
  }
  @inlinable package func subtracting(_ other: FiniteSet) -> FiniteSet {
    if members.isEmpty || other.members.isEmpty { return self }
    return FiniteSet(unordered: members.filter { !other.members.contains($0) })
  }
  @inlinable package var witness: Element? { members.first.map { Element(memberKey: $0) } }

  @inlinable package var isEmpty: Bool { members.isEmpty }
  /// Sorted, the only order in which they leave this value.
  @inlinable package var elements: [Element] { members.map { Element(memberKey: $0) } }
}

extension FiniteSet<String> {
  /// A set of names, made by code of this type alone: the generic one asks the type of its elements at each step.
  package init(names: [String]) { self.init(unordered: names.map { Label($0) }) }
}
