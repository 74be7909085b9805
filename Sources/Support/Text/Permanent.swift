/// Values that refer to nothing, kept for as long as the program runs. Reading them counts no references: counting those of
/// what all threads read is work on memory that the processors take from one another.
@safe package struct Permanent<Element: BitwiseCopyable>: @unchecked Sendable {
  private let elements: UnsafeBufferPointer<Element>

  /// Never freed: for tables that a program makes once.
  package init(_ values: [Element]) {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: values.count)
    _ = unsafe memory.initialize(from: values)
    unsafe elements = UnsafeBufferPointer(memory)
  }

  package subscript(index: Int) -> Element {
    precondition(unsafe index >= 0 && index < elements.count, "nothing is here")
    return unsafe elements[index]
  }

  package subscript(range: Range<Int>) -> UnsafeBufferPointer<Element> {
    precondition(unsafe range.lowerBound >= 0 && range.upperBound <= elements.count, "nothing is here")
    return unsafe UnsafeBufferPointer(rebasing: elements[range])
  }
}
