internal import Glibc
package import SystemIO

extension ModelFacts {
  /// Reads the header of a weights file.
  ///
  /// The format is told by the content where it can be, else by the name.
  /// - Parameters:
  ///   - name: what the file is called where it comes from; in the store files are called by their digests.
  ///   - acceptsPickle: formats that run code are no weights files then, instead of failures.
  /// - Returns: nil for a file that is no weights file, such as a tokenizer.
  /// - Throws: LK007 for a malformed header, LK008 for a format that runs code when it is loaded.
  package static func read(_ path: String, name: String, acceptsPickle: Bool = false) throws(Failure) -> ModelFacts? {
    let file = OpenFile(try ModelStore.openRegular(path))
    let size = Int64(try file.descriptor.status(path: path).st_size)
    return try read(size: size, path: path, name: name, acceptsPickle: acceptsPickle) {
      (offset, count) throws(HeaderProblem) in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
      defer { unsafe buffer.deallocate() }
      guard let got = unsafe try? file.descriptor.read(into: buffer, at: offset, path: path) else { return [] }
      return unsafe [UInt8](buffer[..<got])
    }
  }

  /// The same for a file that is elsewhere and read in parts.
  ///
  /// - Parameters:
  ///   - size: bytes of the whole file.
  ///   - path: where the file is, for messages.
  ///   - source: gives up to so many bytes from an offset, and none only when it cannot.
  package static func read(
    size: Int64, path: String, name: String, acceptsPickle: Bool = false,
    source: @escaping (Int64, Int) throws(HeaderProblem) -> [UInt8]
  ) throws(Failure) -> ModelFacts? {
    let input = HeaderInput(size: size, source: source)
    let start: [UInt8]
    do throws(HeaderProblem) {
      start = try input.read(Int(min(16, input.size)))
    } catch let problem {
      throw malformed(name, problem, path: path)
    }
    input.rewind()
    if !acceptsPickle, let format = PickleFormat.name(start: start, fileName: name) {
      throw Failure(
        "LK008", "\(name) is \(format), which can run any code when it is loaded", path: path,
        help: "use the model's safetensors, GGUF or ONNX files")
    }
    do throws(HeaderProblem) {
      if start.starts(with: "GGUF".utf8) || name.hasSuffix(".gguf") { return try GGUFHeader.facts(input) }
      if name.hasSuffix(".safetensors") { return try SafetensorsHeader.facts(input) }
      if name.hasSuffix(".onnx") { return try ONNXHeader.facts(input) }
      return nil
    } catch let problem {
      throw malformed(name, problem, path: path)
    }
  }

  private static func malformed(_ name: String, _ problem: HeaderProblem, path: String) -> Failure {
    Failure(
      "LK007", "the header of \(name) is malformed: \(problem.text)", path: path,
      help: "get the file again from its source; do not load it")
  }
}

/// A descriptor that a closure can hold.
private final class OpenFile {
  let descriptor: FileDescriptor
  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}

/// Formats whose loaders run code that the file brings: Python's pickle, bare or inside PyTorch's and Keras' containers.
package enum PickleFormat {
  private static let suffixes = [".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".npy.pkl", ".keras", ".h5"]

  /// What the file is called in a message; nil when it is none of them.
  package static func name(start: [UInt8], fileName: String) -> String? {
    // Protocol 2 to 5, then an opcode: pickletools. Protocols 0 and 1 have no mark of their own.
    if start.count > 2, start[0] == 0x80, (2...5).contains(start[1]) { return "a Python pickle" }
    let lower = fileName.lowercased()
    if start.starts(with: [0x50, 0x4B, 3, 4]), lower.hasSuffix(".bin") { return "a PyTorch archive with a pickle" }
    if suffixes.contains(where: lower.hasSuffix) { return "a file of a pickle-based format" }
    return nil
  }
}
