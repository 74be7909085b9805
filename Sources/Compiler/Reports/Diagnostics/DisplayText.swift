internal import CTerminal
internal import Glibc

/// How many columns of a terminal a text takes, by the C library's table (wcwidth(3)) in the locale C.UTF-8, whatever
/// the user's locale is.
///
/// INVARIANT: one value is used by one thread, since a locale is set for the thread that asks.
@safe struct DisplayText {
  static let tabWidth = 4

  /// One character as it is shown.
  struct Cell {
    var text: String
    var width: Int
    /// Offset in the line's bytes.
    var offset: Int
  }

  /// A line as cells: tabs as spaces, what would disturb the terminal or reorder the line as U+FFFD.
  static func cells(_ line: some Collection<UInt8>) -> [Cell] {
    var cells: [Cell] = []
    var column = 0
    var offset = 0
    let widths = ScalarWidths()
    for scalar in String(decoding: Array(line), as: UTF8.self).unicodeScalars {
      var cell = Cell(text: String(scalar), width: 1, offset: offset)
      if scalar == "\t" {
        cell.width = tabWidth - column % tabWidth
        cell.text = String(repeating: " ", count: cell.width)
      } else if isDisturbing(scalar) {
        cell.text = "\u{FFFD}"
      } else if !scalar.isASCII {
        cell.width = widths.width(of: scalar)
      }
      column += cell.width
      offset += scalar.utf8.count
      cells.append(cell)
    }
    return cells
  }

  static func width(of text: String) -> Int { cells(text.utf8).reduce(0) { $0 + $1.width } }

  /// A text of several lines, in which only line breaks and tabs are left of what would disturb whoever shows it.
  static func undisturbing(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0 == "\n" || $0 == "\t" || !isDisturbing($0) ? $0 : "\u{FFFD}" }))
  }

  /// Control characters, and those that change the direction of what follows.
  private static func isDisturbing(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: true
    default: false
    }
  }
}

/// Widths of scalars as long as this lives.
@safe private final class ScalarWidths {
  private let locale: locale_t?
  private let previous: locale_t?

  init() {
    let made = unsafe newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
    unsafe locale = made
    unsafe previous = made.map { unsafe uselocale($0) }
  }

  deinit {
    if let locale = unsafe locale {
      unsafe uselocale(previous)
      unsafe freelocale(locale)
    }
  }

  func width(of scalar: Unicode.Scalar) -> Int {
    guard unsafe locale != nil else { return 1 }
    return max(0, Int(wcwidth(wchar_t(bitPattern: scalar.value))))
  }
}
