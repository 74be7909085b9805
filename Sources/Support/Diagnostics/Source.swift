// INVARIANT: this module says what is wrong and where, and never how it looks; `Reports` renders. It does no I/O.

internal import Glibc

/// A text that diagnostics point into.
package struct Source: Hashable, Sendable {
  /// The path as the user gave it, for messages.
  package let path: String
  package let bytes: [UInt8]
  /// The byte offset at which each line starts; the first is 0, or 3 after a byte order mark, which nobody sees.
  package let lineStarts: [Int]

  package init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
    var starts: [Int] = []
    starts.reserveCapacity(bytes.count / 24 + 8)
    starts.append(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    unsafe bytes.withUnsafeBytes { bytes in
      // Looking for one byte is fastest, and a file with carriage returns that are no part of a line's end is rare.
      let hasReturns = unsafe bytes.baseAddress.map { unsafe memchr($0, 0x0D, bytes.count) != nil } ?? false
      var start = 0
      while start < bytes.count, let address = bytes.baseAddress {
        let lineBreak = unsafe memchr(address + start, 0x0A, bytes.count - start)
        let end = unsafe lineBreak.map { unsafe UnsafeRawPointer($0) - address } ?? bytes.count
        // A carriage return ends a line by itself, unless a line feed follows it.
        if hasReturns {
          for offset in start..<end where unsafe bytes[offset] == 0x0D && offset + 1 != end {
            starts.append(offset + 1)
          }
          if end == bytes.count, end > start, unsafe bytes[end - 1] == 0x0D { starts.append(end) }
        }
        start = end + 1
        if end < bytes.count { starts.append(start) }
      }
    }
    self.lineStarts = starts
  }

  /// A place as people count: both from 1, the column in Unicode code points.
  package struct Position: Hashable, Sendable {
    package let line: Int
    package let column: Int
  }

  /// The position of a byte offset; offsets past the end give the end.
  package func position(of offset: Int) -> Position {
    let offset = min(max(offset, 0), bytes.count)
    let line = line(of: offset)
    // A code point starts at every byte that is not a UTF-8 continuation byte.
    let start = lineStarts[line - 1]
    let column = bytes[start..<max(offset, start)].reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    return Position(line: line, column: column)
  }

  /// The line of a byte offset, counted from 1. Finding the column takes time by the length of the line; this does not.
  package func line(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The byte offset of a position; both count from 1, and positions past the end of a line give its end.
  package func offset(line: Int, column: Int) -> Int {
    let bytes = self.line(line)
    var offset = bytes.startIndex
    var remaining = column - 1
    while remaining > 0, offset < bytes.endIndex {
      offset += 1
      while offset < bytes.endIndex, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      remaining -= 1
    }
    return offset
  }

  /// The bytes of a line without its line break; `line` counts from 1.
  package func line(_ line: Int) -> ArraySlice<UInt8> {
    guard line >= 1, line <= lineStarts.count else { return [] }
    let start = lineStarts[line - 1]
    var end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
    if end > start, end < bytes.count, bytes[end] == UInt8(ascii: "\n"), bytes[end - 1] == UInt8(ascii: "\r") {
      end -= 1
    }
    return bytes[start..<end]
  }

  package func text(_ span: Span) -> String {
    let start = min(max(span.start, 0), bytes.count)
    return String(decoding: bytes[start..<min(max(span.end, start), bytes.count)], as: UTF8.self)
  }
}

/// A half-open range of bytes in a source.
package struct Span: Hashable, Sendable, Comparable {
  package var start: Int
  package var end: Int

  package init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  package static func < (left: Span, right: Span) -> Bool { (left.start, left.end) < (right.start, right.end) }
}
