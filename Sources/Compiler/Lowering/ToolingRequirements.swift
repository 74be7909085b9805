internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Structures

// Tooling never grants: what a facility needs and the manifest does not grant is an error that names the missing line.

extension Lowering {
  mutating func checkTooling(_ authority: Authority) {
    for tool in manifest.tooling {
      for missing in missing(for: tool.value, authority) {
        report(
          "LM073", "`\(tool.value.rawValue)` requires a grant that is missing", tool.span, "required by this",
          notes: ["add `\(missing)`", "tooling is a requirement and grants nothing itself"])
      }
    }
  }

  /// The lines that would satisfy what the facility requires.
  private func missing(for tool: Tooling, _ authority: Authority) -> [String] {
    func device(_ device: Device) -> [String] {
      authority.devices.permits(device) ? [] : ["capabilities: {device: {\(device.rawValue): true}}"]
    }
    switch tool {
    case .vectorSearch, .textSearch:
      let database = PolicyPath(["app-data", manifest.storage?.database.value ?? "app.db"])
      let writes = authority.files.permits(.init(.write, database)) && authority.files.permits(.init(.create, database))
      return (manifest.storage?.hasSchema != true ? ["storage: {schema: db/schema.sql}"] : [])
        + (tool == .vectorSearch && manifest.storage?.hasSchema == true && manifest.storage?.vector == nil
          ? ["storage: {vector: {engine: sqlite-vec}}"] : [])
        + (writes ? [] : ["capabilities: {fs: {app-data: read-write}}"])
    case .fileRead:
      return reachesUserFiles(authority, .read) ? [] : ["capabilities: {fs: {user-selected: read}}"]
    case .fileWrite:
      return reachesUserFiles(authority, .write) ? [] : ["capabilities: {fs: {user-selected: read-write}}"]
    case .networkFetch:
      return authority.connect != .nothing ? [] : ["capabilities: {net: {allowed_hosts: [api.example.com]}}"]
    case .networkServe:
      return authority.listen != .nothing ? [] : ["capabilities: {net: {listen: [\"127.0.0.1:8080\"]}}"]
    case .processSpawn:
      return !authority.process.programs.isEmpty ? [] : ["capabilities: {process: {spawn: [bin/helper]}}"]
    case .audioRecord: return device(.microphone)
    case .audioPlay: return device(.speaker)
    case .cameraCapture: return device(.camera)
    case .mcpServer: return authority.serves.permits(.mcpStdio) ? [] : ["capabilities: {tools: {mcp: stdio}}"]
    case .notify:
      return !authority.notifications.isEmpty ? [] : ["capabilities: {notifications: {modes: [alert]}}"]
    }
  }

  /// Whether any file outside the app's own places can be used in this way.
  private func reachesUserFiles(_ authority: Authority, _ access: FileAccess) -> Bool {
    let own = ["app", "app-data", "models"].reduce(FileAuthority.nothing) { sum, root in
      sum.union(FileAuthority(.everything(below: root), .readWrite))
    }
    let needed = FileAuthority(tree: .uniform(FileAccessSet(access)))
    return authority.files.subtracting(own).intersection(needed) != .nothing
  }
}
