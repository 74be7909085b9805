internal import CanonicalJSON

extension LandlockPlan {
  var json: JSON {
    [
      "minimum-abi": .integer(Int64(minimumABI)),
      "handled-files": RightNames.files.json(handledFiles.rawValue),
      "file-rules": .array(
        fileRules.map {
          [
            "path": .string($0.path), "rights": RightNames.files.json($0.rights.rawValue),
            "optional": .bool($0.isOptional),
          ]
        }),
      "handled-ports": RightNames.ports.json(handledPorts.rawValue),
      "port-rules": .array(
        portRules.map { ["port": .integer(Int64($0.port)), "rights": RightNames.ports.json($0.rights.rawValue)] }),
      "scopes": RightNames.scopes.json(scopes.rawValue),
    ]
  }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members(
      "minimum-abi", "handled-files", "file-rules", "handled-ports", "port-rules", "scopes")
    self.init(
      minimumABI: Int(try members["minimum-abi"].integer(0...64)),
      handledFiles: FileRights(rawValue: try RightNames.files.read(members["handled-files"])),
      fileRules: try members["file-rules"].list { reader throws(PlanError) in
        let members = try reader.members("path", "rights", "optional")
        return FileRule(
          path: try members["path"].absolutePath(),
          rights: FileRights(rawValue: try RightNames.files.read(members["rights"])),
          isOptional: try members["optional"].bool())
      },
      handledPorts: PortRights(rawValue: try RightNames.ports.read(members["handled-ports"])),
      portRules: try members["port-rules"].list { reader throws(PlanError) in
        let members = try reader.members("port", "rights")
        return PortRule(
          port: UInt16(try members["port"].integer(0...65535)),
          rights: PortRights(rawValue: try RightNames.ports.read(members["rights"])))
      },
      scopes: Scopes(rawValue: try RightNames.scopes.read(members["scopes"])))
  }
}

/// The kernel's names of a set of bits, lower case, without prefix; the index is the bit.
private struct RightNames {
  let names: [String]

  static let files = RightNames(names: [
    "execute", "write_file", "read_file", "read_dir", "remove_dir", "remove_file", "make_char", "make_dir", "make_reg",
    "make_sock", "make_fifo", "make_block", "make_sym", "refer", "truncate", "ioctl_dev",
  ])
  static let ports = RightNames(names: ["bind_tcp", "connect_tcp"])
  static let scopes = RightNames(names: ["abstract_unix_socket", "signal"])

  func json(_ bits: UInt64) -> JSON {
    .array(names.indices.filter { bits & 1 << UInt64($0) != 0 }.map { .string(names[$0]) })
  }

  func read(_ reader: PlanReader) throws(PlanError) -> UInt64 {
    var bits: UInt64 = 0
    for element in try reader.elements() {
      let name = try element.string()
      guard let bit = names.firstIndex(of: name) else {
        throw element.error("expected one of \(names.joined(separator: ", ")), found \"\(name)\"")
      }
      guard bits >> UInt64(bit) == 0 else { throw element.error("expected each right once, in the kernel's order") }
      bits |= 1 << UInt64(bit)
    }
    return bits
  }
}
