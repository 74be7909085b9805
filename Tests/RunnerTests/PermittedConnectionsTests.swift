import Testing

@testable import Runner

@Suite struct PermittedConnectionsTests {
  @Test func rememberForAWhileAndOnlyWhatWasPermitted() {
    var permitted = PermittedConnections()
    let key = PermittedConnections.Key(address: [198, 18, 0, 16], port: 443)
    permitted.insert(key, now: 1000)
    #expect(permitted.contains(key, now: 5999))
    #expect(!permitted.contains(key, now: 6000))
    #expect(!permitted.contains(.init(address: [198, 18, 0, 16], port: 80), now: 1000))
    #expect(!permitted.contains(.init(address: [198, 18, 0, 17], port: 443), now: 1000))
  }

  @Test func keepNoMoreThanTheyNeed() {
    var permitted = PermittedConnections()
    for port in UInt16(1)...2000 { permitted.insert(.init(address: [1, 2, 3, 4], port: port), now: 0) }
    #expect(
      (UInt16(1)...2000).filter { permitted.contains(.init(address: [1, 2, 3, 4], port: $0), now: 0) }.count <= 256)
    #expect(permitted.contains(.init(address: [1, 2, 3, 4], port: 2000), now: 0))
  }
}
