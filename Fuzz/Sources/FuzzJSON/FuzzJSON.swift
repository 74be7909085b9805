import CanonicalJSON

/// Any bytes: the reader accepts them or refuses them, and what it accepts means the same after it was written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let json = try? JSON(parsing: bytes, limits: JSONLimits(bytes: 1 << 20, depth: 64, values: 100_000)) else {
    return 0
  }
  let written = json.canonicalBytes
  guard let again = try? JSON(parsing: written, limits: JSONLimits(bytes: 8 << 20, depth: 64, values: 100_000)),
    again == json, again.canonicalBytes == written
  else { fatalError("what was written does not read as what it was") }
  return 0
}
