/// The shape of an app's database, in normal form.
package struct Schema: Hashable, Sendable {
  package init() {}
}
