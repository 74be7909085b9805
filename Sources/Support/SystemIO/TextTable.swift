/// A few texts by name, in the order in which they came.
///
/// For what every start of an app handles. A dictionary of the standard library costs a program that uses one for the
/// first time tens of microseconds, in which the runtime looks for its conformances; an array of pairs costs nothing.
package struct TextTable: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  package struct Entry: Hashable, Sendable {
    package var name: String
    package var value: String
  }

  package private(set) var entries: [Entry] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for element in elements { self[element.0] = element.1 }
  }

  /// Setting nil removes the name.
  package subscript(name: String) -> String? {
    get {
      for entry in entries where entry.name == name { return entry.value }
      return nil
    }
    set {
      for index in entries.indices where entries[index].name == name {
        if let newValue { entries[index].value = newValue } else { entries.remove(at: index) }
        return
      }
      if let newValue { entries.append(Entry(name: name, value: newValue)) }
    }
  }

  package var dictionary: [String: String] {
    var dictionary: [String: String] = [:]
    for entry in entries { dictionary[entry.name] = entry.value }
    return dictionary
  }
}
