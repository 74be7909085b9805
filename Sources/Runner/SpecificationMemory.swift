/// What a sandbox's plain struct points into: taken in large pieces, given back at once.
@safe final class SpecificationMemory {
  private static let pieceSize = 32 << 10
  /// Those that are not the caller's.
  private var pieces: [UnsafeMutableRawPointer] = unsafe []
  private var current: UnsafeMutableRawPointer?
  private var next = 0
  private var end = 0

  init() {}

  /// - Parameter given: memory that is taken first, and belongs to the caller.
  init(_ given: UnsafeMutableRawBufferPointer) {
    unsafe current = given.baseAddress
    end = given.count
  }

  deinit {
    for index in unsafe pieces.indices { unsafe pieces[index].deallocate() }
  }

  /// Whether all is in the memory that was given.
  var isWhole: Bool { unsafe pieces.isEmpty }

  /// Uninitialized bytes, aligned for every C type.
  func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    let taken = (size + 15) & ~15
    if let current = unsafe current, next + taken <= end {
      defer { next += taken }
      return unsafe current + next
    }
    end = max(taken, SpecificationMemory.pieceSize)
    let piece = UnsafeMutableRawPointer.allocate(byteCount: end, alignment: 16)
    unsafe pieces.append(piece)
    unsafe current = piece
    next = taken
    return unsafe piece
  }

  /// The text with a NUL character at its end; nil when it has one before that.
  func string(_ text: String) -> UnsafeMutablePointer<CChar>? {
    let count = text.utf8.count
    let copy = unsafe room(for: count + 1, of: CChar.self)
    var index = 0
    for byte in text.utf8 {
      guard byte != 0 else { return nil }
      unsafe copy[index] = CChar(bitPattern: byte)
      index += 1
    }
    unsafe copy[count] = 0
    return unsafe copy
  }

  func bytes(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
    let copy = unsafe allocate(max(bytes.count, 1))
    unsafe copy.copyMemory(from: bytes, byteCount: bytes.count)
    return unsafe copy
  }

  /// Room for so many values of a plain type, to be filled before anybody looks at it.
  func room<Element: BitwiseCopyable>(for count: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
    unsafe allocate(max(MemoryLayout<Element>.stride * count, 1)).bindMemory(to: Element.self, capacity: count)
  }
}
