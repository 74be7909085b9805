package import Structures

/// One way to use a file or a directory.
package enum FileAccess: String, Hashable, Sendable, CaseIterable, Comparable {
  /// The content of a file, the names in a directory.
  case read
  /// The content of a file that exists, and its length.
  case write
  /// A new file, directory or link at a path; the target of a rename.
  case create
  /// What is at a path; the source of a rename.
  case remove

  package static func < (left: FileAccess, right: FileAccess) -> Bool { left.order < right.order }
  private var order: Int { FileAccess.allCases.firstIndex(of: self) ?? 0 }
}

/// A set of file accesses.
package struct FileAccessSet: OptionSet, PointwiseValue {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue & 0b1111 }

  package static let read = FileAccessSet(.read)
  package static let write = FileAccessSet(.write)
  package static let create = FileAccessSet(.create)
  package static let remove = FileAccessSet(.remove)
  package static let readWrite: FileAccessSet = [.read, .write, .create, .remove]
  package static var nothing: FileAccessSet { [] }

  package init(_ access: FileAccess) {
    switch access {
    case .read: self.init(rawValue: 1)
    case .write: self.init(rawValue: 2)
    case .create: self.init(rawValue: 4)
    case .remove: self.init(rawValue: 8)
    }
  }

  package var accesses: [FileAccess] { FileAccess.allCases.filter { contains(FileAccessSet($0)) } }
}

/// A place in the policy's file tree: components below a named root, normalized, case kept.
///
/// The first component is the root: `app` (the payload), `app-data`, `models`, `user-selected`, `documents`,
/// `downloads`, `pictures`, `music`, `videos`, `desktop`, `home` (the user's home directory) or `host` (the machine's `/`).
package struct PolicyPath: Hashable, Sendable, Comparable {
  package var components: [String]
  package init(_ components: [String]) { self.components = components }

  package static func < (left: PolicyPath, right: PolicyPath) -> Bool {
    left.components.lexicographicallyPrecedes(right.components) {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }
}

/// Which files an app may read, write, create and remove.
package struct FileAuthority: AuthorityDomain {
  package struct Operation: Hashable, Sendable {
    package var access: FileAccess
    package var path: PolicyPath

    package init(_ access: FileAccess, _ path: PolicyPath) {
      self.access = access
      self.path = path
    }
  }

  package var tree: ReducedTree<FileAccessSet>

  package init(tree: ReducedTree<FileAccessSet>) { self.tree = tree }

  /// The grant of `accesses` wherever a pattern matches.
  package init(_ pattern: FilePattern, _ accesses: FileAccessSet) {
    tree = ReducedTree(pattern.components, pattern.extent, accesses)
  }

  /// Adds the grant of `accesses` wherever a pattern matches.
  package mutating func grant(_ accesses: FileAccessSet, to pattern: FilePattern) {
    tree.formUnion(pattern.components[...], pattern.extent, accesses)
  }

  /// The tree as grants that only add; asked here, where the tree's code is made for files.
  package var treeGrants: [ReducedTree<FileAccessSet>.Grant] { tree.grants }

  /// What each root has; nil when something is granted that is not below a named root.
  package var roots: [(name: String, tree: ReducedTree<FileAccessSet>)]? {
    guard tree.here == .nothing, tree.other == .nothing else { return nil }
    return tree.exceptions.entries.map { ($0.label.text, $0.value) }
  }

  /// Whether nothing is granted at a place itself, nor wherever no name is written.
  package static func isNamed(_ tree: ReducedTree<FileAccessSet>) -> Bool {
    tree.here == .nothing && tree.other == .nothing
  }

  package static var nothing: FileAuthority { FileAuthority(tree: .nothing) }
  package func permits(_ operation: Operation) -> Bool {
    tree.value(at: operation.path.components).contains(FileAccessSet(operation.access))
  }
  package func union(_ other: FileAuthority) -> FileAuthority { FileAuthority(tree: tree.union(other.tree)) }
  package func subtracting(_ other: FileAuthority) -> FileAuthority {
    FileAuthority(tree: tree.subtracting(other.tree))
  }
  package var witness: Operation? {
    guard let found = tree.firstNonEmpty, let access = found.value.accesses.first else { return nil }
    return Operation(access, PolicyPath(found.labels))
  }
}

/// A set of paths that a grant can name: literal components, `*` for exactly one, and `**` last for a directory with
/// everything below it. Nothing else can be enforced by a mount or by Landlock, so nothing else can be written.
package struct FilePattern: Hashable, Sendable {
  /// The first is the root.
  package var components: [PatternComponent]
  /// `.exactly` or `.atAndBelow`.
  package var extent: PatternExtent

  package init(_ components: [PatternComponent], _ extent: PatternExtent) {
    self.components = components
    self.extent = extent
  }

  /// A directory of the policy's tree with everything below it.
  package static func everything(below path: String...) -> FilePattern {
    FilePattern(path.map { .literal($0) }, .atAndBelow)
  }
}
