// swift-tools-version: 6.2
import PackageDescription

// Fuzz harnesses for the readers of what others wrote, for libFuzzer. A package of its own, so that no ordinary build pays
// for it; `make fuzzer READER=archive|header|json|manifest` builds and runs one. The sources are those of the project, by symbolic
// links: packages show each other products only, and the rooms are none.

func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Rooms/\(name)", resources: resources,
    swiftSettings: [
      .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
    ])
}

let package = Package(
  name: "fuzz",
  targets: [
    .systemLibrary(name: "CCrypto", path: "Rooms/CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CZlib", path: "Rooms/CZlib", pkgConfig: "zlib"),
    .target(name: "CSystemIO", path: "Rooms/CSystemIO"),
    room("CanonicalJSON"),
    room("SystemIO", ["CSystemIO", "Digests"]),
    room("Digests", ["CCrypto"]),
    room("SandboxPlan", ["CanonicalJSON", "Digests"]),
    room("PolicyIR", ["CanonicalJSON", "Digests"]),
    room("OCI", ["CanonicalJSON", "Digests"]),
    room("BundleFormat", ["PolicyIR", "SandboxPlan", "OCI", "CanonicalJSON", "Digests", "SystemIO", "CCrypto"]),
    room("Images", ["CZlib", "CSystemIO", "CanonicalJSON", "Digests", "SystemIO"]),
    .executableTarget(name: "FuzzJSON", dependencies: ["CanonicalJSON"], swiftSettings: [.swiftLanguageMode(.v6)]),
    .executableTarget(
      name: "FuzzArchive", dependencies: ["BundleFormat", "Images", "Digests", "SystemIO"],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    .systemLibrary(name: "CYAML", path: "Rooms/CYAML", pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "CSQLite", path: "Rooms/CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CTerminal", path: "Rooms/CTerminal"),
    room("Diagnostics"),
    room("SQLite", ["CSQLite"]),
    room("SQLiteSchema", ["PolicyIR", "SQLite"]),
    room(
      "Compiler", ["PolicyIR", "Diagnostics", "CanonicalJSON", "Digests", "SQLite", "SQLiteSchema", "CYAML"],
      resources: [.embedInCode("Manifest/Texts/public-suffixes.txt")]),
    room("Reports", ["PolicyIR", "Diagnostics", "CanonicalJSON", "CTerminal"]),
    .executableTarget(
      name: "FuzzManifest", dependencies: ["Compiler", "Diagnostics", "Reports"],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    room("ModelStore", ["PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
    .executableTarget(
      name: "FuzzHeader", dependencies: ["ModelStore", "SystemIO"], swiftSettings: [.swiftLanguageMode(.v6)]),
  ])
