import CanonicalJSON

@testable import Egress

/// Any bytes as what the broker reads of an app, of a resolver and of the supervisor; the first byte says as what.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEgress(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
  switch start[0] % 6 {
  case 0: fuzzHello(bytes)
  case 1: if case .success(let query) = DomainMessage.query(bytes) { fuzzQuestion(query.question.name) }
  case 2: if let response = DomainMessage.response(bytes) { fuzzQuestion(response.question.name) }
  case 3:
    if let order = BrokerOrder(bytes[...]), BrokerOrder(order.bytes[...]) != order {
      fatalError("an order does not read as what was written")
    }
  case 4:
    if let report = BrokerReport(bytes[...]), BrokerReport(report.bytes[...]) != report {
      fatalError("a report does not read as what was written")
    }
  default:
    if let configuration = BrokerConfiguration(bytes: bytes),
      BrokerConfiguration(bytes: configuration.json.canonicalBytes) != configuration
    {
      fatalError("a configuration does not read as what was written")
    }
  }
  return 0
}

/// What was decided of a hello stays so when more bytes arrive.
private func fuzzHello(_ bytes: [UInt8]) {
  let whole = ClientHello.read(bytes)
  let half = ClientHello.read(Array(bytes.prefix(bytes.count / 2)))
  guard half == .incomplete || half == whole || bytes.count > ClientHello.mostBytes else {
    fatalError("the first half says \(half), the whole \(whole)")
  }
}

/// A name that was read can be asked for again.
private func fuzzQuestion(_ name: String) {
  guard name.utf8.count <= 255 else { fatalError("a name of \(name.utf8.count) bytes") }
  if !name.isEmpty, DomainMessage.nameBytes(name) == nil { fatalError("a name that cannot be written: \(name)") }
}
