// swift-tools-version: 6.2
import PackageDescription

// The modules, layer by layer from the lowest up. A module imports only modules of its own layer and of lower ones: an
// edge upward stops the evaluation of this file, and the build refuses an import that is not declared here
// (`--explicit-target-dependency-import-check error`). spec/architecture.md says what each is for.

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

/// The layers, each allowed to use itself and those before it. A folder of `Sources` holds one or more of them.
enum Layer: Int {
  /// System libraries, and what knows nothing of locara: files, processes, JSON, digests, YAML text, SQLite, HTTP.
  case support
  /// The values that everything else is about: policy, schema, plan, and the kernel's system calls.
  case values
  /// Pure translations between them, and what is kept on disk.
  case translations
  /// What starts an app and watches over it.
  case runner
  /// The sequences of steps that a command consists of.
  case useCases
  case programs
}

/// The layer of each module declared so far; targets are declared in the order of layers.
nonisolated(unsafe) var layers: [String: Layer] = [:]

/// Refuses a module that uses one of a higher layer, or one that is not declared before it.
func place(_ name: String, in layer: Layer, uses dependencies: [String]) {
  for dependency in dependencies {
    guard let other = layers[dependency] else {
      fatalError("Package.swift: \(name) uses \(dependency), which is not declared before it")
    }
    guard other.rawValue <= layer.rawValue else {
      fatalError("Package.swift: \(name) (\(layer)) uses \(dependency) of the higher layer \(other)")
    }
  }
  layers[name] = layer
}

extension Layer {
  /// The folder below `Sources`.
  func path(_ name: String, _ folder: String) -> String { "Sources/\(folder)/\(name)" }

  /// A module in Swift.
  func module(
    _ name: String, in folder: String, _ dependencies: [String] = [], resources: [Resource] = []
  ) -> Target {
    place(name, in: self, uses: dependencies)
    return .target(
      name: name, dependencies: dependencies.map { .byName(name: $0) }, path: path(name, folder), resources: resources,
      swiftSettings: strict)
  }

  /// A module in C. What runs where a C library is set up is checked at run time as well: bounds of what the library
  /// copies, and the stack. Both need optimization, in debugging builds too.
  func c(
    _ name: String, in folder: String,
    flags: [String] = [
      "-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-Wsign-conversion",
    ]
  ) -> Target {
    place(name, in: self, uses: [])
    return .target(
      name: name, path: path(name, folder),
      cSettings: [.unsafeFlags(warnings + flags)])
  }

  /// A library of the system.
  func library(_ name: String, pkgConfig: String? = nil, debian: String? = nil) -> Target {
    place(name, in: self, uses: [])
    return .systemLibrary(
      name: name, path: path(name, "Support"), pkgConfig: pkgConfig, providers: debian.map { [.apt([$0])] })
  }

  /// A program in Swift.
  func program(
    _ name: String, _ dependencies: [String], products: [Target.Dependency] = [], resources: [Resource] = [],
    linkerSettings: [LinkerSetting]
  ) -> Target {
    place(name, in: self, uses: dependencies)
    return .executableTarget(
      name: name, dependencies: dependencies.map { .byName(name: $0) } + products, path: path(name, "Programs"),
      resources: resources, swiftSettings: strict, linkerSettings: linkerSettings)
  }
}

/// For C.
let warnings = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]

func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: testing)
}

let support: [Target] = [
  Layer.support.library("CYAML", pkgConfig: "yaml-0.1", debian: "libyaml-dev"),
  Layer.support.library("CSQLite", pkgConfig: "sqlite3", debian: "libsqlite3-dev"),
  Layer.support.library("CSeccomp", pkgConfig: "libseccomp", debian: "libseccomp-dev"),
  Layer.support.library("CCrypto", pkgConfig: "libcrypto", debian: "libssl-dev"),
  Layer.support.library("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
  // What Swift's view of the C library lacks: the columns of a character.
  Layer.support.library("CTerminal"),
  Layer.support.c("CSystemIO", in: "Support"),
  // libcurl is loaded when the network is first used (spec/decisions/libcurl.md): its header only, no library.
  Layer.support.c("CCurl", in: "Support"),
  Layer.support.module("CanonicalJSON", in: "Support"),
  Layer.support.module("Diagnostics", in: "Support"),
  Layer.support.module("Digests", in: "Support", ["CCrypto"]),
  Layer.support.module("SystemIO", in: "Support", ["CSystemIO", "Digests"]),
  Layer.support.module("Transfer", in: "Support", ["CCurl", "SystemIO"]),
  Layer.support.module("SQLite", in: "Support", ["CSQLite"]),
  Layer.support.module("Text", in: "Support", ["Diagnostics", "CanonicalJSON", "CYAML"]),
]

let values: [Target] = [
  Layer.values.module("Structures", in: "PolicyIR"),
  Layer.values.module("Schemas", in: "PolicyIR", ["Structures", "CanonicalJSON", "Digests"]),
  Layer.values.module("PolicyIR", in: "PolicyIR", ["Structures", "Schemas", "CanonicalJSON", "Digests"]),
  Layer.values.module("SandboxPlan", in: "PolicyIR", ["CanonicalJSON", "Digests"]),
  Layer.values.module("SystemCalls", in: "PolicyIR", ["SandboxPlan"]),
]

let translations: [Target] = [
  Layer.translations.module("OCI", in: "Backends", ["CanonicalJSON", "Digests"]),
  Layer.translations.module(
    "Manifest", in: "Compiler",
    ["Text", "Schemas", "PolicyIR", "Diagnostics", "CanonicalJSON"],
    resources: [.embedInCode("Texts/public-suffixes.txt")]),
  Layer.translations.module("SQLiteSchema", in: "Backends", ["Schemas", "SQLite"]),
  Layer.translations.module(
    "Lowering", in: "Compiler",
    [
      "Text", "Manifest", "Structures", "Schemas", "PolicyIR", "SQLiteSchema", "SQLite", "Diagnostics",
      "Digests",
    ]),
  Layer.translations.module(
    "Seccomp", in: "Backends",
    ["SandboxPlan", "SystemCalls", "Diagnostics", "CanonicalJSON", "SystemIO"]),
  Layer.translations.module(
    "KernelPlan", in: "Backends",
    [
      "Structures", "Schemas", "PolicyIR", "SandboxPlan", "Seccomp", "CanonicalJSON",
      "Digests", "SystemIO",
    ]),
  Layer.translations.module(
    "Migrations", in: "Backends",
    ["Schemas", "SQLiteSchema", "SQLite", "PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
  Layer.translations.module(
    "Exports", in: "Backends",
    [
      "SandboxPlan", "Seccomp", "CanonicalJSON", "SystemIO",
    ]),
  Layer.translations.module("Signing", in: "Backends", ["CanonicalJSON", "Digests", "SystemIO", "CCrypto"]),
  Layer.translations.module(
    "BundleFormat", in: "Backends",
    [
      "SandboxPlan", "Signing", "OCI", "CanonicalJSON", "Digests", "SystemIO",
    ]),
  Layer.translations.module(
    "BundleStore", in: "Backends",
    ["BundleFormat", "SandboxPlan", "OCI", "Digests", "SystemIO"]),
  Layer.translations.module(
    "Trust", in: "Backends", ["Text", "Signing", "BundleFormat", "Diagnostics", "CanonicalJSON", "Digests", "SystemIO"]),
  Layer.translations.module(
    "Images", in: "Backends", ["CZlib", "CSystemIO", "OCI", "CanonicalJSON", "Digests", "SystemIO"]),
  Layer.translations.module(
    "Distribution", in: "Backends", ["Transfer", "OCI", "CanonicalJSON", "Digests", "SystemIO"]),
  Layer.translations.module(
    "ModelStore", in: "Backends", ["PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
  Layer.translations.module(
    "ModelSources", in: "Backends",
    ["Distribution", "ModelStore", "OCI", "Transfer", "PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
  Layer.translations.module(
    "Reports", in: "Compiler", ["PolicyIR", "Diagnostics", "CanonicalJSON", "CTerminal"]),
]

let runner: [Target] = [
  // Optimized in debugging builds too: only then does the compiler put no call of the C library where there is none
  // (Sources/Runner/CSandbox/raw.h).
  Layer.runner.c("CSandbox", in: "Runner", flags: ["-O2", "-fno-builtin", "-fno-stack-protector"]),
  Layer.runner.c("CEgress", in: "Runner"),
  Layer.runner.module("Egress", in: "Runner", ["SandboxPlan", "CanonicalJSON", "SystemIO", "CEgress"]),
  Layer.runner.module(
    "Consent", in: "Runner",
    ["PolicyIR", "SandboxPlan", "CanonicalJSON", "Digests", "SystemIO"]),
  Layer.runner.module(
    "Runner", in: "Runner",
    [
      "Egress", "Consent", "PolicyIR", "SandboxPlan", "SystemCalls", "BundleFormat",
      "BundleStore", "ModelStore", "CanonicalJSON", "Digests", "SystemIO", "CSandbox",
    ]),
]

let useCases: [Target] = [
  Layer.useCases.module(
    "Builder", in: "Compiler",
    [
      "Text", "Manifest", "Lowering", "Seccomp", "KernelPlan", "Migrations", "Exports", "BundleFormat", "BundleStore",
      "Signing", "Images", "ModelStore", "ModelSources", "Runner", "Structures", "Schemas", "PolicyIR",
      "SandboxPlan", "Diagnostics", "CanonicalJSON", "Digests", "SystemIO", "Transfer", "CCrypto",
    ]),
  Layer.useCases.module(
    "Review", in: "Compiler",
    [
      "Text", "Manifest", "Lowering", "KernelPlan", "Migrations", "Consent", "Runner", "SandboxPlan",
      "Reports", "BundleFormat", "BundleStore", "ModelStore", "Structures", "Schemas", "PolicyIR",
      "Diagnostics", "CanonicalJSON", "Digests", "SystemIO",
    ]),
  Layer.useCases.module(
    "Publishing", in: "Compiler",
    [
      "BundleFormat", "Signing", "Distribution", "ModelStore", "ModelSources", "PolicyIR",
      "OCI", "Transfer", "CanonicalJSON", "Digests", "SystemIO",
    ]),
  Layer.useCases.module(
    "LanguageServer", in: "Compiler",
    ["Text", "Manifest", "PolicyIR", "Diagnostics", "CanonicalJSON", "SystemIO"]),
]

let programs: [Target] = [
  // The command line.
  Layer.programs.program(
    "locara-compiler",
    [
      "LanguageServer", "Builder", "ModelSources", "Review", "Trust", "Publishing", "Distribution", "OCI", "Reports",
      "Text", "Manifest", "Lowering", "Seccomp", "Migrations", "Exports", "BundleFormat", "BundleStore",
      "Signing", "ModelStore", "Runner", "Consent", "Schemas", "PolicyIR", "SandboxPlan", "SystemCalls",
      "Diagnostics", "CanonicalJSON", "Digests", "SystemIO",
    ],
    products: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
    // `locara explain CODE` reads the page that everyone reads.
    resources: [.embedInCode("Manifest/diagnostics.md")],
    // The runner mounts this program into sandboxes, where no Swift toolchain is: `locara db apply`.
    linkerSettings: [
      .unsafeFlags(["-static-stdlib", "-Xlinker", "-z", "-Xlinker", "now"]),
      // What the static FoundationEssentials of the argument parser needs, in a build without --static-swift-stdlib.
      .linkedLibrary("_FoundationCollections"), .linkedLibrary("_FoundationCShims"),
      .linkedLibrary("swiftSynchronization"),
    ]),
  // Mounted into sandboxes, where no library need be: fully static C. The driver links it as it links Swift, so it is
  // told to leave out what starts a Swift program.
  .executableTarget(
    name: "locara-tool", dependencies: ["CSandbox"], path: "Sources/Programs/locara-tool",
    cSettings: [
      .headerSearchPath("../../Runner/CSandbox"), .unsafeFlags(warnings),
    ],
    linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
  // Fully static, so that it starts in well under a millisecond (spec/decisions/launcher.md).
  Layer.programs.program(
    "locara", ["Runner", "Egress", "SystemIO"],
    // It begins where an app that was started before is started again (Sources/Runner/CSandbox/start.c).
    linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-e", "-Xlinker", "locara_entry"])]),
]

let suites: [Target] = [
  // Tests. `TestSupport` holds what more than one suite needs: golden files, generators, temporary directories.
  .target(name: "TestSupport", dependencies: [], path: "Tests/TestSupport", swiftSettings: testing),
  // The laws of comparisons, for policies that are generated and for those of mutated manifests.
  .target(
    name: "PolicyLaws", dependencies: ["PolicyIR"], path: "Tests/PolicyLaws",
    swiftSettings: testing),
  .target(
    name: "SeccompTrials",
    dependencies: [
      "Seccomp", "SandboxPlan", "SystemCalls", "CSeccomp", "TestSupport",
    ],
    path: "Tests/SeccompTrials", swiftSettings: testing),
  .executableTarget(
    name: "seccomp-benchmark",
    dependencies: [
      "Seccomp", "SandboxPlan", "SystemCalls", "SystemIO", "CSeccomp",
      "SeccompTrials", "TestSupport",
    ],
    path: "benchmarks/seccomp", exclude: ["run", "trace.txt"], swiftSettings: testing),
  tests(of: "CanonicalJSON", ["CanonicalJSON"]),
  tests(of: "Diagnostics", ["Diagnostics", "Reports"]),
  tests(of: "SystemIO", ["SystemIO", "Digests"]),
  tests(of: "Transfer", ["Transfer", "Digests", "SystemIO"]),
  tests(of: "Egress", ["Egress", "SandboxPlan", "PolicyIR"]),
  tests(of: "SQLite", ["SQLite"]),
  tests(of: "PolicyIR", ["Structures", "Schemas", "PolicyIR", "PolicyLaws", "CanonicalJSON", "Digests"]),
  tests(
    of: "Review",
    [
      "Review", "Builder", "Runner", "Consent", "PolicyLaws", "Reports",
      "BundleFormat", "Structures", "Schemas", "PolicyIR", "CanonicalJSON",
      "Digests", "SystemIO",
    ]),
  tests(
    of: "Compiler",
    [
      "Text", "Manifest", "Lowering", "Schemas", "PolicyIR", "Diagnostics", "Digests", "Reports",
      "CanonicalJSON", "SQLite",
    ]),
  tests(
    of: "Backends",
    [
      "KernelPlan", "Seccomp", "Migrations", "Exports", "Lowering", "Diagnostics", "Structures",
      "Schemas", "PolicyIR", "SandboxPlan", "SystemCalls", "CanonicalJSON", "SystemIO", "SQLite",
      "SQLiteSchema", "CSeccomp", "SeccompTrials",
    ]),
  tests(
    of: "BundleFormat",
    [
      "BundleFormat", "BundleStore", "Signing", "SandboxPlan", "CanonicalJSON",
      "Digests", "SystemIO",
    ]),
  tests(of: "Images", ["Images", "CanonicalJSON", "Digests", "SystemIO"]),
  tests(of: "Distribution", ["Distribution", "SystemIO"]),
  tests(of: "Trust", ["Trust", "BundleFormat", "Signing", "CanonicalJSON", "Digests", "SystemIO"]),
  tests(of: "ModelStore", ["ModelStore", "PolicyIR", "CanonicalJSON", "Digests", "SystemIO"]),
  tests(
    of: "ModelSources",
    [
      "ModelSources", "ModelStore", "Distribution", "Transfer", "PolicyIR",
      "Digests", "SystemIO",
    ]),
  tests(
    of: "Runner",
    [
      "Runner", "Seccomp", "SandboxPlan", "SystemCalls",
      "CanonicalJSON", "Digests", "SystemIO", "CSandbox",
    ]),
  tests(
    of: "EndToEnd",
    [
      "CanonicalJSON", "BundleFormat", "BundleStore", "Digests",
      "SystemIO",
    ]),
]

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
  targets: support + values + translations + runner + useCases + programs + suites
)
