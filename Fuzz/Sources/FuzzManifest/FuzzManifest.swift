import Diagnostics
import Lowering
import Reports
import Text

/// Any bytes as a manifest: they are read, compiled, shown and laid out; a layout is the same when it is laid out again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifest(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let source = Source(path: "locara.yaml", bytes: Array(UnsafeBufferPointer(start: start, count: count)))
  let output = compile(CompilerInput(manifest: source, files: ["app/main.py"], isStrict: true))
  for diagnostic in output.diagnostics {
    guard (0...count).contains(diagnostic.primary.span.start),
      diagnostic.primary.span.start <= diagnostic.primary.span.end
    else { fatalError("\(diagnostic.code) points outside of the text") }
  }
  _ = renderText(output.diagnostics, sources: [source], color: true, width: 80)
  if case .formatted(let bytes) = Formatting(source) {
    guard case .formatted(bytes) = Formatting(Source(path: source.path, bytes: bytes)) else {
      fatalError("the layout changes when it is laid out again")
    }
  }
  for fix in output.diagnostics.compactMap(\.fix) { _ = applying(fix.edits, to: source.bytes) }
  return 0
}
