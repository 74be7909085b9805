package import CanonicalJSON
internal import Structures

/// Why a text or a JSON value is not a policy, and where in it.
package typealias PolicyFormatError = DocumentError

extension Authority {
  /// Kinds that have nothing are left out; patterns are written as in the text form.
  package var json: JSON {
    var members: [String: JSON] = [:]
    func set(_ key: String, _ elements: [JSON]) { if !elements.isEmpty { members[key] = .array(elements) } }
    set(
      "files",
      files.tree.lines.map {
        [
          "paths": .string(PathText.write($0.components, $0.extent)),
          "access": .array($0.value.accesses.map { .string($0.rawValue) }),
        ]
      })
    set(
      "connect",
      connect.grants.map { ["to": .string($0.object), "ports": .string($0.value)] })
    set("listen", listen.grants.map { ["on": .string($0.object), "ports": .string($0.value)] })
    set("spawn", process.programs.elements.map { .string($0) })
    if process.threads { members["threads"] = true }
    set("devices", devices.elements.map { .string($0.rawValue) })
    set("ipc", ipc.elements.map { .string($0.rawValue) })
    set("environment", environment.elements.map { .string($0) })
    set("notifications", notifications.elements.map { .string($0.rawValue) })
    set("background", background.elements.map { .string($0.rawValue) })
    set("serves", serves.elements.map { .string($0.rawValue) })
    return .object(members)
  }

  package init(json: JSON) throws(PolicyFormatError) { try self.init(DocumentReader(json)) }

  init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members(
      "files?", "connect?", "listen?", "spawn?", "threads?", "devices?", "ipc?", "environment?", "notifications?",
      "background?", "serves?")
    var lines = GrantReader()
    func take(
      _ key: String, _ words: (DocumentReader) throws(PolicyFormatError) -> (GrantDomain, [Substring])
    ) throws(PolicyFormatError) {
      guard let list = members.optional(key) else { return }
      for element in try list.elements() {
        let (domain, words) = try words(element)
        if let problem = lines.take(domain, words) { throw element.error(problem) }
      }
    }
    try take("files") { element throws(PolicyFormatError) in
      let grant = try element.members("paths", "access")
      let accesses = try grant["access"].list { name throws(PolicyFormatError) in try name.name(FileAccess.self) }
      let words = accesses.isEmpty ? ["nothing"] : accesses.map { Substring($0.rawValue) }
      return (.files, [Substring(try grant["paths"].string())] + words)
    }
    for (key, place, domain) in [("connect", "to", GrantDomain.connect), ("listen", "on", .listen)] {
      try take(key) { element throws(PolicyFormatError) in
        let grant = try element.members(place, "ports")
        return (domain, [Substring(try grant[place].string())] + (try grant["ports"].string()).split(separator: " "))
      }
    }
    for (key, domain) in [
      ("spawn", GrantDomain.spawn), ("devices", .use), ("ipc", .ipc), ("environment", .environment),
      ("notifications", .notify), ("background", .background), ("serves", .serve),
    ] {
      try take(key) { element throws(PolicyFormatError) in
        (domain, [Substring(Quoting.quoted(try element.string()))])
      }
    }
    self = try lines.finish()
    if let threads = members.optional("threads") { process.threads = try threads.bool() }
    try reader.requireCanonical(json)
  }
}

extension DocumentReader {
  /// Refuses a document that says the same thing in another way than `canonical`: one value has one document.
  func requireCanonical(_ canonical: JSON) throws(PolicyFormatError) {
    guard canonical != value else { return }
    throw error("not in canonical form: expected \(Self.cut(canonical)), found \(Self.cut(value))")
  }

  private static func cut(_ json: JSON) -> String {
    let text = json.canonicalText
    return text.count <= 200 ? text : text.prefix(200) + "…"
  }
}
