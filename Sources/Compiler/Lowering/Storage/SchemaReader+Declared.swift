package import Diagnostics
package import Manifest
package import Schemas

extension SchemaReader {
  /// Reads a schema that a manifest declares; diagnostics point into the manifest.
  ///
  /// - Returns: the schema, or nil when a diagnostic is an error.
  package static func read(_ declared: DeclaredSchema, in manifest: Source) -> (
    schema: Schema?, diagnostics: [Diagnostic]
  ) {
    let (schema, diagnostics) = read(Source(path: manifest.path, bytes: declared.sql))
    let moved = diagnostics.map { diagnostic in
      var diagnostic = diagnostic
      diagnostic.primary.span = declared.span(of: diagnostic.primary.span)
      for index in diagnostic.secondary.indices {
        diagnostic.secondary[index].span = declared.span(of: diagnostic.secondary[index].span)
      }
      diagnostic.fix = nil  // it would edit the SQL
      if diagnostic.code == "LS020" {
        diagnostic.notes = [
          "`allow` takes `drop table NAME`, `drop column TABLE.COLUMN`, `drop counter TABLE` and `re-embed TABLE`."
        ]
      }
      return diagnostic
    }
    return (schema, moved)
  }
}
