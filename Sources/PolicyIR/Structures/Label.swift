internal import Glibc

/// One step of a path or of a host name, equal and ordered by its UTF-8 bytes.
///
/// Swift compares strings by Unicode equivalence; the kernel and DNS compare bytes. Two spellings of `é` are two files.
package struct Label: Hashable, Sendable, Comparable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (left: Label, right: Label) -> Bool {
    left.text.utf8.count == right.text.utf8.count && compare(left, right) == 0
  }

  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  package static func < (left: Label, right: Label) -> Bool {
    let order = compare(left, right)
    return order < 0 || order == 0 && left.text.utf8.count < right.text.utf8.count
  }

  /// memcmp(3) of what both have.
  private static func compare(_ left: Label, _ right: Label) -> Int32 {
    var (left, right) = (left.text, right.text)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        return unsafe memcmp(first, second, min(left.count, right.count))
      }
    }
  }
}

/// What a finite set of a policy holds: told apart and ordered by a key.
package protocol SetMember: Hashable, Comparable, Sendable {
  associatedtype Key: Hashable & Comparable & Sendable
  var memberKey: Key { get }
  init(memberKey: Key)
}

extension SetMember where Key == Self {
  package var memberKey: Self { self }
  package init(memberKey: Self) { self = memberKey }
}

extension String: SetMember {
  package var memberKey: Label { Label(self) }
  package init(memberKey: Label) { self = memberKey.text }
}
