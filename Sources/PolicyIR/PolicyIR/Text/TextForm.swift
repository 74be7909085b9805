internal import CanonicalJSON
internal import Schemas
internal import Structures

// The text form of a policy: one line a grant, kinds in a fixed order, every line complete by itself, columns that do
// not move with their neighbors. A plain text diff of two of them reads as a change of policy. It reads back to the
// same value; `#` starts a comment.

extension AppPolicy {
  /// The text form, ending in a line break.
  package var text: String { policy.text(header: "policy \(id.publisher)/\(id.name) \(id.version)") }

  package init(text: String) throws(PolicyFormatError) {
    let (id, policy) = try TextFormReader.read(text)
    guard let id else { throw PolicyFormatError(place: "line 1", problem: "expected `policy PUBLISHER/NAME VERSION`") }
    self.init(id: id, policy: policy)
  }
}

extension Policy {
  /// The text form without an app's name, ending in a line break.
  package var text: String { text(header: "policy") }

  package init(text: String) throws(PolicyFormatError) { self = try TextFormReader.read(text).policy }

  fileprivate func text(header: String) -> String {
    var lines = [header]
    func line(_ keyword: String, _ words: String...) {
      lines.append(TextLayout.line([keyword] + words.filter { !$0.isEmpty }))
    }
    for domain in GrantDomain.allCases {
      let grants = authority.grants.filter { $0.domain == domain }
      for grant in grants { line(domain.rawValue, grant.object, grant.value) }
      if grants.isEmpty, TextLayout.alwaysShown.contains(domain) { line(domain.rawValue, "nothing") }
    }
    line("fully-local", authority.isFullyLocal ? "yes" : "no")
    for resource in LimitedResource.allCases { line("limit", resource.rawValue, LimitText.write(limits, resource)) }
    line("entry", "command", TextLayout.words(entry.command))
    if !entry.workingDirectory.isEmpty { line("entry", "directory", Quoting.write(entry.workingDirectory)) }
    line("entry", "streams", entry.streams.rawValue)
    switch runtime {
    case .host: line("runtime", "host")
    case .image(let reference): line("runtime", "image", Quoting.write(reference))
    }
    for model in models {
      let id = Quoting.write(model.id)
      for (key, value) in [
        ("role", model.role), ("source", model.source), ("revision", model.revision), ("license", model.license),
        ("load", model.loading.rawValue),
      ] where !value.isEmpty {
        line("model", id, key, Quoting.write(value))
      }
      for file in model.files {
        line("model", id, "file", Quoting.write(file.path), "\(file.size)", "\(file.digest)")
      }
    }
    if let storage {
      line("storage", "file", Quoting.write(storage.file))
      for path in storage.extensions { line("storage", "extension", Quoting.write(path)) }
      for object in storage.schema.normalForm { line("storage", "schema", Quoting.write(object)) }
      for words in storage.schema.declarations.normalForm {
        lines.append(TextLayout.line(["storage", words[0]] + words.dropFirst().map { Quoting.write($0) }))
      }
    }
    for tool in tools {
      let name = Quoting.write(tool.name)
      line("tool", name, "command", TextLayout.words(tool.command))
      for grant in tool.authority.grants { line("tool", name, grant.domain.rawValue, grant.object, grant.value) }
      for resource in LimitedResource.allCases {
        line("tool", name, "limit", resource.rawValue, LimitText.write(tool.limits, resource))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

enum TextLayout {
  /// What is worth a line even when there is nothing of it.
  static let alwaysShown: Set<GrantDomain> = [.files, .connect, .spawn]

  /// A keyword of up to twelve columns, an object of up to 32, and the rest. Wider ones push only their own line.
  static func line(_ words: [String]) -> String {
    var line = "  "
    for (index, word) in words.enumerated() {
      line += word
      guard index + 1 < words.count else { break }
      let width = index == 0 ? 12 : index == 1 && words.count > 2 ? 32 : 0
      line += String(repeating: " ", count: max(1, width - word.unicodeScalars.count)) + (index < 2 ? " " : "")
    }
    return line
  }

  static func words(_ words: [String]) -> String { words.map { Quoting.write($0) }.joined(separator: " ") }
}

/// Bounds as text: exact, in the largest unit that divides them.
enum LimitText {
  private static let bytes: [(String, UInt64)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]
  private static let times: [(String, UInt64)] = [("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)]
  private static let processors: [(String, UInt64)] = [("cpu", 1000), ("mcpu", 1)]

  private static func units(_ resource: LimitedResource) -> [(String, UInt64)] {
    switch resource {
    case .memory, .fileSize: bytes
    case .wallTime: times
    case .cpu: processors
    case .openFiles, .processes: [("", 1)]
    }
  }

  static func write(_ limits: Limits, _ resource: LimitedResource) -> String {
    limits.isUnlimited(resource) ? "none" : write(limits[resource], resource)
  }

  static func write(_ amount: UInt64, _ resource: LimitedResource) -> String {
    for (unit, size) in units(resource) where amount.isMultiple(of: size) && (amount > 0 || size == 1) {
      return "\(amount / size)\(unit)"
    }
    return "\(amount)"
  }

  static func read(_ text: Substring, _ resource: LimitedResource) -> UInt64? {
    if text == "none" { return .max }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = UInt64(digits),
      let unit = units(resource).first(where: { $0.0 == String(text.dropFirst(digits.count)) })
    else { return nil }
    let (amount, overflow) = number.multipliedReportingOverflow(by: unit.1)
    return overflow ? nil : amount
  }
}
