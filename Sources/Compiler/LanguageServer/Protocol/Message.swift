internal import CanonicalJSON

/// One message of JSON-RPC 2.0 as a client sends it.
struct Message {
  enum Identifier: Hashable {
    case number(Int64)
    case text(String)

    var json: JSON {
      switch self {
      case .number(let number): .integer(number)
      case .text(let text): .string(text)
      }
    }
  }

  /// Nil for a notification, and for an answer to a request of ours.
  var id: Identifier?
  /// Empty for an answer.
  var method: String
  var parameters: JSON

  /// Nil when the JSON is no message.
  init?(_ json: JSON) {
    guard json["jsonrpc"]?.stringValue == "2.0" else { return nil }
    switch json["id"] {
    case .integer(let number)?: id = .number(number)
    case .string(let text)?: id = .text(text)
    default: id = nil
    }
    method = json["method"]?.stringValue ?? ""
    parameters = json["params"] ?? .null
    guard !method.isEmpty || json["result"] != nil || json["error"] != nil else { return nil }
  }
}

/// Why a request is not answered with a result: a code of JSON-RPC 2.0 or of the Language Server Protocol 3.17.
struct RequestError: Error {
  var code: Int64
  var message: String

  static let notInitialized = RequestError(code: -32002, message: "the server is not initialized")
  static let canceled = RequestError(code: -32800, message: "the request was canceled")
  static let afterShutdown = RequestError(code: -32600, message: "the server was told to shut down")
  static func unknownMethod(_ name: String) -> RequestError {
    RequestError(code: -32601, message: "there is no method `\(name.prefix(80))`")
  }
  static func parameters(_ what: String) -> RequestError {
    RequestError(code: -32602, message: "expected \(what)")
  }
}
