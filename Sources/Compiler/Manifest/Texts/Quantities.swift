internal import Text

/// A number of bytes with its unit: `512MiB`, `1.5GiB`, `4GB`.
struct ByteSize: TextValue {
  var bytes: UInt64

  private static let units: [(name: String, bytes: UInt64)] = [
    ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("KB", 1000), ("MB", 1_000_000),
    ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
  ]

  package init(parsing text: String) throws(TextProblem) {
    let note = "units are B, KiB, MiB, GiB, TiB (powers of 1024) and KB, MB, GB, TB (powers of 1000)"
    let number = Substring(text.utf8.prefix { $0.isDigit || $0 == UInt8(ascii: ".") })
    let unit = String(Substring(text.utf8[number.endIndex...].drop { $0 == UInt8(ascii: " ") }))
    guard !number.isEmpty else { throw TextProblem("expected a number and a unit", note: note) }
    guard !unit.isEmpty else {
      throw TextProblem(
        "the unit is missing", note: note, replacement: Int(number).map { $0 < 1 << 20 ? "\($0)MiB" : "\($0)B" })
    }
    guard number.utf8.count(where: { $0 == UInt8(ascii: ".") }) <= 1 else {
      throw TextProblem("a number has one point at the most", at: 0..<number.utf8.count, note: note)
    }
    let unitRange = text.utf8.count - unit.utf8.count..<text.utf8.count
    guard let factor = ByteSize.units.first(where: { $0.name == unit })?.bytes else {
      let meant = ByteSize.units.first { candidate in
        candidate.name.lowercased() == unit.lowercased() || candidate.name.lowercased() == unit.lowercased() + "ib"
      }
      throw TextProblem("unknown unit", at: unitRange, note: note, replacement: meant.map { "\(number)\($0.name)" })
    }
    guard let value = ByteSize.scaled(number, by: factor) else {
      throw TextProblem("this is no whole number of bytes below 2^63", note: note)
    }
    guard value > 0 else { throw TextProblem("it must be more than zero", note: note) }
    bytes = value
  }

  /// `number` times `factor` when that is a whole number below 2^63.
  static func scaled(_ number: Substring, by factor: UInt64) -> UInt64? {
    let point = number.utf8.firstIndex(of: UInt8(ascii: "."))
    guard let whole = UInt64(digits: number[..<(point ?? number.endIndex)]) else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
    guard !overflow, product < 1 << 63 else { return nil }
    guard let point else { return product }
    let decimals = number[number.utf8.index(after: point)...]
    guard let fraction = UInt64(digits: decimals), decimals.utf8.count <= 6 else { return nil }
    let scale = (0..<decimals.utf8.count).reduce(UInt64(1)) { power, _ in power * 10 }
    let (scaled, tooLarge) = fraction.multipliedReportingOverflow(by: factor)
    guard !tooLarge, scaled % scale == 0 else { return nil }
    return product + scaled / scale
  }
}

/// A span of time: `500ms`, `30s`, `1h30m`; or `none`.
struct TimeSpan: TextValue {
  /// Nil for `none`.
  var milliseconds: UInt64?

  private static let units: [(name: String, milliseconds: UInt64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  private static let otherNames = [
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "hr": "h", "hour": "h", "hours": "h", "day": "d", "days": "d",
  ]

  package init(parsing text: String) throws(TextProblem) {
    let note = "units are ms, s, m, h, d, largest first: `90s`, `1h30m`; `none` is without end"
    guard text != "none" else { return }
    var rest = Substring(text)
    var total: UInt64 = 0
    var previous = UInt64.max
    guard !rest.isEmpty else { throw TextProblem("it is empty", note: note) }
    while !rest.isEmpty {
      let start = text.utf8.count - rest.utf8.count
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let value = UInt64(digits) else {
        throw TextProblem("expected a number", at: start..<start + 1, note: note)
      }
      rest = rest[digits.endIndex...]
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      let unitStart = start + digits.utf8.count
      if rest.first == " " {
        throw TextProblem(
          "no spaces", at: unitStart..<unitStart + 1, note: note, replacement: TimeSpan.joined(text))
      }
      guard !name.isEmpty else { throw TextProblem("the unit is missing", note: note, replacement: "\(value)s") }
      guard let unit = TimeSpan.units.first(where: { $0.name == name }) else {
        let meant = TimeSpan.otherNames[name.lowercased()]
        throw TextProblem(
          "unknown unit", at: unitStart..<unitStart + name.utf8.count, note: note,
          replacement: meant.flatMap { rest.count == name.count ? text.dropLast(name.count) + $0 : nil })
      }
      guard unit.milliseconds < previous else {
        throw TextProblem("units go from large to small, each once", note: note)
      }
      previous = unit.milliseconds
      rest = rest[name.endIndex...]
      let (product, overflow) = value.multipliedReportingOverflow(by: unit.milliseconds)
      guard !overflow, product < 1 << 53, total < 1 << 53 else { throw TextProblem("it is too long", note: note) }
      total += product
    }
    guard total > 0 else { throw TextProblem("it must be more than zero", note: note) }
    milliseconds = total
  }

  /// The text without spaces when that is a duration, its unit spelt out or not.
  private static func joined(_ text: String) -> String? {
    let bare = text.filter { $0 != " " }
    let problem = TimeSpan.problem(in: bare)
    return problem == nil ? bare : problem?.replacement
  }
}

/// Processors: `2`, `0.5`; in thousandths.
struct ProcessorShare: TextValue {
  var thousandths: UInt64

  package init(parsing text: String) throws(TextProblem) {
    guard let value = ByteSize.scaled(Substring(text), by: 1000), (1...1_024_000).contains(value) else {
      throw TextProblem("expected a number of processors from 0.001 to 1024", note: "for example `2` or `0.5`")
    }
    thousandths = value
  }
}

/// One port or a range of them: `443`, `8000-8100`.
package struct PortRange: TextValue {
  package var ports: ClosedRange<UInt16>

  package init(parsing text: String) throws(TextProblem) {
    let ends = text.parts(at: "-").map { UInt16(canonical: $0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first > 0 else {
      throw TextProblem("expected a port from 1 to 65535, or a range such as `8000-8100`")
    }
    guard first <= last else { throw TextProblem("the range runs backwards", replacement: "\(last)-\(first)") }
    ports = first...last
  }
}
