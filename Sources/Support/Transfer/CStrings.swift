internal import Glibc

/// Texts for C: copies that live as long as the value.
@safe final class CStrings {
  private var texts: [UnsafeMutablePointer<CChar>?]
  /// The texts and a null after them.
  let array: UnsafePointer<UnsafePointer<CChar>?>

  init(_ strings: [String]) {
    unsafe texts = unsafe strings.map { text in unsafe strdup(text) }
    let array = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: strings.count + 1)
    for index in strings.indices { unsafe (array + index).initialize(to: UnsafePointer(texts[index])) }
    unsafe (array + strings.count).initialize(to: nil)
    unsafe self.array = UnsafePointer(array)
  }

  deinit {
    for index in unsafe texts.indices { unsafe free(texts[index]) }
    unsafe array.deallocate()
  }

  subscript(index: Int) -> UnsafePointer<CChar>? { unsafe array[index] }
}
