import PolicyIR
import SandboxPlan
import TestSupport
import Testing

@testable import Egress

@Suite struct ClientHelloTests {
  /// A hello that asks for `host`, cut into records of `size` bytes.
  static func hello(_ host: String, recordSize size: Int = 1 << 14, extensions more: [UInt8] = []) -> [UInt8] {
    func vector(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
      (0..<width).reversed().map { UInt8(bytes.count >> (8 * $0) & 0xFF) } + bytes
    }
    let name: [UInt8] = [0, 0] + vector(vector([0] + vector(Array(host.utf8), 2), 2), 2)
    let body: [UInt8] =
      [3, 3] + [UInt8](repeating: 7, count: 32) + vector([1, 2, 3], 1) + vector([0x13, 0x01], 2) + vector([0], 1)
      + vector([0, 23, 0, 0] + name + more, 2)
    let message = [1] + vector(body, 3)
    return stride(from: 0, to: message.count, by: size).flatMap { start in
      [22, 3, 1] + vector(Array(message[start..<min(start + size, message.count)]), 2)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 40, 1 << 14]) func findsTheHostHoweverItIsCut(size: Int) {
    let whole = Self.hello("API.example.com", recordSize: max(size, 3))
    for end in 0..<whole.count { #expect(ClientHello.read(Array(whole[..<end])) == .incomplete, "\(end)") }
    #expect(ClientHello.read(whole) == .host("api.example.com"))
    #expect(ClientHello.read(whole + [1, 2, 3]) == .host("api.example.com"))
  }

  @Test func refusesWhatTwoReadersCouldReadDifferently() {
    // The name twice, something else than TLS, a record without content, a version of long ago.
    #expect(ClientHello.read(Self.hello("a.example", extensions: [0, 0, 0, 6, 0, 4, 0, 0, 1, 97])) == .malformed)
    #expect(ClientHello.read(Array("GET / HTTP/1.0\r\n\r\n".utf8)) == .malformed)
    #expect(ClientHello.read([22, 3, 1, 0, 0]) == .malformed)
    #expect(ClientHello.read([22, 2, 0, 0, 5]) == .malformed)
    #expect(ClientHello.read([0x80, 0x2E, 1, 3, 1]) == .malformed)
    #expect(ClientHello.read(Self.hello("a b")) == .malformed)
  }

  @Test func readsNothingPastDamage() {
    let whole = Self.hello("api.example.com", recordSize: 30)
    var random = SplitMix64(seed: 4)
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = ClientHello.read(bytes)
    }
  }
}

@Suite struct DomainMessageTests {
  @Test func readsWhatItWrites() throws {
    let bytes = try #require(DomainMessage.question("api.example.com", DomainMessage.Kind.address6, identifier: 513))
    let query = try #require(try DomainMessage.query(bytes)?.get())
    #expect(query.question == .init(name: "api.example.com", kind: 28))
    #expect(query.mostBytes == 1232)
    let address = try #require(Address("2001:db8::7"))
    let answer = DomainMessage.answer(to: query, code: 0, [.address(address)], lifetime: 60)
    let response = try #require(DomainMessage.response(answer))
    #expect(response.identifier == 513)
    #expect(response.records == [.init(name: "api.example.com", lifetime: 60, value: .address(address))])
  }

  @Test func followsNoPointerForEver() {
    let header: [UInt8] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    for tail: [UInt8] in [
      [0xC0, 12, 0, 1, 0, 1], [0xC0, 14, 0xC0, 12, 0, 1, 0, 1], [63], [1, 97, 0xC0, 12, 0, 1, 0, 1],
    ] {
      if case .success? = DomainMessage.query(header + tail) { Issue.record("accepted \(tail)") }
    }
  }

  @Test func survivesDamage() throws {
    var random = SplitMix64(seed: 5)
    let question = try #require(DomainMessage.question("a.b.example", 1, identifier: 1))
    let query = try #require(try DomainMessage.query(question)?.get())
    let answers = (0..<5).map { DomainMessage.Answer.address(Address(version4: UInt32($0))) }
    let answer = DomainMessage.answer(to: query, code: 0, answers, lifetime: 1)
    for _ in 0..<20_000 {
      var bytes = Bool.random(using: &random) ? question : answer
      for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random) }
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      _ = DomainMessage.query(bytes)
      _ = DomainMessage.response(bytes)
    }
  }
}

@Suite struct AddressTests {
  @Test(arguments: [
    ("10.1.2.3", "private"), ("127.0.0.1", "loopback"), ("169.254.169.254", "the address of cloud metadata"),
    ("169.254.1.1", "link-local"), ("100.64.0.1", "of a provider's own network"), ("192.168.1.1", "private"),
    ("172.31.255.255", "private"), ("0.0.0.0", "of this very machine"), ("224.0.0.1", "multicast"),
    ("::1", "loopback"), ("fe80::1", "link-local"), ("fd00::1", "private"), ("::ffff:10.0.0.1", "private"),
    ("::ffff:a00:1", "private"), ("64:ff9b::7f00:1", "loopback"), ("2002:a00:1::", "private"), ("4000::1", "reserved"),
    ("2001:db8::1", "for documentation"), ("ff02::1", "multicast"),
  ])
  func knowsWhatIsNotOnTheInternet(text: String, kind: String) throws {
    guard let address = Address(text) else { return #expect(text.contains("ffff:10.")) }
    #expect(SpecialAddresses.kind(of: address) == kind)
  }

  @Test(arguments: ["93.184.216.34", "172.32.0.1", "8.8.8.8", "2606:2800:220:1::34", "2a00:1450:4001::8"])
  func knowsWhatIs(text: String) throws {
    let address = try #require(Address(text))
    #expect(SpecialAddresses.kind(of: address) == nil)
    #expect(address.description == text)
    #expect(Address(address.bytes) == address)
  }
}

@Suite struct AddressPoolTests {
  @Test func keepsAnAddressWhileSomebodyMayUseIt() throws {
    var pool = AddressPool(capacity: 2)
    let given = pool.index(of: "a.example", now: 0)
    let first = try #require(given)
    let address = AddressPool.address4(first)
    let other = pool.index(of: "b.example", now: 0)
    let early = pool.index(of: "c.example", now: AddressPool.rest - 1)
    #expect(other != nil && early == nil)
    pool.use(address, 1, now: 1)
    // b has rested, a is in use however long that lasts.
    let later = AddressPool.rest * 3
    let second = pool.index(of: "c.example", now: later)
    #expect(second == other)
    #expect(pool.name(of: address) == "a.example")
    let whileInUse = pool.index(of: "d.example", now: later)
    pool.use(address, -1, now: later)
    let tooEarly = pool.index(of: "d.example", now: later + AddressPool.rest - 1)
    let rested = pool.index(of: "d.example", now: later + AddressPool.rest)
    #expect(whileInUse == nil && tooEarly == nil && rested == first)
    #expect(pool.name(of: address) == "d.example")
    #expect(AddressPool.index(of: AddressPool.address6(first)) == first)
    #expect(pool.name(of: Address(version4: 0x0808_0808)) == nil)
  }
}

@Suite struct RulesTests {
  @Test func theMostTellingRuleAloneCounts() throws {
    let rules = Rules(
      EgressPlan(
        hosts: [
          .init(name: "example.com", isBelow: true, ports: .init(tcp: [443...443])),
          .init(name: "api.example.com", isBelow: false, ports: .init(tcp: [80...80], tls: [443...443])),
          .init(name: "no.example.com", isBelow: true, ports: .init()),
        ],
        addresses: [.init(address: [10, 0, 0, 0], prefixLength: 8, ports: .init(tcp: [1...1024]))]))
    #expect(rules.permission(for: "example.com", 443) == .denied)
    #expect(rules.permission(for: "a.b.example.com", 443) == .permitted)
    #expect(rules.permission(for: "notexample.com", 443) == .denied)
    #expect(rules.permission(for: "api.example.com", 443) == .permittedWithTLS)
    #expect(rules.permission(for: "api.example.com", 80) == .permitted)
    #expect(rules.permission(for: "x.no.example.com", 443) == .denied)
    #expect(!rules.permitsName("x.no.example.com") && rules.permitsName("no.example.com"))
    #expect(rules.permission(for: try #require(Address("10.9.8.7")), 1024) == .permitted)
    #expect(rules.permission(for: try #require(Address("11.9.8.7")), 80) == .denied)
  }
}

@Suite struct ResolverConfigurationTests {
  @Test func readsWhatTheCLibraryReads() {
    let configuration = ResolverConfiguration(
      resolver: "# none\nsearch x\nnameserver 192.0.2.1 # first\nnameserver  2001:db8::1\nnameserver bad\n",
      hosts: "127.0.0.1 localhost\n192.0.2.7 Printer.local printer # here\nnonsense\n")
    #expect(configuration.servers.map(\.description) == ["192.0.2.1:53", "[2001:db8::1]:53"])
    #expect(configuration.hosts["printer.local"]?.map(\.description) == ["192.0.2.7"])
    #expect(ResolverConfiguration(resolver: "", hosts: "").servers.map(\.description) == ["127.0.0.1:53"])
  }
}
