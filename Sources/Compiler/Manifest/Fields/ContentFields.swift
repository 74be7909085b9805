/// The keys below `models`, `tools`, `entry`, `limits`, `build`, `profiles` and `tests`.
enum ContentFields {
  static let model: [Field] = [
    Field("id", .text(.identifier), "The model's name in the app, and its directory in the sandbox.", required: true),
    Field("role", .choice(Modality.choices), "The modality that it serves.", required: true),
    Field("source", .text(.modelSource), "Where its files come from.", required: true),
    Field("files", .list(.text(.bundlePath), 1...256), "Which files of the source are needed.", required: true),
    Field(
      "load",
      .choice([Choice("lazy", "when the app opens it"), Choice("eager", "before the app starts")]),
      "When its bytes are read.", default: "lazy"),
    Field("license", .text(.license), "The model's license as an SPDX expression.", effect: .descriptive),
  ]

  static let tool: [Field] = [
    Field("name", .text(.identifier), "The tool's name, unique in the app.", required: true),
    Field("command", command, "The program and its arguments.", required: true),
    Field(
      "capabilities", .record(CapabilityFields.all), "What the tool may do; the app's rights must cover it."),
    Field("limits", .record(limits), "Tighter limits for the tool."),
  ]

  private static let command = Shape.list(.text(.word), 1...256)

  static let entry: [Field] = [
    Field(
      "command", command, "The program and its arguments; a path in the bundle or a name of the runtime.",
      required: true),
    Field("cwd", .text(.bundlePath), "The directory of the bundle in which it starts; its root when absent."),
    Field(
      "stdio",
      .choice([Choice("inherit", "the streams of the caller"), Choice("none", "none: /dev/null in place of all three")]
      ),
      "The program's standard streams.", default: "inherit"),
  ]

  static let limits: [Field] = [
    Field("memory", .text(.size), "Memory.", default: "4GiB"),
    Field("cpu", .scalar(.processors), "Processors."),
    Field("processes", .integer(1...65536), "Processes and threads at once.", default: "64"),
    Field("open-files", .integer(8...1_048_576), "Descriptors open at once in one process.", default: "1024"),
    Field("file-size", .text(.size), "Bytes of one file.", default: "4GiB"),
    Field("wall-time", .text(.duration), "Time from start to end.", default: "none"),
  ]

  static let build: [Field] = [
    Field("sources", .list(.text(.bundleGlob), 1...256), "Files that the steps see; those of `files` when absent."),
    Field(
      "inputs",
      .list(
        .record([
          Field("url", .text(.inputAddress), "Where it is fetched before the build.", required: true),
          Field("sha256", .text(.hash), "Its hash.", required: true),
          Field("path", .text(.bundlePath), "Where the steps find it; the last component of the URL when absent."),
        ]), 0...256), "Files that are fetched before the build, by hash."),
    Field(
      "steps",
      .list(
        .record([
          Field("run", command, "The program and its arguments.", required: true),
          Field(
            "outputs", .list(.text(.bundlePath), 1...256),
            "Files that the step makes, or directories with everything in them.", required: true),
        ]), 1...64), "Commands, in order, without a network.", required: true),
  ]

  static let profile: [Field] = [
    Field("min_ram_gb", .integer(1...4096), "Machines with at least this much memory, in GB."),
    Field("limits", .record(limits), "The limits on such machines."),
  ]

  static let test: [Field] = [
    Field("name", .text(.statement), "What must hold.", required: true),
    Field("allow", .list(.text(.operation), 1...256), "Operations that the policy must permit."),
    Field("deny", .list(.text(.operation), 1...256), "Operations that the policy must deny."),
  ]
}
