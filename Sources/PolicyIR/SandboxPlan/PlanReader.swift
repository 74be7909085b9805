internal import CanonicalJSON
internal import Digests

/// One value of a plan document together with its place, read strictly: every member is known, none is missing, every
/// value has its type and its bounds. A document that this version does not understand whole is not obeyed in part.
struct PlanReader {
  let value: JSON
  let place: String

  init(_ value: JSON, place: String = "") {
    self.value = value
    self.place = place
  }

  func error(_ problem: String) -> PlanError { PlanError(place: place, problem: problem) }

  func string() throws(PlanError) -> String {
    guard let text = value.stringValue else { throw error("expected a string, found \(value.kind)") }
    // Every string ends up in a system call, where a NUL would cut it.
    guard !text.utf8.contains(0) else { throw error("a NUL character in a string") }
    return text
  }

  func bool() throws(PlanError) -> Bool {
    guard let flag = value.boolValue else { throw error("expected a boolean, found \(value.kind)") }
    return flag
  }

  func integer(_ range: ClosedRange<Int64>) throws(PlanError) -> Int64 {
    guard let number = value.integerValue else { throw error("expected an integer, found \(value.kind)") }
    guard range.contains(number) else {
      throw error("expected \(range.lowerBound) to \(range.upperBound), found \(number)")
    }
    return number
  }

  func count() throws(PlanError) -> UInt64 { UInt64(try integer(0...Int64.max)) }

  func digest() throws(PlanError) -> Digest {
    let text = try string()
    guard let digest = Digest(text) else {
      throw error("expected sha256: and 64 hexadecimal digits, found \"\(text)\"")
    }
    return digest
  }

  /// An absolute path without empty, `.` or `..` components.
  func absolutePath() throws(PlanError) -> String {
    let path = try string()
    guard PlanReader.isNormalAbsolute(path) else {
      throw error("expected an absolute path without empty, `.` and `..` components, found \"\(path)\"")
    }
    return path
  }

  static func isNormalAbsolute(_ path: String) -> Bool {
    if path == "/" { return true }
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count < 4096 else { return false }
    return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
  }

  /// A relative path without empty, `.` or `..` components.
  func relativePath() throws(PlanError) -> String {
    let path = try string()
    guard !path.isEmpty, PlanReader.isNormalAbsolute("/" + path) else {
      throw error("expected a relative path without empty, `.` and `..` components, found \"\(path)\"")
    }
    return path
  }

  func elements(limit: Int = 4096) throws(PlanError) -> [PlanReader] {
    guard let elements = value.arrayValue else { throw error("expected an array, found \(value.kind)") }
    guard elements.count <= limit else { throw error("more than \(limit) elements") }
    return elements.enumerated().map { PlanReader($0.element, place: "\(place)[\($0.offset)]") }
  }

  func strings() throws(PlanError) -> [String] {
    var strings: [String] = []
    for element in try elements() { strings.append(try element.string()) }
    return strings
  }

  func list<Element>(_ read: (PlanReader) throws(PlanError) -> Element) throws(PlanError) -> [Element] {
    var list: [Element] = []
    for element in try elements() { list.append(try read(element)) }
    return list
  }

  /// One of the names of an enumeration.
  func name<Name: RawRepresentable & CaseIterable>(_: Name.Type) throws(PlanError) -> Name
  where Name.RawValue == String {
    let text = try string()
    guard let name = Name(rawValue: text) else {
      throw error("expected one of \(Name.allCases.map(\.rawValue).joined(separator: ", ")), found \"\(text)\"")
    }
    return name
  }

  /// The members of an object that has exactly these keys; a key that ends in `?` may be missing.
  func members(_ keys: String...) throws(PlanError) -> Members {
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

  struct Members {
    let object: [String: JSON]
    let place: String

    /// The member, or JSON's null when an optional one is missing.
    subscript(key: String) -> PlanReader {
      PlanReader(object[key] ?? .null, place: place.isEmpty ? key : "\(place).\(key)")
    }

    func optional(_ key: String) -> PlanReader? { object[key] == nil ? nil : self[key] }
  }
}
