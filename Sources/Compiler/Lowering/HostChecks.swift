// Hosts that are granted as written, and that an author should look at again.

internal import Manifest

extension Lowering {
  mutating func checkHosts() {
    guard isIntact("capabilities", "tools") else { return }
    for capabilities in [manifest.capabilities] + manifest.tools.map(\.capabilities) {
      guard case .some(let hosts, _, _, _)? = capabilities.network?.value else { continue }
      for host in hosts {
        guard case .below(let domain)? = try? HostPattern(parsing: host.value).peer,
          PublicSuffixes.giver(ofNamesBelow: domain) == .company
        else { continue }
        warn(
          "LM089", "`\(host.value)` is a host of anybody who wants one", host.span,
          "`\(domain)` is a public suffix: names below it are given to strangers",
          notes: ["name the hosts that are meant, as in `example.\(domain)`"])
      }
    }
  }
}
