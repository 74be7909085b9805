internal import Diagnostics
internal import Glibc
internal import Manifest
internal import SystemIO

/// The pictures that a manifest names, as `check --strict` looks at them: by the first bytes, never decoded.
enum AssetChecks {
  /// 200 KB and 2 MB.
  private static let iconLimit: Int64 = 200_000
  private static let screenshotLimit: Int64 = 2_000_000

  static func diagnostics(_ manifest: Manifest, in source: Source, directory: String) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func check(_ asset: Located<String>, _ kind: String, _ wrong: (Picture) -> String?) {
      let label = Diagnostic.Label(path: source.path, span: asset.span)
      do throws(Failure) {
        let picture = try Picture(path: "\(directory)/\(asset.value)")
        guard let problem = wrong(picture) else { return }
        found.append(
          Diagnostic(
            "LM051", .error, "the \(kind) `\(asset.value)` is not one that can be shown",
            at: .init(path: label.path, span: label.span, text: problem)))
      } catch let failure {
        found.append(
          Diagnostic(
            "LM050", .error, "the \(kind) `\(asset.value)` cannot be read",
            at: .init(path: label.path, span: label.span, text: failure.message),
            notes: ["paths are relative to the manifest's directory"]))
      }
    }
    if let icon = manifest.about.icon {
      check(icon, "icon") { picture in
        guard case .png(let width, let height) = picture.format else {
          return "expected a PNG, found \(picture.format.name)"
        }
        if width != 512 || height != 512 { return "it has \(width) by \(height) pixels, expected 512 by 512" }
        return picture.size > iconLimit ? "it has \(picture.size) bytes, at most \(iconLimit) are allowed" : nil
      }
    }
    for screenshot in manifest.about.screenshots {
      check(screenshot, "screenshot") { picture in
        switch picture.format {
        case .other: return "expected a PNG or a JPEG, found \(picture.format.name)"
        case .png(let width, let height) where width == 0 || height == 0: return "it has no pixels"
        case .png, .jpeg:
          return picture.size > screenshotLimit
            ? "it has \(picture.size) bytes, at most \(screenshotLimit) are allowed" : nil
        }
      }
    }
    return found
  }
}

/// What the head of a picture's file says.
struct Picture {
  enum Format: Equatable {
    case png(width: UInt32, height: UInt32)
    case jpeg
    case other

    var name: String {
      switch self {
      case .png: "a PNG"
      case .jpeg: "a JPEG"
      case .other: "something else"
      }
    }
  }

  let format: Format
  /// Bytes.
  let size: Int64

  init(path: String) throws(Failure) {
    let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    let status = try descriptor.status(path: path)
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure("LX003", "it is no regular file", path: path) }
    size = Int64(status.st_size)
    format = Picture.format(try descriptor.read(upTo: 24, path: path))
  }

  /// PNG (third edition), sections 5.2 and 11.2.1: a signature, then the chunk IHDR with width and height first. A JPEG
  /// begins with the markers SOI and another one (ITU-T T.81, annex B).
  static func format(_ head: [UInt8]) -> Format {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
    if head.count >= 24, head.starts(with: signature) {
      func number(at offset: Int) -> UInt32 { head[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
      return .png(width: number(at: 16), height: number(at: 20))
    }
    return head.starts(with: [0xFF, 0xD8, 0xFF]) ? .jpeg : .other
  }
}
