internal import CZlib
internal import SystemIO

/// Decompresses gzip (RFC 1952), also of several members, piece by piece, by the system's zlib.
@safe final class Inflater {
  private var stream = unsafe z_stream()
  private var isDone = false
  private let output: UnsafeMutableBufferPointer<UInt8>
  private static let capacity = 256 << 10

  init(path: String) throws(Failure) {
    unsafe output = .allocate(capacity: Inflater.capacity)
    guard unsafe locara_inflate_start(&stream) == Z_OK else {
      unsafe output.deallocate()
      throw Failure("LB066", "zlib cannot start", path: path)
    }
  }

  deinit {
    unsafe inflateEnd(&stream)
    unsafe output.deallocate()
  }

  /// Whether the data may end here.
  var isAtEnd: Bool { isDone }

  /// Decompresses the next piece and gives what comes out to `body`.
  ///
  /// - Throws: LB066 when it is not gzip, or damaged.
  func feed(_ input: [UInt8], path: String, _ body: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
    var bytes = input
    var consumed = 0
    while consumed < bytes.count {
      if isDone {
        // Padding with zeros is allowed after the last member; anything else is another member.
        if bytes[consumed...].allSatisfy({ $0 == 0 }) { return }
        unsafe inflateReset(&stream)
        isDone = false
      }
      var produced = 0
      let before = consumed
      let result = unsafe bytes.withUnsafeMutableBufferPointer { buffer -> Int32 in
        unsafe stream.next_in = buffer.baseAddress?.advanced(by: consumed)
        unsafe stream.avail_in = UInt32(buffer.count - consumed)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(Inflater.capacity)
        let result = unsafe inflate(&stream, Z_NO_FLUSH)
        consumed = unsafe buffer.count - Int(stream.avail_in)
        produced = unsafe Inflater.capacity - Int(stream.avail_out)
        return result
      }
      if produced > 0 { try body(unsafe Array(output.prefix(produced))) }
      switch result {
      case Z_STREAM_END: isDone = true
      case Z_OK: break
      case Z_BUF_ERROR where consumed > before || produced > 0: break
      default: throw Failure("LB066", "the layer is no gzip data, or it is damaged", path: path)
      }
    }
    // What is still inside comes out without more input.
    while !isDone {
      var produced = 0
      let result = { () -> Int32 in
        unsafe stream.next_in = nil
        unsafe stream.avail_in = 0
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(Inflater.capacity)
        let result = unsafe inflate(&stream, Z_NO_FLUSH)
        produced = unsafe Inflater.capacity - Int(stream.avail_out)
        return result
      }()
      if produced > 0 { try body(unsafe Array(output.prefix(produced))) }
      if result == Z_STREAM_END { isDone = true }
      if produced < Inflater.capacity { return }
    }
  }
}
