// INVARIANT: this module speaks the Language Server Protocol 3.17 and knows what the field table says. What a manifest
// compiles to it is told by whoever starts it, so it sees no backend.

internal import CanonicalJSON
package import Diagnostics
package import SystemIO

/// A language server for manifests, over standard input and output.
///
/// One thread: what has come is read before anything is answered, so that a request that was canceled in the meantime is
/// not worked on, and that a text is compiled once for all the keys that were typed meanwhile.
package final class Server {
  private let transport: Transport
  private let version: String
  /// Compiles the manifest; whether it is a local file with others beside it.
  let analyze: (Source, Bool) -> Analysis
  var documents: [String: Document] = [:]
  private var queue: [Message] = []
  /// Documents that changed since they were compiled.
  private var changed: [String] = []
  private var isInitialized = false
  private var isShutDown = false

  /// Documents that are open at once.
  private static let documentLimit = 1000
  private static let queueLimit = 10_000

  package init(
    input: Int32 = 0, output: StandardStream = .output, version: String, analyze: @escaping (Source, Bool) -> Analysis
  ) {
    transport = Transport(input: input, output: output)
    self.version = version
    self.analyze = analyze
  }

  /// Serves until the client says `exit` or goes away.
  ///
  /// - Returns: the exit status: 0 after `shutdown`, else 1.
  /// - Throws: LX010 when what comes is not the protocol.
  package func run() throws(Failure) -> Int32 {
    while true {
      try receive()
      guard !queue.isEmpty else {
        if changed.isEmpty { return isShutDown ? 0 : 1 }
        publish(changed.removeFirst())
        continue
      }
      let message = queue.removeFirst()
      if message.method == "exit" { return isShutDown ? 0 : 1 }
      handle(message)
    }
  }

  /// Reads all that has come; waits when there is nothing else to do.
  private func receive() throws(Failure) {
    while queue.count < Server.queueLimit {
      switch try transport.receive(isWaiting: queue.isEmpty && changed.isEmpty) {
      case .message(let message):
        if message.method == "$/cancelRequest" { cancel(message.parameters["id"]) } else { queue.append(message) }
      case .malformed(let problem):
        let error: JSON = ["code": -32700, "message": .string("not JSON: \(problem)")]
        transport.send(["jsonrpc": "2.0", "id": .null, "error": error])
      case .nothing: return
      }
    }
  }

  private func cancel(_ id: JSON?) {
    guard let index = queue.firstIndex(where: { $0.id != nil && $0.id?.json == id }) else { return }
    let message = queue.remove(at: index)
    if let id = message.id { fail(id, .canceled) }
  }

  private func handle(_ message: Message) {
    guard let id = message.id else { return notified(message) }
    // The answer to a request of ours: there are none.
    guard !message.method.isEmpty else { return }
    do throws(RequestError) {
      transport.send(["jsonrpc": "2.0", "id": id.json, "result": try answer(message)])
    } catch { fail(id, error) }
  }

  private func fail(_ id: Message.Identifier, _ error: RequestError) {
    transport.send([
      "jsonrpc": "2.0", "id": id.json, "error": ["code": .integer(error.code), "message": .string(error.message)],
    ])
  }

  func notify(_ method: String, _ parameters: JSON) {
    transport.send(["jsonrpc": "2.0", "method": .string(method), "params": parameters])
  }

  private func answer(_ message: Message) throws(RequestError) -> JSON {
    if message.method == "initialize" {
      isInitialized = true
      return capabilities
    }
    guard isInitialized else { throw .notInitialized }
    guard !isShutDown else { throw .afterShutdown }
    // What is answered is about the text as it is now.
    while !changed.isEmpty { publish(changed.removeFirst()) }
    switch message.method {
    case "shutdown":
      isShutDown = true
      return .null
    case "textDocument/completion": return try completion(message.parameters)
    case "textDocument/hover": return try hover(message.parameters)
    case "textDocument/definition": return try definition(message.parameters)
    case "textDocument/codeAction": return try codeActions(message.parameters)
    case "textDocument/formatting": return try formatting(message.parameters)
    case "textDocument/documentSymbol": return try symbols(message.parameters)
    default: throw .unknownMethod(message.method)
    }
  }

  private func notified(_ message: Message) {
    guard isInitialized, let uri = message.parameters["textDocument"]?["uri"]?.stringValue else { return }
    switch message.method {
    case "textDocument/didOpen":
      guard let text = message.parameters["textDocument"]?["text"]?.stringValue,
        documents.count < Server.documentLimit || documents[uri] != nil
      else { return }
      let version = message.parameters["textDocument"]?["version"]?.integerValue ?? 0
      documents[uri] = Document(uri: uri, text: text, version: version)
      note(uri)
    case "textDocument/didChange":
      guard let changes = message.parameters["contentChanges"]?.arrayValue, var document = documents[uri] else {
        return
      }
      let version = message.parameters["textDocument"]?["version"]?.integerValue ?? document.version + 1
      // A change that cannot be applied leaves a text that is not the editor's: better none.
      do throws(RequestError) {
        try document.change(changes, version: version)
        documents[uri] = document
        note(uri)
      } catch {
        documents[uri] = nil
        notify(
          "window/logMessage", ["type": 1, "message": .string("\(uri): a change cannot be applied: \(error.message)")])
      }
    // A file beside it may have been what was saved.
    case "textDocument/didSave": documents.keys.sorted().forEach(note)
    case "textDocument/didClose":
      guard let document = documents.removeValue(forKey: uri) else { return }
      changed.removeAll { $0 == uri }
      for published in [uri] + document.publishedElsewhere.sorted() { clear(published) }
    default: return
    }
  }

  private func note(_ uri: String) { if !changed.contains(uri) { changed.append(uri) } }

  // MARK: - What requests name

  func document(_ parameters: JSON) throws(RequestError) -> Document {
    guard let uri = parameters["textDocument"]?["uri"]?.stringValue else { throw .parameters("a `textDocument`") }
    guard let document = documents[uri] else { throw .parameters("a document that is open") }
    return document
  }

  func place(_ parameters: JSON) throws(RequestError) -> (Document, Int) {
    let document = try document(parameters)
    guard let offset = document.source.offset(parameters["position"]) else { throw .parameters("a `position`") }
    return (document, offset)
  }

  private var capabilities: JSON {
    [
      "capabilities": [
        "positionEncoding": "utf-16",
        // 2: changes, not whole texts.
        "textDocumentSync": ["openClose": true, "change": 2, "save": true],
        "completionProvider": ["triggerCharacters": [":", " ", "-", "[", "{", ","]],
        "hoverProvider": true, "definitionProvider": true, "codeActionProvider": ["codeActionKinds": ["quickfix"]],
        "documentFormattingProvider": true, "documentSymbolProvider": true,
      ],
      "serverInfo": ["name": "locara", "version": .string(version)],
    ]
  }
}
