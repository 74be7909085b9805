internal import Glibc
internal import SystemIO

/// How long a client waits and how often it tries.
package struct Patience: Sendable {
  /// Seconds until a connection stands.
  package var connect: Double = 20
  /// Seconds without a byte after which a connection counts as broken.
  package var stall = 30
  /// How often a request is sent before the client gives up. Progress between two failures starts the count anew.
  package var attempts = 6
  /// Seconds before the second attempt; each further pause is twice as long, up to `longestPause`.
  package var firstPause: Double = 0.5
  package var longestPause: Double = 20
  /// The most seconds that a server may ask to wait (`Retry-After`).
  package var longestWait: Double = 120

  package init() {}

  /// With `LOCARA_HTTP_TIMEOUT`, seconds of silence, and `LOCARA_HTTP_ATTEMPTS` from the environment.
  package static var ofUser: Patience {
    var patience = Patience()
    if let value = Environment.value("LOCARA_HTTP_TIMEOUT").flatMap({ Int($0) }), (1...3600).contains(value) {
      patience.stall = value
      patience.connect = min(patience.connect, Double(value))
    }
    if let value = Environment.value("LOCARA_HTTP_ATTEMPTS").flatMap({ Int($0) }), (1...100).contains(value) {
      patience.attempts = value
    }
    return patience
  }

  /// Seconds before attempt `number` (2 is the first repetition): exponential, with a quarter of chance so that many
  /// clients do not come back together.
  func pause(before number: Int) -> Double {
    let exponential = firstPause * Double(1 << min(number - 2, 20))
    return min(exponential, longestPause) * Double.random(in: 0.75...1.25)
  }
}

/// RFC 9110, 10.2.3: seconds, or a date, of a `Retry-After` field; nil when it is neither.
func secondsToWait(_ field: String, now: Int64) -> Double? {
  if let seconds = Int64(field), seconds >= 0 { return Double(seconds) }
  // Sun, 06 Nov 1994 08:49:37 GMT
  let words = field.split(separator: " ")
  let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]), (1...31).contains(day),
    let month = months.firstIndex(of: String(words[2])), let year = Int32(words[3]), (1970...9999).contains(year)
  else { return nil }
  let clock = words[4].split(separator: ":").compactMap { Int32($0) }
  guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2]) else {
    return nil
  }
  // Days of the Gregorian calendar, counted from 1 March so that the leap day is the last of its year.
  let march = Int64(year) - (month < 2 ? 1 : 0)
  let dayOfYear = (153 * ((Int64(month) + 10) % 12) + 2) / 5 + Int64(day) - 1
  let days = march * 365 + march / 4 - march / 100 + march / 400 + dayOfYear - 719_468
  let seconds = Int64(clock[0]) * 3600 + Int64(clock[1]) * 60 + Int64(clock[2])
  return Double(max(0, days * 86_400 + seconds - now))
}

/// Seconds of a clock that only goes forward.
func monotonicSeconds() -> Double {
  var now = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Seconds since 1970.
func wallSeconds() -> Int64 {
  var now = timespec()
  _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
  return Int64(now.tv_sec)
}
