/// Arithmetic on 32-bit (or 64-bit) values whose bits are functions of the filter's input, highest bit first.
extension DecisionDiagram {
  typealias Bits = [Node]

  func constant(_ value: UInt32) -> Bits {
    (0..<32).map { value >> (31 - UInt32($0)) & 1 == 1 ? DecisionDiagram.yes : DecisionDiagram.no }
  }

  /// The value when no bit of it depends on the input.
  func constantValue(_ bits: Bits) -> UInt32? {
    var value: UInt32 = 0
    for bit in bits {
      guard bit < 0 else { return nil }
      value = value << 1 | (bit == DecisionDiagram.yes ? 1 : 0)
    }
    return value
  }

  mutating func word(_ word: Int) -> Bits { (0..<32).map { bit(Int32(word * 32 + $0)) } }

  // MARK: Predicates

  mutating func equal(_ left: Bits, _ right: Bits) -> Node {
    var result = DecisionDiagram.yes
    for (a, b) in zip(left, right).reversed() {
      switch b {
      case DecisionDiagram.yes: result = choose(a, result, DecisionDiagram.no)
      case DecisionDiagram.no: result = choose(a, DecisionDiagram.no, result)
      default: result = choose(differ(a, b), DecisionDiagram.no, result)
      }
    }
    return result
  }

  /// `left > right`, or `left >= right`, without sign.
  mutating func greater(_ left: Bits, _ right: Bits, orEqual: Bool) -> Node {
    var result = orEqual ? DecisionDiagram.yes : DecisionDiagram.no
    for (a, b) in zip(left, right).reversed() {
      let whenSet = choose(b, result, DecisionDiagram.yes)
      let whenClear = choose(b, DecisionDiagram.no, result)
      result = choose(a, whenSet, whenClear)
    }
    return result
  }

  /// `left & right != 0`.
  mutating func intersects(_ left: Bits, _ right: Bits) -> Node {
    var result = DecisionDiagram.no
    for (a, b) in zip(left, right).reversed() { result = either(both(a, b), result) }
    return result
  }

  // MARK: Arithmetic

  mutating func and(_ left: Bits, _ right: Bits) -> Bits { left.indices.map { both(left[$0], right[$0]) } }
  mutating func or(_ left: Bits, _ right: Bits) -> Bits { left.indices.map { either(left[$0], right[$0]) } }
  mutating func xor(_ left: Bits, _ right: Bits) -> Bits { left.indices.map { differ(left[$0], right[$0]) } }
  mutating func complement(_ bits: Bits) -> Bits { bits.indices.map { not(bits[$0]) } }

  mutating func choose(_ condition: Node, _ then: Bits, _ otherwise: Bits) -> Bits {
    then.indices.map { choose(condition, then[$0], otherwise[$0]) }
  }

  mutating func add(_ left: Bits, _ right: Bits, carry: Node = DecisionDiagram.no) -> Bits {
    var carry = carry
    var result = left
    for index in left.indices.reversed() {
      let sum = differ(left[index], right[index])
      let next = either(both(left[index], right[index]), both(sum, carry))
      result[index] = differ(sum, carry)
      carry = next
    }
    return result
  }

  mutating func subtract(_ left: Bits, _ right: Bits) -> Bits {
    add(left, complement(right), carry: DecisionDiagram.yes)
  }

  mutating func negate(_ bits: Bits) -> Bits { subtract(constant(0), bits) }

  mutating func multiply(_ left: Bits, _ right: Bits) -> Bits {
    if let a = constantValue(left), let b = constantValue(right) { return constant(a &* b) }
    var result = constant(0)
    for place in 0..<32 where right[31 - place] != DecisionDiagram.no && !isExhausted {
      let sum = add(result, shiftLeft(left, by: place))
      result = choose(right[31 - place], sum, result)
    }
    return result
  }

  /// The quotient; the divisor is not zero wherever the result is used.
  mutating func divide(_ left: Bits, _ right: Bits) -> Bits {
    if let a = constantValue(left), let b = constantValue(right), b != 0 { return constant(a / b) }
    if let b = constantValue(right), b.nonzeroBitCount == 1 { return shiftRight(left, by: b.trailingZeroBitCount) }
    var quotient = constant(0)
    // One bit more than the divisor, so that the doubled remainder fits.
    var remainder: Bits = [DecisionDiagram.no] + constant(0)
    let divisor = [DecisionDiagram.no] + right
    for index in 0..<32 where !isExhausted {
      remainder = Bits(remainder.dropFirst()) + [left[index]]
      let fits = greater(remainder, divisor, orEqual: true)
      remainder = choose(fits, subtract(remainder, divisor), remainder)
      quotient[index] = fits
    }
    return quotient
  }

  func shiftLeft(_ bits: Bits, by count: Int) -> Bits {
    Bits(bits.dropFirst(count)) + Bits(repeating: DecisionDiagram.no, count: min(count, bits.count))
  }

  func shiftRight(_ bits: Bits, by count: Int) -> Bits {
    Bits(repeating: DecisionDiagram.no, count: min(count, bits.count)) + Bits(bits.dropLast(count))
  }

  /// Shifts by the low five bits of `count`, as the kernel's 32-bit shifts do.
  mutating func shift(_ bits: Bits, by count: Bits, left: Bool) -> Bits {
    var result = bits
    for place in 0..<5 {
      let shifted = left ? shiftLeft(result, by: 1 << place) : shiftRight(result, by: 1 << place)
      result = choose(count[31 - place], shifted, result)
    }
    return result
  }
}
