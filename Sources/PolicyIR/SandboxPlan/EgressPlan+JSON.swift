package import CanonicalJSON

extension EgressPlan {
  package var json: JSON {
    [
      "hosts": .array(
        hosts.map { ["name": .string($0.name), "below": .bool($0.isBelow), "ports": $0.ports.json] }),
      "addresses": .array(
        addresses.map {
          [
            "address": .array($0.address.map { .integer(Int64($0)) }), "prefix": .integer(Int64($0.prefixLength)),
            "ports": $0.ports.json,
          ]
        }),
      "published": .array(
        published.map { ["port": .integer(Int64($0.port)), "every-address": .bool($0.isOnEveryAddress)] }),
    ]
  }

  package init(json: JSON) throws(PlanError) { try self.init(PlanReader(json)) }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("hosts", "addresses", "published")
    self.init(
      hosts: try members["hosts"].list { reader throws(PlanError) in
        let members = try reader.members("name", "below", "ports")
        let name = try members["name"].string()
        let isBelow = try members["below"].bool()
        guard EgressPlan.isHostName(name) || (name.isEmpty && isBelow) else {
          throw members["name"].error("expected a host name in lower case, found \"\(name)\"")
        }
        return HostRule(name: name, isBelow: isBelow, ports: try Ports(members["ports"]))
      },
      addresses: try members["addresses"].list { reader throws(PlanError) in
        let members = try reader.members("address", "prefix", "ports")
        let address = try members["address"].list { reader throws(PlanError) in UInt8(try reader.integer(0...255)) }
        guard address.count == 4 || address.count == 16 else {
          throw members["address"].error("expected 4 or 16 bytes, found \(address.count)")
        }
        return AddressRule(
          address: address, prefixLength: Int(try members["prefix"].integer(0...Int64(address.count * 8))),
          ports: try Ports(members["ports"]))
      },
      published: try members["published"].list { reader throws(PlanError) in
        let members = try reader.members("port", "every-address")
        return PublishedPort(
          port: UInt16(try members["port"].integer(1...65535)), isOnEveryAddress: try members["every-address"].bool())
      })
  }

  private static func isHostName(_ name: String) -> Bool {
    name.utf8.count <= 253 && !name.isEmpty
      && name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
        !label.isEmpty && label.count <= 63
          && label.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
              || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
          }
      }
  }
}

extension EgressPlan.Ports {
  var json: JSON { ["tcp": EgressPlan.Ports.json(tcp), "tls": EgressPlan.Ports.json(tls)] }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("tcp", "tls")
    self.init(tcp: try Self.ranges(members["tcp"]), tls: try Self.ranges(members["tls"]))
  }

  private static func json(_ ranges: [ClosedRange<UInt16>]) -> JSON {
    .array(ranges.map { .array([.integer(Int64($0.lowerBound)), .integer(Int64($0.upperBound))]) })
  }

  private static func ranges(_ reader: PlanReader) throws(PlanError) -> [ClosedRange<UInt16>] {
    try reader.list { reader throws(PlanError) in
      let ends = try reader.list { end throws(PlanError) in UInt16(try end.integer(0...65535)) }
      guard ends.count == 2, ends[0] <= ends[1] else { throw reader.error("expected the two ends of a range") }
      return ends[0]...ends[1]
    }
  }
}
