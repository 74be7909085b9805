// swift-tools-version: 6.2
import PackageDescription

// The rooms, from the ground floor up. A room imports only rooms on lower floors; the build enforces it, since a
// target sees only the modules that it lists here (`--explicit-target-dependency-import-check error`).

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// Tests see the same language, but macros expand to code that strict memory safety would warn about.
let testing: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: testing)
}

func systemLibrary(_ name: String, pkgConfig: String, debian: String) -> Target {
  .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([debian])])
}

let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "locara",
  products: [
    .executable(name: "locara", targets: ["locara"]),
    .executable(name: "locara-compiler", targets: ["locara-compiler"]),
    .executable(name: "locara-tool", targets: ["locara-tool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // Ground: system libraries, and what knows nothing of locara.
    systemLibrary("CYAML", pkgConfig: "yaml-0.1", debian: "libyaml-dev"),
    systemLibrary("CSQLite", pkgConfig: "sqlite3", debian: "libsqlite3-dev"),
    systemLibrary("CSeccomp", pkgConfig: "libseccomp", debian: "libseccomp-dev"),
    systemLibrary("CCrypto", pkgConfig: "libcrypto", debian: "libssl-dev"),
    systemLibrary("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
    // What Swift's view of the C library lacks: the columns of a character.
    .systemLibrary(name: "CTerminal", path: "Sources/CTerminal"),
    // Optimized in debugging builds too: only then does the compiler put no call of the C library where there is none
    // (Sources/CSandbox/raw.h).
    .target(
      name: "CSandbox",
      cSettings: [
        .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-O2", "-fno-builtin", "-fno-stack-protector"])
      ]),
    room("CanonicalJSON"),
    room("Diagnostics"),
    .target(name: "CSystemIO", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    room("SystemIO", ["CSystemIO", "Digests"]),
    // libcurl is loaded when the network is first used (spec/decisions/libcurl.md): its header only, no library.
    .target(name: "CCurl", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    room("Transfer", ["CCurl", "SystemIO"]),
    .target(name: "CEgress", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    room("Digests", ["CCrypto"]),
    room("SQLite", ["CSQLite"]),
    // Floor 1: values.
    room("PolicyIR", ["CanonicalJSON", "Digests"]),
    room("SandboxPlan", ["CanonicalJSON", "Digests"]),
    // What the OCI image specification says of content.
    room("OCI", ["CanonicalJSON", "Digests"]),
    // The table of the kernel's calls, for the room that filters them and the one that explains denials.
    room("SystemCalls", ["SandboxPlan"]),
    // The schema value and SQLite, for the two rooms that need both.
    room("SQLiteSchema", ["PolicyIR", "SQLite"]),
    // Floor 2: pure translations, and what is on disk.
    room(
      "Compiler", ["PolicyIR", "Diagnostics", "CanonicalJSON", "Digests", "SQLite", "SQLiteSchema", "CYAML"],
      resources: [.embedInCode("Manifest/Texts/public-suffixes.txt")]),
    room(
      "Backends",
      [
        "PolicyIR", "SandboxPlan", "SystemCalls", "Diagnostics", "CanonicalJSON", "Digests", "SystemIO", "SQLite",
        "SQLiteSchema",
      ]),
    room("BundleFormat", ["PolicyIR", "SandboxPlan", "OCI", "CanonicalJSON", "Digests", "SystemIO", "CCrypto"]),
    room("Images", ["CZlib", "CSystemIO", "CanonicalJSON", "Digests", "SystemIO"]),
    room("Distribution", ["Transfer", "OCI", "CanonicalJSON", "Digests", "SystemIO"]),
    room("ModelStore", ["PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
    room("Reports", ["PolicyIR", "Diagnostics", "CanonicalJSON", "CTerminal"]),
    // The broker through which an app reaches the hosts that it may reach.
    room("Egress", ["SandboxPlan", "CanonicalJSON", "SystemIO", "CEgress"]),
    // Floor 3: the kernel.
    room(
      "Runner",
      [
        "Egress", "PolicyIR", "SandboxPlan", "SystemCalls", "BundleFormat", "ModelStore", "CanonicalJSON", "Digests",
        "SystemIO",
        "CSandbox",
      ]),
    room(
      "ModelSources",
      ["Distribution", "ModelStore", "OCI", "Transfer", "PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
    // Floor 4: the one place that knows the sequence of the stages.
    room(
      "Builder",
      [
        "Compiler", "Backends", "BundleFormat", "Images", "ModelStore", "ModelSources", "Runner", "PolicyIR",
        "SandboxPlan", "Diagnostics", "CanonicalJSON", "Digests", "SystemIO", "SQLite", "Transfer", "CCrypto",
      ]),
    // With `Backends`, since what a change of a schema does to data is what the planner of migrations does, and since an
    // update that waits for its rights runs with a plan of less; with `Runner`, which keeps what was agreed to.
    room(
      "Review",
      [
        "Compiler", "Backends", "Runner", "SandboxPlan", "Reports", "BundleFormat", "ModelStore", "PolicyIR",
        "Diagnostics", "CanonicalJSON",
        "Digests",
        "SystemIO",
      ]),
    room(
      "Trust", ["Compiler", "BundleFormat", "Diagnostics", "CanonicalJSON", "Digests", "SystemIO"]),
    room(
      "Publishing",
      [
        "BundleFormat", "Distribution", "ModelStore", "ModelSources", "PolicyIR", "OCI", "Transfer", "CanonicalJSON",
        "Digests", "SystemIO",
      ]),
    // An editor's view of manifests; what they compile to it is told.
    room("LanguageServer", ["Compiler", "PolicyIR", "Diagnostics", "CanonicalJSON", "SystemIO"]),
    // Floor 5: the command line.
    .executableTarget(
      name: "locara-compiler",
      dependencies: [
        "LanguageServer", "Builder", "ModelSources", "Review", "Trust", "Publishing", "Distribution", "OCI", "Reports",
        "Compiler",
        "Backends", "BundleFormat", "ModelStore", "Runner", "PolicyIR",
        "SandboxPlan", "SystemCalls", "Diagnostics", "CanonicalJSON", "Digests", "SystemIO", "SQLite", arguments,
      ],
      // `locara explain CODE` reads the page that everybody reads.
      resources: [.embedInCode("Manifest/diagnostics.md")],
      swiftSettings: strict,
      // The runner mounts this program into sandboxes, where no Swift toolchain is: `locara db apply`.
      linkerSettings: [
        .unsafeFlags(["-static-stdlib"]),
        // What the static FoundationEssentials of the argument parser needs, in a build without --static-swift-stdlib.
        .linkedLibrary("_FoundationCollections"), .linkedLibrary("_FoundationCShims"),
        .linkedLibrary("swiftSynchronization"),
      ]),
    // Mounted into sandboxes, where no library need be: fully static C. The driver links it as it links Swift, so it is
    // told to leave out what starts a Swift program.
    .executableTarget(
      name: "locara-tool", dependencies: ["CSandbox"],
      cSettings: [
        .headerSearchPath("../CSandbox"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"]),
      ],
      linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
    // Fully static, so that it starts in well under a millisecond (spec/decisions/launcher.md).
    .executableTarget(
      name: "locara",
      dependencies: ["Runner", "Egress", "SystemIO"],
      swiftSettings: strict,
      // It begins where an app that was started before is started again (Sources/CSandbox/start.c).
      linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-e", "-Xlinker", "locara_entry"])]),

    // Tests. `TestSupport` holds what more than one suite needs: golden files, generators, temporary directories.
    .target(name: "TestSupport", dependencies: [], path: "Tests/TestSupport", swiftSettings: testing),
    // The laws of comparisons, for policies that are generated and for those of mutated manifests.
    .target(name: "PolicyLaws", dependencies: ["PolicyIR"], path: "Tests/PolicyLaws", swiftSettings: testing),
    .target(
      name: "SeccompTrials", dependencies: ["Backends", "SandboxPlan", "SystemCalls", "CSeccomp", "TestSupport"],
      path: "Tests/SeccompTrials", swiftSettings: testing),
    .executableTarget(
      name: "seccomp-benchmark",
      dependencies: ["Backends", "SandboxPlan", "SystemCalls", "SystemIO", "CSeccomp", "SeccompTrials", "TestSupport"],
      path: "benchmarks/seccomp", exclude: ["run", "trace.txt"], swiftSettings: testing),
    tests(of: "CanonicalJSON", ["CanonicalJSON"]),
    tests(of: "Diagnostics", ["Diagnostics", "Reports"]),
    tests(of: "SystemIO", ["SystemIO", "Digests"]),
    tests(of: "Transfer", ["Transfer", "Digests", "SystemIO"]),
    tests(of: "Egress", ["Egress", "SandboxPlan", "PolicyIR"]),
    tests(of: "SQLite", ["SQLite"]),
    tests(of: "PolicyIR", ["PolicyIR", "PolicyLaws", "CanonicalJSON", "Digests"]),
    tests(
      of: "Review",
      [
        "Review", "Builder", "Runner", "PolicyLaws", "Compiler", "ModelStore", "Reports", "BundleFormat", "PolicyIR",
        "Diagnostics",
        "CanonicalJSON", "Digests",
        "SystemIO",
      ]),
    tests(of: "Compiler", ["Compiler", "PolicyIR", "Diagnostics", "Digests", "Reports", "CanonicalJSON", "SQLite"]),
    tests(
      of: "Backends",
      [
        "Backends", "Compiler", "Diagnostics", "PolicyIR", "SandboxPlan", "SystemCalls", "CanonicalJSON", "Digests",
        "SystemIO", "SQLite", "SQLiteSchema", "CSeccomp", "CSandbox", "SeccompTrials",
      ]),
    tests(of: "BundleFormat", ["BundleFormat", "PolicyIR", "SandboxPlan", "CanonicalJSON", "Digests", "SystemIO"]),
    tests(of: "Images", ["Images", "CanonicalJSON", "Digests", "SystemIO"]),
    tests(of: "Distribution", ["Distribution", "Transfer", "CanonicalJSON", "Digests", "SystemIO"]),
    tests(of: "Trust", ["Trust", "BundleFormat", "CanonicalJSON", "Digests", "SystemIO"]),
    tests(of: "ModelStore", ["ModelStore", "PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
    tests(
      of: "ModelSources",
      ["ModelSources", "ModelStore", "Distribution", "Transfer", "PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
    tests(
      of: "Runner",
      [
        "Runner", "Backends", "SandboxPlan", "SystemCalls", "CanonicalJSON", "BundleFormat", "Digests", "SystemIO",
        "CSandbox",
      ]),
    tests(of: "EndToEnd", ["PolicyIR", "CanonicalJSON", "BundleFormat", "Digests", "SystemIO"]),
  ]
)
