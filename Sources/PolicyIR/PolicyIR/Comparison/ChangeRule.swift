/// Which way a change goes.
package enum ChangeDirection: String, Hashable, Sendable, CaseIterable {
  /// The app may do something that it could not.
  case widening
  /// The app may no longer do something.
  case narrowing
  /// What the app may do is the same.
  case neutral
  /// Something new, and something no longer.
  case mixed

  /// Whether something becomes possible.
  package var widens: Bool { self == .widening || self == .mixed }

  package var mirror: ChangeDirection {
    switch self {
    case .widening: .narrowing
    case .narrowing: .widening
    case .neutral, .mixed: self
    }
  }

  /// The direction of two changes together.
  package func joined(_ other: ChangeDirection) -> ChangeDirection {
    if self == other || other == .neutral { return self }
    return self == .neutral ? other : .mixed
  }
}

/// How much a change matters to a reviewer.
package enum ChangeSeverity: String, Hashable, Sendable, CaseIterable, Comparable {
  case note, low, medium, high

  package static func < (left: ChangeSeverity, right: ChangeSeverity) -> Bool { left.rank < right.rank }
  private var rank: Int { ChangeSeverity.allCases.firstIndex(of: self) ?? 0 }

  /// One step less.
  package var lowered: ChangeSeverity { ChangeSeverity.allCases.last { $0 < self } ?? .note }
}

/// A kind of change, with a stable code. The change the other way round is of the `mirror` kind; the rules of schemas
/// are a family of their own, in which every change has its own way back (`SchemaMigration`).
package enum ChangeRule: String, Hashable, Sendable, CaseIterable {
  case filesGranted = "LP101"
  case filesWithdrawn = "LP102"
  case filesChanged = "LP103"
  case connectionsGranted = "LP104"
  case connectionsWithdrawn = "LP105"
  case connectionsChanged = "LP106"
  case listeningGranted = "LP107"
  case listeningWithdrawn = "LP108"
  case listeningChanged = "LP109"
  case programGranted = "LP110"
  case programWithdrawn = "LP111"
  case threadsGranted = "LP112"
  case threadsWithdrawn = "LP113"
  case deviceGranted = "LP114"
  case deviceWithdrawn = "LP115"
  case facilityGranted = "LP116"
  case facilityWithdrawn = "LP117"
  case variableGranted = "LP118"
  case variableWithdrawn = "LP119"
  case notificationGranted = "LP120"
  case notificationWithdrawn = "LP121"
  case backgroundGranted = "LP122"
  case backgroundWithdrawn = "LP123"
  case protocolGranted = "LP124"
  case protocolWithdrawn = "LP125"
  case limitRaised = "LP130"
  case limitLowered = "LP131"
  case modelAdded = "LP140"
  case modelRemoved = "LP141"
  case modelContentChanged = "LP142"
  case modelRoleChanged = "LP143"
  case modelSourceChanged = "LP144"
  case modelLicenseChanged = "LP145"
  case modelLoadingChanged = "LP146"
  case modelPathsChanged = "LP147"
  case storageAdded = "LP150"
  case storageRemoved = "LP151"
  case storageFileChanged = "LP152"
  case schemaChanged = "LP153"
  case schemaSafe = "LP154"
  case schemaLossy = "LP155"
  case extensionAdded = "LP156"
  case extensionRemoved = "LP157"
  case schemaReembeds = "LP158"
  case schemaDataDependent = "LP159"
  case entryCommandChanged = "LP160"
  case entryDirectoryChanged = "LP161"
  case entryStreamsChanged = "LP162"
  case schemaIrreversible = "LP163"
  case schemaRefused = "LP164"
  case toolAdded = "LP170"
  case toolRemoved = "LP171"
  case toolCommandChanged = "LP172"
  case runtimeChanged = "LP180"
  case appAdded = "LP190"
  case appRemoved = "LP191"
  case identityChanged = "LP192"
  case versionReused = "LP193"

  /// The rules about what migrating does to data.
  package var isAboutSchema: Bool {
    switch self {
    case .schemaChanged, .schemaSafe, .schemaLossy, .schemaReembeds, .schemaDataDependent, .schemaIrreversible,
      .schemaRefused:
      true
    default: false
    }
  }

  /// The stable code: `LP101`.
  package var code: String { rawValue }

  package init?(code: String) { self.init(rawValue: code) }
}
