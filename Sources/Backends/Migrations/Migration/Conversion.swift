internal import Schemas

/// Which values survive when a column gets another type. SQLite converts by affinity while it stores
/// (https://sqlite.org/datatype3.html#type_affinity), and CAST turns 'abc' into 0; what would not come back as it was is
/// no conversion but a loss.
enum Conversion {
  /// A condition that holds for values which the column stores such that the old ones can be had back; nil when every
  /// value does.
  static func condition(for column: Table.Column, isStrict: Bool) -> String? {
    let value = column.name.sql
    func returns(through type: String) -> String {
      "typeof(\(value)) = 'text' AND CAST(CAST(\(value) AS \(type)) AS TEXT) = \(value) COLLATE BINARY"
    }
    let isNull = "\(value) IS NULL"
    switch affinity(of: column.type, isStrict: isStrict) {
    case .integer:
      let whole =
        "typeof(\(value)) = 'real' AND \(value) BETWEEN -9007199254740992 AND 9007199254740992 "
        + "AND CAST(\(value) AS INTEGER) = \(value)"
      let accepted = "\(isNull) OR typeof(\(value)) = 'integer' OR \(whole) OR \(returns(through: "INTEGER"))"
      return isStrict ? accepted : "\(accepted) OR typeof(\(value)) IN ('real', 'blob')"
    case .real:
      let exact = "typeof(\(value)) = 'integer' AND \(value) BETWEEN -9007199254740992 AND 9007199254740992"
      let accepted = "\(isNull) OR typeof(\(value)) = 'real' OR \(exact) OR \(returns(through: "REAL"))"
      return isStrict ? accepted : "\(accepted) OR typeof(\(value)) = 'blob'"
    case .text:
      let printed = "typeof(\(value)) = 'real' AND CAST(CAST(\(value) AS TEXT) AS REAL) = \(value)"
      let accepted = "\(isNull) OR typeof(\(value)) IN ('text', 'integer') OR \(printed)"
      return isStrict ? accepted : "\(accepted) OR typeof(\(value)) = 'blob'"
    case .blob: return isStrict ? "\(isNull) OR typeof(\(value)) = 'blob'" : nil
    case .numeric: return "\(isNull) OR typeof(\(value)) <> 'text' OR \(returns(through: "NUMERIC"))"
    case .any: return nil
    }
  }

  /// A condition that holds for values which a column of NUMERIC affinity stores as they are: those of a column that had
  /// no affinity, where `'7'`, `7.0` and `7` are three values.
  static func unconverted(_ column: Table.Column) -> String {
    let value = column.name.sql
    // Compared with a number, text is converted exactly when it would be while it is stored.
    let staysText = "typeof(\(value)) = 'text' AND NOT (\(value) = CAST(\(value) AS NUMERIC))"
    let staysReal =
      "typeof(\(value)) = 'real' AND NOT (\(value) BETWEEN -9223372036854775808 AND 9223372036854775807 "
      + "AND CAST(\(value) AS INTEGER) = \(value))"
    return "typeof(\(value)) IN ('null', 'integer', 'blob') OR \(staysText) OR \(staysReal)"
  }

  private enum Affinity { case integer, real, text, blob, numeric, any }

  private static func affinity(of type: String, isStrict: Bool) -> Affinity {
    if isStrict {
      switch type {
      case "INT", "INTEGER": return .integer
      case "REAL": return .real
      case "TEXT": return .text
      case "BLOB": return .blob
      default: return .any
      }
    }
    if type.contains("INT") { return .integer }
    if ["CHAR", "CLOB", "TEXT"].contains(where: { type.contains($0) }) { return .text }
    if type.isEmpty || type.contains("BLOB") { return .any }
    if ["REAL", "FLOA", "DOUB"].contains(where: { type.contains($0) }) { return .real }
    return .numeric
  }
}
