internal import Glibc

/// EAGAIN, with the type of the C calls' results.
let EAGAINNumber: Int32 = EAGAIN

func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }

/// What keeps a connection from being there, asm-generic/errno.h.
enum ConnectionErrors {
  static let refused: Int32 = ECONNREFUSED
  static let timedOut: Int32 = ETIMEDOUT

  static func text(_ number: Int32) -> String {
    switch number {
    case ECONNREFUSED: "the host refuses the connection"
    case ETIMEDOUT: "the host does not answer"
    case ENETUNREACH, EHOSTUNREACH: "there is no way to the host"
    case ECONNRESET: "the host broke the connection off"
    case EMFILE, ENFILE: "too many descriptors are open"
    default: unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
  }
}
