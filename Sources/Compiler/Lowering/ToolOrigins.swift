internal import Manifest
internal import PolicyIR

extension Lowering {
  /// What is written in `tools[].capabilities`, with its place.
  var toolOrigins: Origins {
    guard isIntact("tools") else { return Origins() }
    return Origins(
      entries: manifest.tools.flatMap { tool in
        grants(of: tool.capabilities, at: tool.span, isTool: true).map { entry in
          Origins.Entry(grant: entry.grant, origin: origin(entry.span, "tools." + entry.path, entry.reason))
        }
      })
  }
}
