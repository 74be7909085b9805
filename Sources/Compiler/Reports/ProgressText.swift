/// How far something is, in one line: for a terminal that draws it over the last one, and for logs.
package struct ProgressText: Sendable {
  package var label: String
  /// Bytes; nil when nobody knows.
  package var total: Int64?
  /// Bytes that were there before this began: they say nothing of the speed.
  package var start: Int64
  package var present: Int64
  /// Seconds since this began.
  package var seconds: Double

  package init(label: String, total: Int64?, start: Int64, present: Int64, seconds: Double) {
    self.label = label
    self.total = total
    self.start = start
    self.present = present
    self.seconds = seconds
  }

  /// Bytes a second.
  private var rate: Double { seconds > 0 ? Double(max(0, present - start)) / seconds : 0 }

  /// `model.gguf [=====>     ]  45%  41/91 MB  12.3 MB/s  0:04 left`, at most `width` columns of ASCII.
  package func bar(width: Int) -> String {
    guard let total, total > 0 else { return clipped(line, width) }
    let tail = "  \(percent)%  \(amount)  \(ProgressText.speed(rate))  \(left)"
    let room = width - tail.count - 3
    let name = ProgressText.clipped(label, max(8, min(30, room / 2)))
    let cells = min(30, room - name.count - 1)
    guard cells >= 4 else { return clipped(name + tail, width) }
    let full = Int(Double(cells) * min(1, Double(present) / Double(total)))
    let drawn = String(repeating: "=", count: full) + (full < cells ? ">" : "")
    return "\(name) [\(drawn.padding(to: cells))]\(tail)"
  }

  /// The same for a log.
  package var line: String {
    guard let total, total > 0 else { return "\(label): \(ProgressText.size(present)), \(ProgressText.speed(rate))" }
    return "\(label): \(percent)% of \(ProgressText.size(total)), \(ProgressText.speed(rate)), \(left)"
  }

  /// When it is over.
  package var summary: String {
    let took = seconds < 10 ? "\(Int(seconds * 10) / 10).\(Int(seconds * 10) % 10) s" : ProgressText.time(seconds)
    return "\(label): \(ProgressText.size(present)) in \(took), \(ProgressText.speed(rate))"
  }

  private var percent: Int { total.map { $0 > 0 ? Int(min(100, present * 100 / $0)) : 100 } ?? 0 }
  private var amount: String { total.map { "\(ProgressText.size(present)) of \(ProgressText.size($0))" } ?? "" }

  private var left: String {
    guard let total, rate > 0 else { return "--:-- left" }
    return "\(ProgressText.time(Double(total - present) / rate)) left"
  }

  private func clipped(_ text: String, _ width: Int) -> String { String(text.prefix(max(0, width))) }

  /// The end of a long name says more than its beginning.
  private static func clipped(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : ".." + text.suffix(width - 2)
  }

  /// Decimal units, as disks and networks have them: `91 MB`, `1.2 GB`.
  package static func size(_ bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["B", "kB", "MB", "GB", "TB"] {
      if value < 999.5 || unit == "TB" {
        let isWhole = unit == "B" || value >= 99.95
        let tenths = Int((value * 10).rounded())
        return isWhole ? "\(Int(value.rounded())) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
      }
      value /= 1000
    }
    return ""
  }

  private static func speed(_ rate: Double) -> String { size(Int64(min(rate, 1e15))) + "/s" }

  /// `0:04`, `12:30`, `3:00:00`.
  private static func time(_ seconds: Double) -> String {
    let whole = Int(min(seconds.rounded(.up), 359_999))
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }
}

extension String {
  fileprivate func padding(to count: Int) -> String {
    self.count < count ? self + String(repeating: " ", count: count - self.count) : self
  }
}
