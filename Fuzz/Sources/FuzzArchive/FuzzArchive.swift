import BundleFormat
import Digests
import Foundation
import Images
import SystemIO

/// Any bytes, as a bundle and as an archive of an image layout: they are opened or refused, and nothing is written beside
/// the directory that was given. The first byte says which reader gets the rest.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArchive(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let root = "/dev/shm/locara-fuzz-\(getpid())"
  let path = "\(root)/input"
  do {
    try Directories.create(root)
    guard let descriptor = try? FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC) else { return 0 }
    try descriptor.write(Array(bytes.dropFirst()), path: path)
    if (bytes.first ?? 0) & 1 == 0 {
      if let bundle = try? Bundle.open(path) {
        try? bundle.extractPayload(to: "\(root)/payload")
        try? Directories.removeTree("\(root)/payload")
      }
    } else if let image = try? ImageLayout(path) {
      for digest in (try? image.digests()) ?? [] {
        try? Directories.create("\(root)/image")
        try? image.unpack(digest, architecture: "amd64", to: "\(root)/image")
        try? Directories.removeTree("\(root)/image")
      }
    }
    let names = try Directories.names(in: root)
    guard names == ["input"] else { fatalError("something was written beside: \(names)") }
  } catch {
    fatalError("\(error)")
  }
  return 0
}
