/// The keys of `capabilities`.
enum CapabilityFields {
  static let all: [Field] = [
    Field("net", .either([.boolean, .record(network)]), "Connections to other machines.", default: "false"),
    Field("fs", .record(files), "Files and directories."),
    Field("device", .record(devices), "Devices of the machine."),
    Field("process", .record(process), "Programs and threads."),
    Field("ipc", .record(ipc), "Other programs of the user."),
    Field(
      "environment", .list(.text(.variable), 0...64), "Variables that are passed through; nothing else is.",
      default: "[]"),
    Field("tools", .record(tools), "What the app serves to the program that started it."),
    Field("background", .record(background), "Going on without a window or a terminal."),
    Field("notifications", .record(notifications), "Getting the user's attention."),
  ]

  private static let network: [Field] = [
    Field(
      "allowed_hosts", .list(.text(.host), 1...256),
      "Hosts by name, `*.` and a domain, address or prefix; each may carry `:PORT`."),
    Field(
      "allowed_ports", .list(.scalar(.port), 1...256), "Ports for the hosts that carry none.", default: "[443]"),
    Field(
      "require_tls", .boolean,
      "Whether each connection must begin as TLS for the host that was asked for.", default: "false"),
    Field("listen", .list(.text(.listen), 1...64), "Local addresses on which connections are accepted.", default: "[]"),
  ]

  static let files: [Field] = [
    Field(
      "app-data", .either([.no, .choice(Vocabulary.readOrWrite)]), "The app's own data directory.",
      default: "read-write"),
    Field(
      "user-selected", .either([.no, .choice(Vocabulary.readOrWrite)]), "Only what the user hands over at launch.",
      default: "false"),
    Field("user-paths", .record(userPaths), "The user's well-known directories."),
    Field("read", .list(.text(.grantPath), 0...256), "Other paths that may be read.", default: "[]"),
    Field(
      "write", .list(.text(.grantPath), 0...256), "Other paths that may be read, written, created and removed.",
      default: "[]"),
  ]

  private static let userPaths: [Field] = OperationText.userDirectories.map { name in
    Field(
      name, .either([.no, .choice(Vocabulary.readOrWrite)]),
      "The user's \(name == "desktop" ? "desktop" : name) directory, wherever the machine has it.", default: "false")
  }

  private static let devices: [Field] = [
    Field("microphone", .boolean, "Record sound.", default: "false"),
    Field("camera", .boolean, "Take pictures.", default: "false"),
    Field("speaker", .boolean, "Play sound.", default: "false"),
    Field("gpu", .boolean, "Compute on the graphics processor.", default: "false"),
  ]

  private static let process: [Field] = [
    Field(
      "spawn", .list(.text(.program), 0...64), "Programs of the bundle or the runtime that may be started.",
      default: "[]"),
    Field("threads", .boolean, "Whether threads may be started.", default: "true"),
  ]

  private static let ipc: [Field] = [
    Field("dbus", .boolean, "The session bus; refused as long as its socket is not handed over.", default: "false"),
    Field(
      "wayland", .boolean, "The display server; refused as long as its socket is not handed over.", default: "false"),
    Field("shared-memory", .boolean, "Memory shared between processes of the app.", default: "false"),
  ]

  private static let tools: [Field] = [
    Field(
      "mcp", .either([.no, .choice([Choice("stdio", "on standard input and output")])]),
      "Serve the Model Context Protocol.", default: "false")
  ]

  private static let background: [Field] = [
    Field(
      "mode",
      .either([.no, .choice([Choice("passive", "wait for events"), Choice("active", "do work, too")])]),
      "What goes on in the background.", default: "false",
      effect: .accepted(
        "whether the app goes on after the hangup of its terminal is its own decision, with and without it")),
    Field("reasons", .list(.text(.line(140)), 0...5), "Why, for the user.", effect: .descriptive),
  ]

  private static let notifications: [Field] = [
    Field(
      "modes",
      .list(
        .choice([
          Choice("alert", "show a message"), Choice("badge", "mark the icon"), Choice("sound", "make a sound"),
        ]), 0...3), "How the user may be notified; refused as long as the session bus is not handed over.",
      default: "[]")
  ]
}
