extension EgressPlan {
  func write(to writer: inout RecordWriter) {
    writer.write(list: hosts) { writer, rule in
      writer.write(text: rule.name)
      writer.write(flag: rule.isBelow)
      rule.ports.write(to: &writer)
    }
    writer.write(list: addresses) { writer, rule in
      writer.write(data: rule.address)
      writer.write(number: UInt64(rule.prefixLength))
      rule.ports.write(to: &writer)
    }
    writer.write(list: published) { writer, published in
      writer.write(number: UInt64(published.port))
      writer.write(flag: published.isOnEveryAddress)
    }
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      hosts: try reader.list { r throws(RecordError) in
        HostRule(name: try r.text(), isBelow: try r.flag(), ports: try Ports(from: &r))
      },
      addresses: try reader.list { r throws(RecordError) in
        AddressRule(
          address: try r.data(), prefixLength: Int(truncatingIfNeeded: try r.number()), ports: try Ports(from: &r))
      },
      published: try reader.list { r throws(RecordError) in
        PublishedPort(port: UInt16(truncatingIfNeeded: try r.number()), isOnEveryAddress: try r.flag())
      })
  }
}

extension EgressPlan.Ports {
  func write(to writer: inout RecordWriter) {
    for ranges in [tcp, tls] {
      writer.write(list: ranges) { writer, range in
        writer.write(number: UInt64(range.lowerBound))
        writer.write(number: UInt64(range.upperBound))
      }
    }
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    func ranges() throws(RecordError) -> [ClosedRange<UInt16>] {
      try reader.list { r throws(RecordError) in
        let low = UInt16(truncatingIfNeeded: try r.number())
        let high = UInt16(truncatingIfNeeded: try r.number())
        guard low <= high else { throw r.error }
        return low...high
      }
    }
    let tcp = try ranges()
    self.init(tcp: tcp, tls: try ranges())
  }
}
