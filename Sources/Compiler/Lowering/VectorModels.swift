internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Schemas
internal import Text

// A vector is as long as the model that fills it makes it; sqlite-vec finds the difference at the first insert.

extension Lowering {
  mutating func checkVectorModels(_ storage: Manifest.StorageDeclaration, _ schema: Schema) {
    guard isIntact("models") else { return }
    var columns: [(table: SQLName, column: SQLName, dimension: Int)] = []
    for table in schema.vectorTables {
      columns += table.vectors.map { (table.name, $0.name, $0.dimension) }
    }
    for named in storage.vectorModels {
      let place = columns.first { $0.table == SQLName(named.table) && $0.column == SQLName(named.column) }
      guard let place else {
        let known = columns.map { "\($0.table).\($0.column)" }
        let near = nearestMatch(to: "\(named.table).\(named.column)", among: known)
        report(
          "LM093", "the schema has no vector `\(named.table).\(named.column)`", named.span,
          near.map { "did you mean `\($0)`?" } ?? "no such column of vectors",
          notes: known.isEmpty ? [] : ["vectors are " + known.map { "`\($0)`" }.joined(separator: ", ")])
        continue
      }
      guard named.model.value != Lowering.noModel else { continue }
      guard let model = manifest.models.first(where: { $0.id.value == named.model.value }) else {
        let known = manifest.models.map(\.id.value)
        report(
          "LM094", "the app has no model `\(named.model.value)`", named.model.span,
          nearestMatch(to: named.model.value, among: known).map { "did you mean `\($0)`?" } ?? "not in `models`",
          notes: ["write `\(Lowering.noModel)` when no model of the app fills `\(place.table).\(place.column)`"])
        continue
      }
      guard makesVectors(model) else {
        report(
          "LM094", "the model `\(model.id.value)` makes no vectors", named.model.span,
          "its role is `\(role(of: model) ?? "unknown")`",
          secondary: [.init(source, model.id.span, "declared here")])
        continue
      }
      guard let made = input.vectorDimensions[model.id.value] else {
        // A model that is not locked is reported as that.
        if input.lock?.contains(where: { $0.id == model.id.value }) == true {
          warn(
            "LM096", "the lock does not say how long the vectors of `\(model.id.value)` are", named.model.span,
            "`\(place.table).\(place.column)` has \(place.dimension) elements, unchecked",
            notes: ["`locara lock` reads it from the model's weights where their format has it"])
        }
        continue
      }
      compare(place, model, made, at: named.model.span)
    }
    checkUnnamed(
      columns.filter { column in
        !storage.vectorModels.contains { SQLName($0.table) == column.table && SQLName($0.column) == column.column }
      }, storage)
  }

  /// Vectors that no model is named for: when the app has one model that makes vectors, it fills them.
  private mutating func checkUnnamed(
    _ columns: [(table: SQLName, column: SQLName, dimension: Int)], _ storage: Manifest.StorageDeclaration
  ) {
    let models = manifest.models.filter(makesVectors)
    let span = storage.schema?.span ?? storage.vector ?? storage.span
    for column in columns {
      if models.count > 1 {
        let name = "\(column.table).\(column.column)"
        warn(
          "LM096", "it is not said which model fills `\(name)`", span, "its dimension is not checked",
          notes: ["write `models: {\(name): \(models[0].id.value)}` in `storage.vector`"])
      } else if let model = models.first, let made = input.vectorDimensions[model.id.value] {
        compare(column, model, made, at: span)
      }
    }
  }

  private mutating func compare(
    _ column: (table: SQLName, column: SQLName, dimension: Int), _ model: Manifest.Model, _ made: Int64, at span: Span
  ) {
    guard made != Int64(column.dimension) else { return }
    let name = "\(column.table).\(column.column)"
    report(
      "LM095", "`\(name)` has \(column.dimension) elements, and the model `\(model.id.value)` makes \(made)", span,
      "every insert would fail", secondary: [.init(source, model.id.span, "locked with \(made) elements")],
      notes: [
        "declare \(made) elements, or say which model fills it: `models: {\(name): ID}` in `storage.vector`, "
          + "`\(Lowering.noModel)` for none of the app's"
      ])
  }

  static let noModel = "none"

  private func role(of model: Manifest.Model) -> String? {
    model.role?.value ?? input.lock?.first { $0.id == model.id.value }?.role
  }

  private func makesVectors(_ model: Manifest.Model) -> Bool {
    [Modality.textToEmbedding, .imageToEmbedding].contains { $0.rawValue == role(of: model) }
  }
}
