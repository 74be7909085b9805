internal import Diagnostics
internal import Manifest
package import SystemIO

/// An app to start from: files that check, build and run as they are.
package struct Template: Sendable {
  package let name: String
  /// What it starts, one line.
  package let summary: String
  /// Paths in the app's directory with texts; `{{name}}` and `{{publisher}}` stand for the author's words.
  let files: [(path: String, text: String)]

  package static let all: [Template] = [blank, chat, search, transcribe, mcpServer]

  package static func named(_ name: String) -> Template? { all.first { $0.name == name } }

  /// Writes the template's files into a directory, which may have other files already.
  ///
  /// - Returns: the paths that were written, in the order of the template.
  /// - Throws: LX011 when a name is none, LX012 when one of the files is there already; nothing is written then.
  @discardableResult
  package func write(to directory: String, name: String, publisher: String) throws(Failure) -> [String] {
    let texts = files.map { file in
      (file.path, file.text.replacing("{{name}}", with: name).replacing("{{publisher}}", with: publisher))
    }
    // The names are judged by the language itself.
    let manifest = Source(path: "locara.yaml", bytes: Array((texts.first?.1 ?? "").utf8))
    if let problem = parseManifest(manifest).1.first(where: { $0.severity == .error }) {
      throw Failure(
        "LX011", "\(problem.headline): \(problem.primary.text)", path: directory,
        help: "names are of a-z, 0-9 and -, at most 64 characters: give them with --name and --publisher")
    }
    for (path, _) in texts where Files.exists("\(directory)/\(path)") {
      throw Failure(
        "LX012", "the file is there already, and nothing was written", path: "\(directory)/\(path)",
        help: "name another directory, or move the file away")
    }
    for (path, text) in texts {
      try Directories.create(Files.parent(of: "\(directory)/\(path)"))
      try Files.replace("\(directory)/\(path)", with: Array(text.utf8))
    }
    return texts.map { "\(directory)/\($0.0)" }
  }

  /// A directory's name as the name of an app: lower case, everything else a dash.
  package static func name(for directory: String) -> String {
    let last = directory.split(separator: "/").last { $0 != "." && $0 != ".." }.map(String.init) ?? ""
    var name = ""
    for byte in last.lowercased().utf8 {
      let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
      if isPlain {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      } else if !name.hasSuffix("-"), !name.isEmpty {
        name += "-"
      }
    }
    while name.hasSuffix("-") { name.removeLast() }
    return name.isEmpty ? "app" : String(name.prefix(64))
  }
}
