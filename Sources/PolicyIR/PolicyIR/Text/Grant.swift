internal import CanonicalJSON
internal import Structures

/// The kinds of grants, named as the text form names them.
package enum GrantDomain: String, Hashable, Sendable, CaseIterable {
  case files, connect, listen, spawn, threads, use, ipc, environment, notify, background, serve
}

/// One line of an authority as people read it: a kind, an object, and what about it.
package struct Grant: Hashable, Sendable, CustomStringConvertible {
  package var domain: GrantDomain
  /// `app-data/**`, `*.example.com`, `10.0.0.0/8`, `bin/ocr`, `microphone`, …
  package var object: String
  /// `read write`, `tcp 443`; `nothing` for a hole in what a wider line gives; empty where the object says it all.
  package var value: String

  package init(_ domain: GrantDomain, _ object: String, _ value: String = "") {
    self.domain = domain
    self.object = object
    self.value = value
  }

  /// `files app-data/** read write`
  package var description: String { [domain.rawValue, object, value].filter { !$0.isEmpty }.joined(separator: " ") }
}

extension Authority {
  /// The authority as its one list of lines: kinds in a fixed order, objects sorted, nothing said twice.
  package var grants: [Grant] {
    files.grants + connect.grants + listen.grants + process.grants
      + devices.elements.map { Grant(.use, $0.rawValue) } + ipc.elements.map { Grant(.ipc, $0.rawValue) }
      + environment.elements.map { Grant(.environment, Quoting.write($0)) }
      + notifications.elements.map { Grant(.notify, $0.rawValue) }
      + background.elements.map { Grant(.background, $0.rawValue) } + serves.elements.map { Grant(.serve, $0.rawValue) }
  }
}

extension FileAuthority {
  package var grants: [Grant] {
    tree.lines.map { Grant(.files, PathText.write($0.components, $0.extent), AccessText.write($0.value)) }
  }
}

extension ConnectAuthority {
  package var grants: [Grant] {
    hosts.linesBelowOrExact.map { Grant(.connect, HostText.write($0.components, $0.extent), PortText.write($0.value)) }
      + addresses4.leaves.map { Grant(.connect, PrefixText.write($0.prefix, width: 32), PortText.write($0.value)) }
      + addresses6.leaves.map { Grant(.connect, PrefixText.write($0.prefix, width: 128), PortText.write($0.value)) }
  }
}

extension ListenAuthority {
  package var grants: [Grant] {
    [(Scope.loopback, loopback), (.any, any)].filter { $0.1 != .nothing }
      .map { Grant(.listen, $0.0.rawValue, PortText.write($0.1)) }
  }
}

extension ProcessAuthority {
  package var grants: [Grant] {
    programs.elements.map { Grant(.spawn, Quoting.write($0)) } + (threads ? [Grant(.threads, "yes")] : [])
  }
}

/// Accesses as text: `read write create remove`, or `nothing`.
enum AccessText {
  static func write(_ accesses: FileAccessSet) -> String {
    accesses == .nothing ? "nothing" : accesses.accesses.map(\.rawValue).joined(separator: " ")
  }

  static func read(_ words: some Sequence<Substring>) -> FileAccessSet? {
    let words = Array(words)
    if words == ["nothing"] { return .nothing }
    var accesses = FileAccessSet.nothing
    for word in words {
      guard let access = FileAccess(rawValue: String(word)) else { return nil }
      accesses.formUnion(FileAccessSet(access))
    }
    return words.isEmpty ? nil : accesses
  }
}

/// An authority that is put together from its lines, in any order.
struct GrantReader {
  private var fileLines: [ReducedTree<FileAccessSet>.Line] = []
  private var hostLines: [ReducedTree<PortSets>.Line] = []
  private var rest = Authority.nothing

  /// Takes one line: the kind and the words after it.
  ///
  /// - Returns: what is wrong with the line, or nil.
  mutating func take(_ domain: GrantDomain, _ words: [Substring]) -> String? {
    guard let first = words.first else { return "expected an object after `\(domain.rawValue)`" }
    // That a kind has nothing may be said, and adds nothing.
    if words == ["nothing"] { return nil }
    switch domain {
    case .files: return takeFile(first, words.dropFirst())
    case .connect: return takePeer(first, words.dropFirst())
    case .listen:
      guard let scope = ListenAuthority.Scope(rawValue: String(first)), let ports = PortText.read(words.dropFirst())
      else { return "expected `loopback` or `any`, and ports such as `tcp 8000-8080`" }
      rest.listen = rest.listen.union(
        scope == .loopback ? ListenAuthority(loopback: ports) : ListenAuthority(any: ports))
      return nil
    default: return words.count == 1 ? takeName(domain, first) : "expected one word after `\(domain.rawValue)`"
    }
  }

  private mutating func takeFile(_ pattern: Substring, _ accesses: ArraySlice<Substring>) -> String? {
    guard let (components, extent) = PathText.read(pattern) else { return "`\(pattern)` is not a pattern of paths" }
    guard let accesses = AccessText.read(accesses) else {
      return "expected `read`, `write`, `create`, `remove` or `nothing` after the pattern"
    }
    fileLines.append(.init(components, extent, accesses))
    return nil
  }

  private mutating func takePeer(_ peer: Substring, _ ports: ArraySlice<Substring>) -> String? {
    guard let ports = PortText.read(ports) else {
      return "expected ports such as `tcp 443 udp 53`, `any port` or `nothing` after `\(peer)`"
    }
    if let (address, length) = PrefixText.read(peer) {
      rest.connect = rest.connect.union(ConnectAuthority(address: address, prefixLength: length, ports))
    } else if let (components, extent) = HostText.read(peer) {
      hostLines.append(.init(components, extent, ports))
    } else {
      return "`\(peer)` is neither a host, such as `*.example.com`, nor a prefix, such as `10.0.0.0/8`"
    }
    return nil
  }

  private mutating func takeName(_ domain: GrantDomain, _ word: Substring) -> String? {
    guard let name = Quoting.unquoted(word) else { return "the quotes of \(word) are wrong" }
    func insert<Name: RawRepresentable & CaseIterable & SetMember>(
      _ set: inout FiniteSet<Name>
    ) -> String? where Name.RawValue == String {
      guard let member = Name(rawValue: name) else {
        return "expected one of \(Name.allCases.map(\.rawValue).joined(separator: ", ")), found \(word)"
      }
      set = set.union(FiniteSet([member]))
      return nil
    }
    switch domain {
    case .spawn: rest.process.programs = rest.process.programs.union(FiniteSet([name]))
    case .environment: rest.environment = rest.environment.union(FiniteSet([name]))
    case .threads:
      guard word == "yes" else { return "expected `yes`" }
      rest.process.threads = true
    case .use: return insert(&rest.devices)
    case .ipc: return insert(&rest.ipc)
    case .notify: return insert(&rest.notifications)
    case .background: return insert(&rest.background)
    case .serve: return insert(&rest.serves)
    case .files, .connect, .listen: return nil
    }
    return nil
  }

  /// The whole; throws when two lines set the same place.
  func finish() throws(PolicyFormatError) -> Authority {
    guard let files = ReducedTree(lines: fileLines) else {
      throw PolicyFormatError(problem: "two `files` lines are for the same place")
    }
    guard let hosts = ReducedTree(lines: hostLines) else {
      throw PolicyFormatError(problem: "two `connect` lines are for the same names")
    }
    var authority = rest
    authority.files = FileAuthority(tree: files)
    authority.connect.hosts = hosts
    return authority
  }
}
