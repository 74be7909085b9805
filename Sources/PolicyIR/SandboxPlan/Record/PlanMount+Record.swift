extension PlanMount {
  func write(to writer: inout RecordWriter) {
    source.write(to: &writer)
    writer.write(text: target)
    writer.write(flag: isReadOnly)
    writer.write(flag: permitsExecution)
    writer.write(flag: isOptional)
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    self.init(
      try Source(from: &reader), at: try reader.text(), isReadOnly: try reader.flag(),
      permitsExecution: try reader.flag(), isOptional: try reader.flag())
  }
}

extension PlanMount.Source {
  /// A byte for the kind, then what belongs to it.
  func write(to writer: inout RecordWriter) {
    switch self {
    case .payload: writer.write(byte: 0)
    case .appData: writer.write(byte: 1)
    case .proc: writer.write(byte: 2)
    case .directory: writer.write(byte: 3)
    case .modelFile(let digest): writer.write(byte: 4, digest)
    case .userDirectory(let role): writer.write(byte: 5, role)
    case .home(let path): writer.write(byte: 6, path)
    case .host(let path): writer.write(byte: 7, path)
    case .granted(let name): writer.write(byte: 8, name)
    case .symbolicLink(let target): writer.write(byte: 9, target)
    case .file(let content): writer.write(byte: 10, content)
    case .temporary(let bytes):
      writer.write(byte: 11)
      writer.write(number: bytes)
    case .devices(let names):
      writer.write(byte: 12)
      writer.write(texts: names)
    case .image(let digest, let path):
      writer.write(byte: 13, digest)
      writer.write(text: path)
    case .toolLauncher: writer.write(byte: 14)
    }
  }

  init(from reader: inout RecordReader) throws(RecordError) {
    switch try reader.byte() {
    case 0: self = .payload
    case 1: self = .appData
    case 2: self = .proc
    case 3: self = .directory
    case 4: self = .modelFile(digestHexadecimal: try reader.text())
    case 5: self = .userDirectory(try reader.text())
    case 6: self = .home(try reader.text())
    case 7: self = .host(try reader.text())
    case 8: self = .granted(try reader.text())
    case 9: self = .symbolicLink(target: try reader.text())
    case 10: self = .file(content: try reader.text())
    case 11: self = .temporary(bytes: try reader.number())
    case 12: self = .devices(try reader.texts())
    case 13: self = .image(digestHexadecimal: try reader.text(), path: try reader.text())
    case 14: self = .toolLauncher
    default: throw reader.error
    }
  }
}

extension RecordWriter {
  fileprivate mutating func write(byte: UInt8, _ text: String) {
    write(byte: byte)
    write(text: text)
  }
}
