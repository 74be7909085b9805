internal import ArgumentParser
internal import CanonicalJSON
internal import Runner

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what this machine's kernel can enforce.",
    discussion: """
      Each feature is tried, not looked up. Exits 1 when something is missing that every sandbox needs.

      Examples:
        locara doctor
        locara doctor --format json
      """)

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let features = KernelFeatures.probe()
    switch format {
    case .text: printText(features)
    case .json: Console.write(json(features).prettyBytes)
    }
    if !features.isSufficient { throw Exit.operational }
  }

  private func printText(_ features: KernelFeatures) {
    let width = features.features.map(\.name.count).max() ?? 0
    for feature in features.features {
      let mark = feature.isPresent ? "yes" : feature.isRequired ? "NO " : "no "
      let name = feature.name + String(repeating: " ", count: width - feature.name.count)
      Console.print("\(mark)  \(name)  \(feature.finding)")
      if !feature.isPresent {
        Console.print("     needed for: \(feature.purpose)")
        if !feature.advice.isEmpty { Console.print("     what to do: \(feature.advice)") }
      }
    }
    Console.print(
      features.isSufficient
        ? "This machine can run locara's sandboxes."
        : "This machine cannot run locara's sandboxes: a feature that is marked NO is needed.")
  }

  private func json(_ features: KernelFeatures) -> JSON {
    [
      "sufficient": .bool(features.isSufficient),
      "features": .array(
        features.features.map { feature in
          [
            "name": .string(feature.name), "present": .bool(feature.isPresent), "required": .bool(feature.isRequired),
            "finding": .string(feature.finding), "purpose": .string(feature.purpose), "advice": .string(feature.advice),
          ]
        }),
    ]
  }
}
