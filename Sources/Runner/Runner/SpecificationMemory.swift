internal import CSandbox

/// What a sandbox's plain struct points into: taken in large pieces, given back at once.
@safe final class SpecificationMemory {
  private static let pieceSize = 32 << 10
  private var pieces: [UnsafeMutableRawPointer] = unsafe []
  private var next = 0
  private var end = 0

  deinit {
    for index in unsafe pieces.indices { unsafe pieces[index].deallocate() }
  }

  /// Uninitialized bytes, aligned for every C type.
  func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    let taken = (size + 15) & ~15
    if unsafe pieces.isEmpty || next + taken > end {
      end = max(taken, SpecificationMemory.pieceSize)
      unsafe pieces.append(.allocate(byteCount: end, alignment: 16))
      next = 0
    }
    defer { next += taken }
    return unsafe pieces[pieces.count - 1] + next
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

  /// The texts, with NULL after the last; nil when one has a NUL character.
  func strings(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?>? {
    let pointers = unsafe room(for: texts.count + 1, of: UnsafePointer<CChar>?.self)
    for index in texts.indices {
      guard let copy = unsafe string(texts[index]) else { return nil }
      unsafe (pointers + index).initialize(to: UnsafePointer(copy))
    }
    unsafe (pointers + texts.count).initialize(to: nil)
    return unsafe UnsafePointer(pointers)
  }

  /// Settings of a control group as C takes them; nil when one has a NUL character.
  func settings(_ settings: [ControlGroup.Setting]) -> UnsafeMutablePointer<locara_group_setting>? {
    let list = unsafe room(for: settings.count, of: locara_group_setting.self)
    for (index, setting) in settings.enumerated() {
      guard let file = unsafe string(setting.file), let value = unsafe string(setting.value) else { return nil }
      unsafe (list + index).initialize(to: locara_group_setting(file: file, value: value, is_set: 0))
    }
    return unsafe list
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
