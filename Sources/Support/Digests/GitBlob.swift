internal import CCrypto

/// The name that git gives to a file's content: the SHA-1 of `blob SIZE`, a zero byte and the content.
///
/// It tells files apart that are not hostile; what must not be forged is compared by SHA-256.
package enum GitBlob {
  /// 40 lower-case hexadecimal digits.
  package static func name(of bytes: [UInt8]) -> String {
    let content = Array("blob \(bytes.count)\0".utf8) + bytes
    var digest = [UInt8](repeating: 0, count: 20)
    guard unsafe locara_sha1(content, content.count, &digest) == 1 else { fatalError("libcrypto cannot compute SHA-1") }
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
