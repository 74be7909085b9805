import ModelStore
import PolicyIR
import SystemIO

/// Any bytes as the start of a file of weights, or as a lock file; the first byte says which. They are read or refused,
/// and what is read does not depend on how many bytes a read gives.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHeader(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
  let names = ["m.safetensors", "m.gguf", "m.onnx", "m.bin"]
  let choice = Int(start[0]) % 5
  guard choice < names.count else {
    fuzzLock(bytes)
    return 0
  }
  let whole = facts(bytes, name: names[choice], step: .max)
  guard whole == facts(bytes, name: names[choice], step: 7) else { fatalError("it reads otherwise in small pieces") }
  if case .success(let facts?) = whole, let parameters = facts.parameters, parameters < 0 {
    fatalError("a negative number of parameters")
  }
  return 0
}

/// What a header says, or the message of its refusal.
private func facts(_ bytes: [UInt8], name: String, step: Int) -> Result<ModelFacts?, Failure> {
  do throws(Failure) {
    return .success(
      try ModelFacts.read(size: Int64(bytes.count), path: "input", name: name) {
        (offset, wanted) throws(HeaderProblem) in
        guard offset >= 0, offset <= bytes.count, wanted >= 0 else { fatalError("it reads outside of the file") }
        return Array(bytes[Int(offset)...].prefix(min(wanted, step)))
      })
  } catch let failure { return .failure(failure) }
}

/// A lock that is read is written so that it reads the same, and merges with itself to itself.
private func fuzzLock(_ bytes: [UInt8]) {
  guard let lock = try? LockFile(parsing: bytes, path: "locara.lock.json") else { return }
  let written = lock.bytes
  guard let again = try? LockFile(parsing: written, path: "locara.lock.json"), again.bytes == written else {
    fatalError("what was written does not read as what it was")
  }
}
