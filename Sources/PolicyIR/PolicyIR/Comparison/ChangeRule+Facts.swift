extension ChangeRule {
  /// What a rule says: its name in SARIF, its title, its direction, and why a reviewer should care.
  struct Facts {
    var name: String
    var title: String
    var direction: ChangeDirection
    var severity: ChangeSeverity
    var mirror: ChangeRule
    var meaning: String
  }

  /// A name in Pascal case, stable like the code.
  package var name: String { facts.name }
  /// A few words, in lower case, that stand before the key of a change.
  package var title: String { facts.title }
  package var direction: ChangeDirection { facts.direction }
  /// The severity where nothing about the values makes it more or less.
  package var severity: ChangeSeverity { facts.severity }
  /// The rule of the same change seen from the other side.
  package var mirror: ChangeRule { facts.mirror }
  /// What the change means and what to look at, in one or two sentences.
  package var meaning: String { facts.meaning }

  private var facts: Facts {
    switch self {
    case .filesGranted:
      Facts(
        name: "FilesGranted", title: "files", direction: .widening, severity: .medium, mirror: .filesWithdrawn,
        meaning: "The app may use files in a way that it could not. Writing outside of `app-data` is high; reading the "
          + "user's files is medium; `app-data`, which is the app's own, is low.")
    case .filesWithdrawn:
      Facts(
        name: "FilesWithdrawn", title: "files", direction: .narrowing, severity: .note, mirror: .filesGranted,
        meaning: "The app may no longer use files in some way. Data that it wrote there before stays.")
    case .filesChanged:
      Facts(
        name: "FilesChanged", title: "files", direction: .mixed, severity: .medium, mirror: .filesChanged,
        meaning: "At one place the app gains one use of files and loses another. It counts as a widening.")
    case .connectionsGranted:
      Facts(
        name: "ConnectionsGranted", title: "connect", direction: .widening, severity: .high,
        mirror: .connectionsWithdrawn,
        meaning:
          "The app may send data to a peer or a port that it could not reach. Whatever it may read can leave the "
          + "machine that way.")
    case .connectionsWithdrawn:
      Facts(
        name: "ConnectionsWithdrawn", title: "connect", direction: .narrowing, severity: .note,
        mirror: .connectionsGranted, meaning: "The app can no longer reach a peer or a port.")
    case .connectionsChanged:
      Facts(
        name: "ConnectionsChanged", title: "connect", direction: .mixed, severity: .high, mirror: .connectionsChanged,
        meaning: "The same peers are reached on other ports: some new, some gone. It counts as a widening.")
    case .listeningGranted:
      Facts(
        name: "ListeningGranted", title: "listen", direction: .widening, severity: .medium, mirror: .listeningWithdrawn,
        meaning:
          "The app may accept connections. On `any` address others on the network can reach it, which is high; on "
          + "`loopback` only programs of this machine.")
    case .listeningWithdrawn:
      Facts(
        name: "ListeningWithdrawn", title: "listen", direction: .narrowing, severity: .note, mirror: .listeningGranted,
        meaning: "The app can no longer accept connections on some ports.")
    case .listeningChanged:
      Facts(
        name: "ListeningChanged", title: "listen", direction: .mixed, severity: .medium, mirror: .listeningChanged,
        meaning: "The app accepts connections on other ports: some new, some gone. It counts as a widening.")
    case .programGranted:
      Facts(
        name: "ProgramGranted", title: "spawn", direction: .widening, severity: .medium, mirror: .programWithdrawn,
        meaning: "The app may start a program that it could not. The program runs with the app's rights, never more.")
    case .programWithdrawn:
      Facts(
        name: "ProgramWithdrawn", title: "spawn", direction: .narrowing, severity: .note, mirror: .programGranted,
        meaning: "The app may no longer start a program.")
    case .threadsGranted:
      Facts(
        name: "ThreadsGranted", title: "threads", direction: .widening, severity: .low, mirror: .threadsWithdrawn,
        meaning: "The app may start threads. They share its rights and its limits.")
    case .threadsWithdrawn:
      Facts(
        name: "ThreadsWithdrawn", title: "threads", direction: .narrowing, severity: .note, mirror: .threadsGranted,
        meaning: "The app may no longer start threads.")
    case .deviceGranted:
      Facts(
        name: "DeviceGranted", title: "use", direction: .widening, severity: .high, mirror: .deviceWithdrawn,
        meaning:
          "The app may use a device. Camera and microphone observe the user, which is high; speaker and graphics "
          + "processor are low.")
    case .deviceWithdrawn:
      Facts(
        name: "DeviceWithdrawn", title: "use", direction: .narrowing, severity: .note, mirror: .deviceGranted,
        meaning: "The app may no longer use a device.")
    case .facilityGranted:
      Facts(
        name: "FacilityGranted", title: "ipc", direction: .widening, severity: .medium, mirror: .facilityWithdrawn,
        meaning: "The app may talk to other programs of the user. Over the session bus it can ask them to act for it, "
          + "which is high.")
    case .facilityWithdrawn:
      Facts(
        name: "FacilityWithdrawn", title: "ipc", direction: .narrowing, severity: .note, mirror: .facilityGranted,
        meaning: "The app can no longer talk to other programs in some way.")
    case .variableGranted:
      Facts(
        name: "VariableGranted", title: "environment", direction: .widening, severity: .low, mirror: .variableWithdrawn,
        meaning: "The app sees a variable of the user's environment. Look whether it may hold a secret.")
    case .variableWithdrawn:
      Facts(
        name: "VariableWithdrawn", title: "environment", direction: .narrowing, severity: .note,
        mirror: .variableGranted, meaning: "The app no longer sees a variable of the user's environment.")
    case .notificationGranted:
      Facts(
        name: "NotificationGranted", title: "notify", direction: .widening, severity: .low,
        mirror: .notificationWithdrawn, meaning: "The app may get the user's attention in one more way.")
    case .notificationWithdrawn:
      Facts(
        name: "NotificationWithdrawn", title: "notify", direction: .narrowing, severity: .note,
        mirror: .notificationGranted, meaning: "The app may no longer get the user's attention in some way.")
    case .backgroundGranted:
      Facts(
        name: "BackgroundGranted", title: "background", direction: .widening, severity: .medium,
        mirror: .backgroundWithdrawn, meaning: "The app may go on working when the user does not see it.")
    case .backgroundWithdrawn:
      Facts(
        name: "BackgroundWithdrawn", title: "background", direction: .narrowing, severity: .note,
        mirror: .backgroundGranted, meaning: "The app may no longer work in the background.")
    case .protocolGranted:
      Facts(
        name: "ProtocolGranted", title: "serve", direction: .widening, severity: .medium, mirror: .protocolWithdrawn,
        meaning: "The app serves a protocol to the program that started it, which may act on what the app answers.")
    case .protocolWithdrawn:
      Facts(
        name: "ProtocolWithdrawn", title: "serve", direction: .narrowing, severity: .note, mirror: .protocolGranted,
        meaning: "The app no longer serves a protocol.")
    case .limitRaised, .limitLowered, .modelAdded, .modelRemoved, .modelContentChanged, .modelRoleChanged,
      .modelSourceChanged, .modelLicenseChanged, .modelLoadingChanged, .modelPathsChanged:
      resourceFacts
    default: structureFacts
    }
  }

  private var resourceFacts: Facts {
    switch self {
    case .limitRaised:
      Facts(
        name: "LimitRaised", title: "limit", direction: .widening, severity: .low, mirror: .limitLowered,
        meaning: "The app may consume more of a resource. Without any bound it can starve the machine, which is medium."
      )
    case .limitLowered:
      Facts(
        name: "LimitLowered", title: "limit", direction: .narrowing, severity: .note, mirror: .limitRaised,
        meaning: "The app may consume less of a resource. Look whether it still runs.")
    case .modelAdded:
      Facts(
        name: "ModelAdded", title: "model", direction: .widening, severity: .medium, mirror: .modelRemoved,
        meaning: "The app loads a model that it did not have. Its weights decide what the app does with its data.")
    case .modelRemoved:
      Facts(
        name: "ModelRemoved", title: "model", direction: .narrowing, severity: .note, mirror: .modelAdded,
        meaning: "The app no longer loads a model.")
    case .modelContentChanged:
      Facts(
        name: "ModelContentChanged", title: "model", direction: .mixed, severity: .high, mirror: .modelContentChanged,
        meaning: "Other weights under the same name: the app behaves differently although its rights are the same. "
          + "Nothing proves that the new bytes do what the old ones did.")
    case .modelRoleChanged:
      Facts(
        name: "ModelRoleChanged", title: "model role", direction: .mixed, severity: .medium, mirror: .modelRoleChanged,
        meaning: "The same bytes are used for another purpose.")
    case .modelSourceChanged:
      Facts(
        name: "ModelSourceChanged", title: "model source", direction: .neutral, severity: .note,
        mirror: .modelSourceChanged,
        meaning: "The model is fetched from somewhere else. Its bytes are pinned, so they are what they were.")
    case .modelLicenseChanged:
      Facts(
        name: "ModelLicenseChanged", title: "model license", direction: .neutral, severity: .low,
        mirror: .modelLicenseChanged, meaning: "The terms of a model are said to be other ones.")
    case .modelLoadingChanged:
      Facts(
        name: "ModelLoadingChanged", title: "model load", direction: .neutral, severity: .note,
        mirror: .modelLoadingChanged, meaning: "The model is fetched at another moment.")
    default:
      Facts(
        name: "ModelPathsChanged", title: "model files", direction: .neutral, severity: .note,
        mirror: .modelPathsChanged,
        meaning: "The files of a model have other names; their content is the same.")
    }
  }
}
