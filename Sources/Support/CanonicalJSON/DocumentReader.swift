/// Why a document is not of the form that was expected, and where in it.
package struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the document: "models[3].files", "line 12"; empty for the document itself.
  package let place: String
  /// One clause, no full stop: "expected a string, found an integer".
  package let problem: String

  package init(place: String = "", problem: String) {
    self.place = place
    self.problem = problem
  }

  package var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}

/// One value of a document together with its place, read strictly: every member is known, none is missing, every value
/// has its type and its bounds. A document that this version does not understand whole is not obeyed in part.
package struct DocumentReader {
  package let value: JSON
  package let place: String

  package init(_ value: JSON, place: String = "") {
    self.value = value
    self.place = place
  }

  package func error(_ problem: String) -> DocumentError { DocumentError(place: place, problem: problem) }

  package func string() throws(DocumentError) -> String {
    guard let text = value.stringValue else { throw error("expected a string, found \(value.kind)") }
    // Strings end up in system calls, where a NUL would cut them.
    guard !text.utf8.contains(0) else { throw error("a NUL character in a string") }
    return text
  }

  package func bool() throws(DocumentError) -> Bool {
    guard let flag = value.boolValue else { throw error("expected a boolean, found \(value.kind)") }
    return flag
  }

  package func integer(_ range: ClosedRange<Int64> = 0...Int64.max) throws(DocumentError) -> Int64 {
    guard let number = value.integerValue else { throw error("expected an integer, found \(value.kind)") }
    guard range.contains(number) else {
      throw error("expected \(range.lowerBound) to \(range.upperBound), found \(number)")
    }
    return number
  }

  package func elements(limit: Int = 100_000) throws(DocumentError) -> [DocumentReader] {
    guard let elements = value.arrayValue else { throw error("expected an array, found \(value.kind)") }
    guard elements.count <= limit else { throw error("more than \(limit) elements") }
    return elements.enumerated().map { DocumentReader($0.element, place: "\(place)[\($0.offset)]") }
  }

  package func strings() throws(DocumentError) -> [String] {
    try list { reader throws(DocumentError) in try reader.string() }
  }

  package func list<Element>(
    _ read: (DocumentReader) throws(DocumentError) -> Element
  ) throws(DocumentError) -> [Element] {
    var list: [Element] = []
    for element in try elements() { list.append(try read(element)) }
    return list
  }

  /// One of the names of an enumeration.
  package func name<Name: RawRepresentable & CaseIterable>(
    _: Name.Type = Name.self
  ) throws(DocumentError) -> Name where Name.RawValue == String {
    let text = try string()
    guard let name = Name(rawValue: text) else {
      throw error("expected one of \(Name.allCases.map(\.rawValue).joined(separator: ", ")), found \"\(text)\"")
    }
    return name
  }

  /// The members of an object whose keys are names that somebody chose, in order of name.
  package func named(limit: Int = 10_000) throws(DocumentError) -> [(name: String, value: DocumentReader)] {
    guard let object = value.objectValue else { throw error("expected an object, found \(value.kind)") }
    guard object.count <= limit else { throw error("more than \(limit) members") }
    return object.sorted { $0.key < $1.key }
      .map { ($0.key, DocumentReader($0.value, place: place.isEmpty ? $0.key : "\(place).\($0.key)")) }
  }

  /// The members of an object that has exactly these keys; a key that ends in `?` may be missing.
  package func members(_ keys: String...) throws(DocumentError) -> Members {
    guard let object = value.objectValue else { throw error("expected an object, found \(value.kind)") }
    var known: Set<String> = []
    for key in keys {
      let isOptional = key.hasSuffix("?")
      let name = isOptional ? String(key.dropLast()) : key
      known.insert(name)
      guard isOptional || object[name] != nil else { throw error("`\(name)` is missing") }
    }
    if let unknown = object.keys.filter({ !known.contains($0) }).min() { throw error("`\(unknown)` is not known here") }
    return Members(object: object, place: place)
  }

  /// The members of an object whose keys were checked.
  package struct Members {
    let object: [String: JSON]
    let place: String

    /// The member, or JSON's null when an optional one is missing.
    package subscript(key: String) -> DocumentReader {
      DocumentReader(object[key] ?? .null, place: place.isEmpty ? key : "\(place).\(key)")
    }

    package func optional(_ key: String) -> DocumentReader? { object[key] == nil ? nil : self[key] }
  }
}
