package import PolicyIR

/// A kind of work that an app does with a model: what it grants, and which models it needs.
package enum Modality: String, Sendable, CaseIterable {
  case textToText = "text-to-text"
  case textToEmbedding = "text-to-embedding"
  case imageToText = "image-to-text"
  case imageToEmbedding = "image-to-embedding"
  case textToImage = "text-to-image"
  case speechToText = "speech-to-text"
  case textToSpeech = "text-to-speech"
  case speechToSpeech = "speech-to-speech"
  case audioToText = "audio-to-text"
  case videoToText = "video-to-text"

  var documentation: String {
    switch self {
    case .textToText: "generate text from text"
    case .textToEmbedding: "turn text into vectors"
    case .imageToText: "describe or read images that the user hands over; grants `fs.user-selected: read`"
    case .imageToEmbedding: "turn images that the user hands over into vectors; grants `fs.user-selected: read`"
    case .textToImage: "draw images from text"
    case .speechToText: "transcribe speech; grants the microphone"
    case .textToSpeech: "speak text; grants the speaker"
    case .speechToSpeech: "answer speech with speech; grants microphone and speaker"
    case .audioToText: "transcribe recordings that the user hands over; grants `fs.user-selected: read`"
    case .videoToText: "describe videos that the user hands over; grants `fs.user-selected: read`"
    }
  }

  /// The devices that the modality grants.
  package var devices: [Device] {
    switch self {
    case .speechToText: [.microphone]
    case .textToSpeech: [.speaker]
    case .speechToSpeech: [.microphone, .speaker]
    default: []
    }
  }

  /// Whether the modality grants reading what the user hands over at launch.
  package var readsUserSelection: Bool {
    switch self {
    case .imageToText, .imageToEmbedding, .audioToText, .videoToText: true
    default: false
    }
  }

  static let choices = allCases.map { Choice($0.rawValue, $0.documentation) }
}

/// A facility of the app, as a requirement on what is granted.
package enum Tooling: String, Sendable, CaseIterable {
  case vectorSearch = "vector.search"
  case textSearch = "text.search"
  case fileRead = "file.read"
  case fileWrite = "file.write"
  case networkFetch = "net.fetch"
  case networkServe = "net.serve"
  case processSpawn = "process.spawn"
  case audioRecord = "audio.record"
  case audioPlay = "audio.play"
  case cameraCapture = "camera.capture"
  case mcpServer = "mcp.server"
  case notify = "notify"

  var documentation: String {
    switch self {
    case .vectorSearch: "search by meaning; requires a schema in `storage` and `fs.app-data: read-write`"
    case .textSearch: "full-text search; requires a schema in `storage` and `fs.app-data: read-write`"
    case .fileRead: "read the user's files; requires a read grant in `capabilities.fs`"
    case .fileWrite: "write the user's files; requires a write grant in `capabilities.fs`"
    case .networkFetch: "load from the network; requires `capabilities.net`"
    case .networkServe: "accept connections; requires `capabilities.net.listen`"
    case .processSpawn: "start programs; requires `capabilities.process.spawn`"
    case .audioRecord: "record sound; requires the microphone"
    case .audioPlay: "play sound; requires the speaker"
    case .cameraCapture: "take pictures; requires the camera"
    case .mcpServer: "serve tools to other programs; requires `capabilities.tools.mcp: stdio`"
    case .notify: "notify the user; requires `capabilities.notifications.modes`"
    }
  }

  static let choices = allCases.map { Choice($0.rawValue, $0.documentation) }
}

enum Vocabulary {
  static let categories: [Choice] = [
    Choice("accessibility", "makes other things usable"), Choice("business", "work with others"),
    Choice("creativity", "pictures, music, writing"), Choice("developer-tools", "for people who build software"),
    Choice("education", "learning and teaching"), Choice("finance", "money and accounts"),
    Choice("games", "play"), Choice("health", "body and mind"), Choice("lifestyle", "everyday life"),
    Choice("media", "watch and listen"), Choice("productivity", "get things done"),
    Choice("reference", "look things up"), Choice("research", "analyze and discover"),
    Choice("social", "keep in touch"), Choice("utilities", "small helpers"),
  ]

  static let readOrWrite = [
    Choice("read", "read files and list directories"), Choice("read-write", "read, write, create and remove"),
  ]
}
