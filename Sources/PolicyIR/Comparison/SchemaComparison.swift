/// Finds the changes between two schemas, object by object, with the class of each.
///
/// Only what certainly keeps every row counts as an extension; whatever is not of a known class is unproven.
struct SchemaComparison {
  var before: Schema
  var after: Schema

  /// One object that differs.
  struct Difference {
    var rule: ChangeRule
    /// `table notes`
    var key: String
    var before: String?
    var after: String?
    /// What migrating does to data, when it loses some.
    var allowed: String?
  }

  var differences: [Difference] {
    var pairs: [Label: (SchemaObject?, SchemaObject?)] = [:]
    for object in before.objects { pairs[key(object), default: (nil, nil)].0 = object }
    for object in after.objects { pairs[key(object), default: (nil, nil)].1 = object }
    return pairs.sorted { $0.key < $1.key }.compactMap { key, pair in
      let (old, new) = (pair.0?.sql(folded: true), pair.1?.sql(folded: true))
      if old == new { return nil }
      let rule = rule(pair.0, pair.1)
      return Difference(
        rule: rule, key: key.text, before: old, after: new,
        allowed: rule == .schemaDestroys ? PolicyChange.loss(key.text) : nil)
    }
  }

  private func key(_ object: SchemaObject) -> Label { Label("\(object.kind) \(object.name.folded)") }

  private func rule(_ old: SchemaObject?, _ new: SchemaObject?) -> ChangeRule {
    switch (old, new) {
    // What can be made again from other data.
    case (.index(let index)?, nil), (nil, .index(let index)?): index.isUnique ? .schemaChanged : .schemaRebuilt
    case (.index(let old)?, .index(let new)?): old.isUnique || new.isUnique ? .schemaChanged : .schemaRebuilt
    case (.view?, _), (nil, .view?): .schemaRebuilt
    case (.trigger?, _), (nil, .trigger?): .schemaChanged
    case (nil, let new?): isRenamed(new.name) ? .schemaChanged : .schemaExtended
    case (let old?, nil): isRenamed(old.name) ? .schemaChanged : .schemaDestroys
    case (.table(let old)?, .table(let new)?): rule(old, new)
    default: .schemaChanged
    }
  }

  /// Whether either side says that a table had, or got, another name.
  private func isRenamed(_ name: SQLName) -> Bool {
    (before.declarations.renames + after.declarations.renames).contains {
      $0.column == nil && ($0.table == name || $0.from.contains(name))
    }
  }

  private func rule(_ old: Table, _ new: Table) -> ChangeRule {
    if isWithin(old, new) { return .schemaExtended }
    return isWithin(new, old) ? .schemaDestroys : .schemaChanged
  }

  /// Whether `larger` is `smaller` and columns after it that need no value in rows that are there.
  private func isWithin(_ smaller: Table, _ larger: Table) -> Bool {
    let added = larger.columns.dropFirst(smaller.columns.count)
    guard larger.columns.count > smaller.columns.count,
      added.allSatisfy({ $0.notNull == nil && $0.generated == nil })
    else { return false }
    var common = larger
    common.columns = Array(larger.columns.prefix(smaller.columns.count))
    return common.sql(folded: true) == smaller.sql(folded: true)
  }
}
