internal import Glibc

/// Some bytes of a file in memory, for the threads that write and hash them; who fills it gives it away when it is full.
@safe package final class Piece: @unchecked Sendable {
  /// Where the bytes are in the file.
  package let offset: Int64
  /// How many there are.
  package private(set) var count = 0
  /// How many there can be: the next piece begins at a multiple of `Piece.size`.
  private let capacity: Int
  private let memory: UnsafeMutableRawBufferPointer
  private let pool: PiecePool

  /// Bytes of memory that a piece has.
  package static let size = 1 << 20

  fileprivate init(_ memory: UnsafeMutableRawBufferPointer, at offset: Int64, of pool: PiecePool) {
    self.offset = offset
    unsafe self.memory = unsafe memory
    self.pool = pool
    capacity = Piece.size - Int(offset % Int64(Piece.size))
  }

  deinit { unsafe pool.giveBack(memory) }

  package var isFull: Bool { count == capacity }

  /// What is there.
  package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  /// Takes as many of the bytes as there is room for, and says how many.
  package func append(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
    let taken = unsafe min(bytes.count, capacity - count)
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + taken]).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes.prefix(taken)))
    count += taken
    return taken
  }
}

/// The memory of pieces, used again and again: so much and no more, whatever the size of the file.
@safe package final class PiecePool: @unchecked Sendable {
  private let region: UnsafeMutableRawBufferPointer
  private let monitor = Monitor()
  /// Below the monitor. The one that was used last is the next: it may still be in a cache.
  private var free: [UnsafeMutableRawBufferPointer]

  /// - Parameter limit: how many pieces there can be at once.
  package init(_ limit: Int) {
    // In large pages if there are any, of which the kernel needs to hold far fewer while the disk takes what is in them.
    unsafe region = .allocate(byteCount: limit * Piece.size, alignment: 2 << 20)
    _ = unsafe madvise(region.baseAddress, region.count, MADV_HUGEPAGE)
    unsafe free = unsafe (0..<limit).reversed().map { [region] index in
      unsafe UnsafeMutableRawBufferPointer(rebasing: region[index * Piece.size..<(index + 1) * Piece.size])
    }
  }

  deinit { unsafe region.deallocate() }

  /// An empty piece. Waits for one when all are in use.
  package func take(at offset: Int64) -> Piece {
    let memory = unsafe monitor.wait { () -> UnsafeMutableRawBufferPointer? in unsafe free.popLast() }
    return unsafe Piece(memory, at: offset, of: self)
  }

  fileprivate func giveBack(_ memory: UnsafeMutableRawBufferPointer) {
    monitor.change { unsafe free.append(memory) }
  }
}
