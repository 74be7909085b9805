// swift-tools-version: 6.2
import PackageDescription

// Fuzz harnesses for the readers of what others wrote, for libFuzzer. A package of its own, so that no ordinary build pays
// for it; `make fuzz-manifest` builds and runs one. The sources are those of the project, by symbolic links: packages
// show each other products only, and the rooms are none.

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Rooms/\(name)",
    swiftSettings: [
      .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
    ])
}

let package = Package(
  name: "fuzz",
  targets: [
    .systemLibrary(name: "CCrypto", path: "Rooms/CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CYAML", path: "Rooms/CYAML", pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "CSQLite", path: "Rooms/CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CTerminal", path: "Rooms/CTerminal"),
    room("CanonicalJSON"),
    room("Diagnostics"),
    room("Digests", ["CCrypto"]),
    room("SQLite", ["CSQLite"]),
    room("PolicyIR", ["CanonicalJSON", "Digests"]),
    room("SQLiteSchema", ["PolicyIR", "SQLite"]),
    room("Compiler", ["PolicyIR", "Diagnostics", "CanonicalJSON", "Digests", "SQLite", "SQLiteSchema", "CYAML"]),
    room("Reports", ["PolicyIR", "Diagnostics", "CanonicalJSON", "CTerminal"]),
    .executableTarget(
      name: "FuzzManifest", dependencies: ["Compiler", "Diagnostics", "Reports"],
      swiftSettings: [.swiftLanguageMode(.v6)]),
  ])
