internal import CanonicalJSON
package import SystemIO

/// A filter that somebody has, in whatever form.
package struct LoadedProfile {
  package enum Form: String, Sendable {
    case oci = "OCI profile"
    case locara = "locara profile"
    case program = "BPF program"
  }

  package var form: Form
  package var source: FilterSource
  package var notes: [ProfileNote]
  package var flags: [String]

  /// Tells the forms apart by their first byte: JSON starts with `{`, which no program that loads a word does.
  package init(reading bytes: [UInt8], for context: ProfileContext) throws(Failure) {
    notes = []
    flags = []
    guard let first = bytes.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }), first == UInt8(ascii: "{") else {
      form = .program
      source = .program(
        try SystemCallFilter(
          architecture: context.architecture, program: try BPFChecker.program(reading: bytes)))
      return
    }
    if let document = try? JSON(parsing: bytes), document["format"] != nil {
      form = .locara
      source = .policy(try LocaraProfile.read(document))
    } else {
      form = .oci
      let profile = try OCIProfile.read(bytes, for: context)
      source = .policy(profile.policy)
      notes = profile.notes
      flags = profile.flags
    }
  }

  /// The program: the one that was read, or a compiled and proven one.
  package func filter(for context: ProfileContext) throws(Failure) -> SystemCallFilter {
    switch source {
    case .program(let filter): return filter
    case .policy(let policy): return try SystemCallFilter.compile(policy, for: context.architecture)
    }
  }

  package func meaning(for context: ProfileContext) throws(Failure) -> FilterMeaning {
    switch source {
    case .program(let filter): return try FilterMeaning(of: filter)
    case .policy(let policy): return try FilterMeaning(of: policy, for: context.architecture)
    }
  }
}
