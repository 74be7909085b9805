import Digests
import PolicyIR
import Schemas
import Structures
import TestSupport

// Values from small alphabets, so that patterns meet: holes, overlaps and equal halves are common, not rare.

let componentAlphabet = ["a", "b", "ab", "é", "e\u{301}", "x", "*", "with space", "q\"uote", "\u{202E}rtl", "#"]
let hostAlphabet = ["com", "example", "api", "a", "x", "1"]

extension Choices {
  mutating func accesses() -> FileAccessSet { FileAccessSet(rawValue: UInt8(below(16))) }

  mutating func fileAuthority() -> FileAuthority {
    var authority = FileAuthority.nothing
    for _ in 0..<below(5) {
      var components: [PatternComponent] = bool() ? [.literal(pick(["app-data", "documents"]))] : []
      for _ in 0..<below(4) {
        components.append(below(3) == 0 ? .anyLabel : .literal(componentAlphabet[min(below(22), 10)]))
      }
      let tree = ReducedTree(components, pick([.atAndBelow, .exactly, .below]), accesses())
      let next = FileAuthority(tree: tree)
      authority = below(3) == 2 ? authority.subtracting(next) : authority.union(next)
    }
    return authority
  }

  mutating func ports() -> PortSets {
    if below(6) == 5 { return .full }
    func set(_ choices: inout Choices) -> IntervalSet<UInt16> {
      IntervalSet(
        choices.list(upTo: 2) { choices in
          let low = choices.pick([UInt16(443), 0, 1, 80, 444, 8000, 65535])
          return low...max(low, choices.pick([low, 443, 8080, 65535]))
        })
    }
    return PortSets(
      tcp: set(&self), tls: below(3) == 2 ? set(&self) : nil, udp: below(3) == 2 ? set(&self) : IntervalSet())
  }

  mutating func address() -> IPAddress {
    bool()
      ? .v6([0x20, UInt8(below(2)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(below(3))])
      : .v4([10, UInt8(pick([0, 128, 255])), 0, UInt8(below(4))])
  }

  mutating func connectAuthority() -> ConnectAuthority {
    var authority = below(8) == 7 ? ConnectAuthority.full : .nothing
    for _ in 0..<below(5) {
      let next: ConnectAuthority
      switch below(3) {
      case 0:
        let labels = list(upTo: 3) { $0.below(5) == 4 ? PatternComponent.anyLabel : .literal($0.pick(hostAlphabet)) }
        next = ConnectAuthority(hosts: ReducedTree(labels, pick([.exactly, .below, .atAndBelow]), ports()))
      case 1:
        let address = address()
        next = ConnectAuthority(address: address, prefixLength: below(address.bits.count + 1), ports())
      default: next = ConnectAuthority(host: list(upTo: 3) { $0.pick(hostAlphabet) }.joined(separator: "."), ports())
      }
      authority = below(3) == 2 ? authority.subtracting(next) : authority.union(next)
    }
    return authority
  }

  mutating func listenAuthority() -> ListenAuthority {
    ListenAuthority(loopback: bool() ? ports() : .nothing, any: below(3) == 2 ? ports() : .nothing)
  }

  mutating func processAuthority() -> ProcessAuthority {
    ProcessAuthority(programs: FiniteSet(some(["bin/ocr", "python3", "a b", "#"])), threads: bool())
  }

  mutating func authority() -> Authority {
    Authority(
      files: fileAuthority(), connect: connectAuthority(), listen: listenAuthority(), process: processAuthority(),
      devices: FiniteSet(some(Device.allCases)), ipc: FiniteSet(some(IPCFacility.allCases)),
      environment: FiniteSet(some(["LANG", "TZ", "é", "e\u{301}"])),
      notifications: FiniteSet(some(NotificationMode.allCases)), background: FiniteSet(some(BackgroundMode.allCases)),
      serves: FiniteSet(some(ServedProtocol.allCases)))
  }

  mutating func limits() -> Limits {
    var limits = Limits()
    for resource in some(LimitedResource.allCases) {
      limits[resource] = pick([0, 1, 1000, 1023, 1 << 20, 3 << 30, UInt64(Int64.max), .max])
    }
    return limits
  }

  mutating func limitAuthority() -> LimitAuthority { limits().authority.subtracting(limits().authority) }

  mutating func toolAuthority() -> ToolAuthority {
    func tools(_ choices: inout Choices) -> ToolAuthority {
      ToolAuthority(
        choices.some(["ocr", "t2", "é", "e\u{301}"]).map { name in
          ToolPolicy(name: name, command: ["bin/x"], authority: choices.authority(), limits: choices.limits())
        })
    }
    let first = tools(&self)
    return below(3) == 2 ? first.subtracting(tools(&self)) : first
  }

  mutating func modelPin(_ id: String) -> ModelPin {
    ModelPin(
      id: id, role: pick(["text-to-embedding", "speech-to-text"]), source: pick(["", "hf:a/b"]),
      revision: pick(["", "0123abc"]),
      files: some(["a.bin", "b c.bin"]).map { path in
        ModelPin.File(path: path, size: Int64(below(3)), digest: Digest.of([UInt8(below(3))]))
      }, license: pick(["", "MIT"]), loading: bool() ? .eager : .lazy)
  }

  mutating func policy() -> Policy {
    let authority = authority()
    return Policy(
      authority: authority, limits: limits(),
      storage: bool()
        ? Storage(file: pick(["data.sqlite", "n b.db"]), schema: Schema(), extensions: some(["x.so", "y.so"])) : nil,
      models: some(["m1", "m2"]).map { modelPin($0) },
      entry: Entry(
        command: ["python3"] + some(["app/main.py", "-v", "", "a b"]), workingDirectory: pick(["", "app"]),
        streams: bool() ? .null : .inherit),
      tools: some(["ocr", "t2"]).map { name in
        ToolPolicy(
          name: name, command: ["bin/\(name)"], authority: self.authority().intersection(authority), limits: limits())
      }, runtime: bool() ? .image("oci:example@sha256:00") : .host)
  }

  /// An operation near the alphabets.
  mutating func operation() -> Operation {
    switch below(6) {
    case 0, 1:
      let path = list(upTo: 4) { choices in
        choices.pick(["app-data", "documents"] + componentAlphabet)
      }
      return .file(FileAuthority.Operation(pick(FileAccess.allCases), PolicyPath(path)))
    case 2:
      let host = list(upTo: 4) { $0.pick(hostAlphabet) }.joined(separator: ".")
      return .connect(
        .init(pick(Transport.allCases), .host(host.isEmpty ? "." : host), pick([0, 1, 80, 443, 8079, 65535])))
    case 3: return .connect(.init(pick(Transport.allCases), .address(address()), pick([0, 1, 80, 443, 8079, 65535])))
    case 4:
      return .listen(.init(pick(Transport.allCases), pick(ListenAuthority.Scope.allCases), pick([0, 80, 443, 65535])))
    default:
      return pick([
        .process(.spawn("bin/ocr")), .process(.spawn("a b")), .process(.startThread), .use(.microphone),
        .communicate(.dbus), .readVariable("é"), .readVariable("e\u{301}"), .notify(.badge),
        .runInBackground(.active), .serve(.mcpStdio),
      ])
    }
  }
}
