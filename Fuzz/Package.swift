// swift-tools-version: 6.2
import PackageDescription

// Fuzz harnesses for the readers of what others wrote, for libFuzzer. A package of its own, so that no ordinary build pays
// for it; `make fuzzer READER=NAME` builds and runs one. The sources are those of the project, by symbolic links: packages
// show each other products only, and the modules are not products.

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Modules/\(name)", resources: resources,
    swiftSettings: [
      .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
    ])
}

func harness(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: [.swiftLanguageMode(.v6)])
}

let package = Package(
  name: "fuzz",
  targets: [
    .systemLibrary(name: "CCrypto", path: "Modules/CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CZlib", path: "Modules/CZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CYAML", path: "Modules/CYAML", pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "CSQLite", path: "Modules/CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CTerminal", path: "Modules/CTerminal"),
    .target(name: "CSystemIO", path: "Modules/CSystemIO"),
    .target(name: "CEgress", path: "Modules/CEgress"),
    module("CanonicalJSON"),
    module("Diagnostics"),
    module("Digests", ["CCrypto"]),
    module("SystemIO", ["CSystemIO", "Digests"]),
    module("SQLite", ["CSQLite"]),
    module("Text", ["Diagnostics", "CanonicalJSON", "CYAML"]),
    module("Structures"),
    module("Schemas", ["Structures", "CanonicalJSON", "Digests"]),
    module("PolicyIR", ["Structures", "Schemas", "CanonicalJSON", "Digests"]),
    module("SandboxPlan", ["CanonicalJSON", "Digests"]),
    module("OCI", ["CanonicalJSON", "Digests"]),
    module("SQLiteSchema", ["Schemas", "SQLite"]),
    module(
      "Manifest", ["Text", "Schemas", "PolicyIR", "Diagnostics", "CanonicalJSON"],
      resources: [.embedInCode("Texts/public-suffixes.txt")]),
    module(
      "Lowering",
      ["Text", "Manifest", "Structures", "Schemas", "PolicyIR", "SQLiteSchema", "SQLite", "Diagnostics", "Digests"]),
    module("Signing", ["CanonicalJSON", "Digests", "SystemIO", "CCrypto"]),
    module("BundleFormat", ["SandboxPlan", "Signing", "OCI", "CanonicalJSON", "Digests", "SystemIO"]),
    module("BundleStore", ["BundleFormat", "SandboxPlan", "OCI", "Digests", "SystemIO"]),
    module("Images", ["CZlib", "CSystemIO", "OCI", "CanonicalJSON", "Digests", "SystemIO"]),
    module("ModelStore", ["PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
    module("Reports", ["PolicyIR", "Diagnostics", "CanonicalJSON", "CTerminal"]),
    module("Egress", ["SandboxPlan", "CanonicalJSON", "SystemIO", "CEgress"]),
    harness("FuzzArchive", ["BundleFormat", "Images", "Digests", "SystemIO"]),
    harness("FuzzEgress", ["Egress", "CanonicalJSON"]),
    harness("FuzzHeader", ["ModelStore", "PolicyIR", "SystemIO"]),
    harness("FuzzJSON", ["CanonicalJSON"]),
    harness("FuzzManifest", ["Lowering", "Diagnostics", "Reports", "Text"]),
    harness("FuzzPlan", ["SandboxPlan", "CanonicalJSON"]),
    harness("FuzzStore", ["BundleStore"]),
  ])
