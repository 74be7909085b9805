/// One instruction of classic BPF: `struct sock_filter`, linux/filter.h.
package struct BPFInstruction: Hashable, Sendable {
  package var code: UInt16
  /// Instructions to skip when a comparison holds.
  package var jumpTrue: UInt8
  /// Instructions to skip when it does not.
  package var jumpFalse: UInt8
  package var operand: UInt32

  package init(_ code: UInt16, _ operand: UInt32 = 0, jumpTrue: UInt8 = 0, jumpFalse: UInt8 = 0) {
    self.code = code
    self.jumpTrue = jumpTrue
    self.jumpFalse = jumpFalse
    self.operand = operand
  }

  /// Eight bytes, little-endian.
  package var bytes: [UInt8] {
    [
      UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8), jumpTrue, jumpFalse,
      UInt8(truncatingIfNeeded: operand), UInt8(truncatingIfNeeded: operand >> 8),
      UInt8(truncatingIfNeeded: operand >> 16), UInt8(truncatingIfNeeded: operand >> 24),
    ]
  }

  /// Reads the eight bytes from `offset` on, which must be there.
  init(_ bytes: [UInt8], at offset: Int) {
    code = UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
    jumpTrue = bytes[offset + 2]
    jumpFalse = bytes[offset + 3]
    operand =
      UInt32(bytes[offset + 4]) | UInt32(bytes[offset + 5]) << 8 | UInt32(bytes[offset + 6]) << 16
      | UInt32(bytes[offset + 7]) << 24
  }
}

/// Operation codes that the kernel accepts in a seccomp filter, linux/bpf_common.h. `K` takes the operand, `X` the
/// index register.
package enum BPFCode {
  package static let loadWord: UInt16 = 0x20
  package static let loadLength: UInt16 = 0x80
  package static let loadImmediate: UInt16 = 0x00
  package static let loadMemory: UInt16 = 0x60
  package static let loadIndexLength: UInt16 = 0x81
  package static let loadIndexImmediate: UInt16 = 0x01
  package static let loadIndexMemory: UInt16 = 0x61
  package static let store: UInt16 = 0x02
  package static let storeIndex: UInt16 = 0x03
  package static let returnConstant: UInt16 = 0x06
  package static let returnAccumulator: UInt16 = 0x16
  package static let copyToIndex: UInt16 = 0x07
  package static let copyFromIndex: UInt16 = 0x87
  package static let negate: UInt16 = 0x84
  package static let jump: UInt16 = 0x05
  package static let jumpEqual: UInt16 = 0x15
  package static let jumpGreater: UInt16 = 0x25
  package static let jumpGreaterOrEqual: UInt16 = 0x35
  package static let jumpSet: UInt16 = 0x45
  package static let and: UInt16 = 0x54

  /// Set in a comparison or an arithmetic code that takes the index register.
  package static let indexSource: UInt16 = 0x08

  static let classMask: UInt16 = 0x07
  static let operationMask: UInt16 = 0xF0
}
