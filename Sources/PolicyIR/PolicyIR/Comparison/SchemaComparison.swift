internal import Schemas
internal import Structures

/// Finds the changes between two schemas, object by object, with what migrating does to each.
struct SchemaComparison {
  var before: Schema
  var after: Schema
  /// Nil leaves every change unproven.
  var classify: SchemaClassifier?

  /// One object that differs.
  struct Difference {
    /// `table notes`
    var key: String
    var before: String?
    var after: String?
    var migration: SchemaMigration
  }

  var differences: [Difference] {
    let declared = declarations
    if before == after { return declared }
    var pairs: [Label: (SchemaObject?, SchemaObject?)] = [:]
    for object in before.objects { pairs[key(object), default: (nil, nil)].0 = object }
    for object in after.objects { pairs[key(object), default: (nil, nil)].1 = object }
    let effects = classify?(before, after)
    let effectsBack = classify?(after, before)
    return declared
      + pairs.sorted { $0.key < $1.key }.compactMap { key, pair in
        let (old, new) = (pair.0?.sql(folded: true), pair.1?.sql(folded: true))
        if old == new { return nil }
        return Difference(
          key: key.text, before: old, after: new,
          migration: SchemaMigration(
            effects: effects?.filter { $0.object == key.text },
            effectsBack: effectsBack?.filter { $0.object == key.text }
          ))
      }
  }

  /// What is declared about the way from earlier schemas. By itself it does nothing: what it makes of rows is told by the
  /// objects that change.
  private var declarations: [Difference] {
    func text(_ schema: Schema) -> String? {
      let lines = schema.declarations.normalForm.map { $0.filter { !$0.isEmpty }.joined(separator: " ") }
      return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }
    let (old, new) = (before.declarations.normalForm, after.declarations.normalForm)
    if old == new { return [] }
    return [
      Difference(
        key: "declarations", before: text(before), after: text(after),
        migration: SchemaMigration(effects: classify.map { _ in [] }, effectsBack: classify.map { _ in [] }))
    ]
  }

  private func key(_ object: SchemaObject) -> Label { Label("\(object.kind) \(object.name.folded)") }
}
