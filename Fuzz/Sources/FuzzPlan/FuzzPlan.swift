import CanonicalJSON
import SandboxPlan

/// Any bytes as a plan, as JSON when they begin with a brace and as a record otherwise: it is read or refused, and what is
/// read means the same after it was written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPlan(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if bytes.first == UInt8(ascii: "{") {
    guard let json = try? JSON(parsing: bytes), let plan = try? SandboxPlan(json: json) else { return 0 }
    guard let again = try? SandboxPlan(json: plan.json), again == plan else {
      fatalError("a plan as JSON does not read as what was written")
    }
    check(plan)
  } else {
    var reader = RecordReader(bytes)
    guard let plan = try? SandboxPlan(from: &reader), (try? reader.finish()) != nil else { return 0 }
    check(plan)
  }
  return 0
}

/// A plan that was read is written as a record that reads the same.
private func check(_ plan: SandboxPlan) {
  var writer = RecordWriter()
  plan.write(to: &writer)
  var reader = RecordReader(writer.bytes)
  guard let again = try? SandboxPlan(from: &reader), (try? reader.finish()) != nil, again == plan else {
    fatalError("a plan as a record does not read as what was written")
  }
}
