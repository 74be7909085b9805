/// Connections that the broker permitted a moment ago: the next ones of the same kind go on without asking it again.
///
/// This only spares the question. Where a connection goes is decided by the broker when it arrives there.
struct PermittedConnections {
  struct Key: Hashable {
    /// 4 or 16 bytes in network order.
    var address: [UInt8]
    var port: UInt16
  }

  /// Milliseconds for which a permission is remembered.
  private static let lifetime: UInt64 = 5000
  private static let most = 256
  private var until: [Key: UInt64] = [:]

  func contains(_ key: Key, now: UInt64) -> Bool { until[key].map { now < $0 } ?? false }

  mutating func insert(_ key: Key, now: UInt64) {
    if until.count >= PermittedConnections.most { until = until.filter { now < $0.value } }
    if until.count >= PermittedConnections.most { until = [:] }
    until[key] = now + PermittedConnections.lifetime
  }
}
