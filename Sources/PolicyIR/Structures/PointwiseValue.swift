/// What a tree holds at one place: a set with union and difference, so that trees combine place by place.
package protocol PointwiseValue: Hashable, Sendable {
  static var nothing: Self { get }
  func union(_ other: Self) -> Self
  func subtracting(_ other: Self) -> Self
}
