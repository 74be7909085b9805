@testable import BundleStore

/// Any bytes as the record of a bundle that was opened before: the file itself, and its fields with a digest that fits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStore(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  _ = OpenedRecord(parsing: bytes, of: nil)
  _ = OpenedRecord(parsing: OpenedRecord.sealed(bytes), of: nil)
  return 0
}
