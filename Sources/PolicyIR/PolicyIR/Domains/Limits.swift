package import Structures

/// What an app may consume of one resource of the machine.
package enum LimitedResource: String, Hashable, Sendable, CaseIterable, Comparable {
  /// Thousandths of a processor.
  case cpu
  /// Bytes of one file.
  case fileSize = "file-size"
  /// Bytes.
  case memory
  /// Descriptors open at once, in one process.
  case openFiles = "open-files"
  /// Processes and threads at once.
  case processes
  /// Milliseconds from start to end.
  case wallTime = "wall-time"

  package static func < (left: LimitedResource, right: LimitedResource) -> Bool { left.index < right.index }

  /// Its place in `allCases`, which is in the order of the names.
  fileprivate var index: Int {
    switch self {
    case .cpu: 0
    case .fileSize: 1
    case .memory: 2
    case .openFiles: 3
    case .processes: 4
    case .wallTime: 5
    }
  }
}

/// Upper bounds on what an app consumes. Every resource has one; smaller is tighter; `UInt64.max` is without bound, and
/// so is whatever does not fit in a signed 64-bit integer.
package struct Limits: Hashable, Sendable {
  /// By the index of each resource.
  private var bounds: [UInt64]

  /// The defaults: what applies when the manifest is silent, room for a small model, and no way to take the machine down.
  package init() { bounds = [.max, 4 << 30, 4 << 30, 1024, 64, .max] }

  /// Bounds for the named resources, and the defaults for the others.
  package init(_ bounds: KeyValuePairs<LimitedResource, UInt64>) {
    self.init()
    for (resource, bound) in bounds { self[resource] = bound }
  }

  package subscript(resource: LimitedResource) -> UInt64 {
    get { bounds[resource.index] }
    set { bounds[resource.index] = Limits.normalized(newValue) }
  }

  package func isUnlimited(_ resource: LimitedResource) -> Bool { self[resource] == .max }

  private static func normalized(_ bound: UInt64) -> UInt64 { bound >= UInt64(Int64.max) ? .max : bound }

  /// The smaller bound of each resource.
  package func tightened(by other: Limits) -> Limits {
    var limits = self
    for resource in LimitedResource.allCases { limits[resource] = min(self[resource], other[resource]) }
    return limits
  }

  /// The bounds as a domain: consuming an amount is an operation, so a larger bound permits more.
  package var authority: LimitAuthority {
    LimitAuthority(
      amounts: Dictionary(uniqueKeysWithValues: LimitedResource.allCases.map { ($0, IntervalSet(0...self[$0])) }))
  }
}

/// The amounts of each resource that may be consumed.
package struct LimitAuthority: AuthorityDomain {
  package struct Operation: Hashable, Sendable {
    package var resource: LimitedResource
    /// In the unit of the resource.
    package var amount: UInt64

    package init(_ resource: LimitedResource, _ amount: UInt64) {
      self.resource = resource
      self.amount = amount
    }
  }

  private var amounts: [LimitedResource: IntervalSet<UInt64>]

  package init(amounts: [LimitedResource: IntervalSet<UInt64>]) { self.amounts = amounts.filter { !$0.value.isEmpty } }

  package static var nothing: LimitAuthority { LimitAuthority(amounts: [:]) }
  package subscript(resource: LimitedResource) -> IntervalSet<UInt64> { amounts[resource] ?? IntervalSet() }
  package func permits(_ operation: Operation) -> Bool { self[operation.resource].contains(operation.amount) }
  package func union(_ other: LimitAuthority) -> LimitAuthority {
    LimitAuthority(amounts: amounts.merging(other.amounts) { $0.union($1) })
  }
  package func subtracting(_ other: LimitAuthority) -> LimitAuthority {
    var remaining: [LimitedResource: IntervalSet<UInt64>] = [:]
    for (resource, amounts) in amounts { remaining[resource] = amounts.subtracting(other[resource]) }
    return LimitAuthority(amounts: remaining)
  }
  package var witness: Operation? {
    for resource in LimitedResource.allCases {
      if let amount = self[resource].first { return Operation(resource, amount) }
    }
    return nil
  }
}
