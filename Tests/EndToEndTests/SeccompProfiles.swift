import Testing

/// Profiles and programs that tests write: right ones, and every kind of wrong one.
enum SeccompProfiles {
  /// A profile in locara's own form.
  static func locara(_ rules: String...) -> String {
    """
    {"format": "locara.seccomp/1", "denied": "errno 1", "unknown": "errno 38", "foreign": "kill-process",
     "rules": [\(rules.joined(separator: ", "))]}
    """
  }

  /// A profile as OCI runtimes read it, which denies unless a rule allows.
  static func oci(_ rules: String, more: String = "") -> String {
    #"{"defaultAction": "SCMP_ACT_ERRNO"\#(more), "syscalls": [\#(rules)]}"#
  }

  private static func comparing(_ comparison: String) -> String {
    locara(#"{"call": "socket", "action": "allow", "where": [\#(comparison)]}"#)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var code: String
    /// What the error must name.
    var words: [String] = []
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ code: String, _ words: String...) {
      (self.name, self.bytes, self.code, self.words) = (name, Array(text.utf8), code, words)
    }

    init(_ name: String, _ program: [[UInt8]], _ code: String, _ words: String...) {
      (self.name, self.bytes, self.code, self.words) = (name, program.flatMap { $0 }, code, words)
    }
  }

  static let wrongProfiles = [
    Mistake("unknown call", oci(#"{"names": ["raed"], "action": "SCMP_ACT_ALLOW"}"#), "LC001", "`raed`", "`read`"),
    Mistake("unknown call, own form", locara(#"{"call": "opn", "action": "allow"}"#), "LC001", "`opn`", "`open`"),
    Mistake(
      "call of another architecture", locara(#"{"call": "chown32", "action": "allow"}"#), "LC002", "`chown32`", "i386"),
    Mistake(
      "contradicting rules",
      locara(#"{"call": "read", "action": "allow"}"#, #"{"call": "read", "action": "kill-process"}"#), "LC004", "`read`"
    ),
    Mistake(
      "contradicting conditions",
      comparing(
        #"{"argument": 0, "compare": "equal", "value": "1"}, {"argument": 0, "compare": "equal", "value": "2"}"#),
      "LC008", "`socket`"),
    Mistake(
      "empty range", comparing(#"{"argument": 0, "compare": "range", "value": "5", "end": "2"}"#), "LC008", "`socket`"),
    Mistake(
      "mask of zero",
      oci(
        #"{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "#
          + #""args": [{"index": 0, "value": 0, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}"#),
      "LC005", "`personality`"),
    Mistake(
      "value beyond 32 bits", comparing(#"{"argument": 0, "compare": "equal", "value": "0x100000000"}"#), "LC003",
      "0x100000000", "`socket`"),
    Mistake(
      "a pointer compared",
      locara(
        #"{"call": "open", "action": "allow", "where": [{"argument": 0, "compare": "equal", "value": "1"}]}"#),
      "LC006", "`open`"),
    Mistake(
      "duplicate key", #"{"defaultAction": "SCMP_ACT_ALLOW", "defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}"#,
      "LC030", "duplicate", "defaultAction"),
    Mistake("trailing data", oci("") + " x", "LC030"),
    Mistake("cut short", String(oci("").dropLast()), "LC030"),
    Mistake("deep nesting", #"{"syscalls": "# + String(repeating: "[", count: 100_000), "LC030"),
    Mistake("unknown member", oci("", more: #", "syscall": []"#), "LC030", "`syscall`"),
    Mistake("unknown action", #"{"defaultAction": "SCMP_ACT_WHATEVER", "syscalls": []}"#, "LC030", "SCMP_ACT_WHATEVER"),
    Mistake(
      "unknown architecture", oci("", more: #", "architectures": ["SCMP_ARCH_PDP11"]"#), "LC031", "SCMP_ARCH_PDP11"),
  ]

  private static func instruction(_ code: UInt16, _ yes: UInt8 = 0, _ no: UInt8 = 0, _ value: UInt32 = 0) -> [UInt8] {
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    return bytes(code) + [yes, no] + bytes(value)
  }

  /// `BPF_RET | BPF_K` with SECCOMP_RET_ALLOW.
  static let allow = instruction(0x06, 0, 0, 0x7FFF_0000)
  /// `BPF_LD | BPF_W | BPF_ABS` of the call's number.
  static let load = instruction(0x20)

  static let wrongPrograms = [
    Mistake("no instructions", [], "LC020"),
    Mistake("half an instruction", [allow, [0x06, 0, 0, 0]], "LC020", "12 bytes"),
    Mistake("4097 instructions", Array(repeating: load, count: 4096) + [allow], "LC009", "4097"),
    Mistake("conditional jump out of range", [instruction(0x15, 5, 0, 1), allow], "LC020", "jump"),
    Mistake("jump out of range", [instruction(0x05, 0, 0, .max), allow], "LC020", "jump"),
    Mistake("no return at the end", [load], "LC020", "return"),
    Mistake("load between words", [instruction(0x20, 0, 0, 2), allow], "LC020"),
    Mistake("load beyond the data", [instruction(0x20, 0, 0, 64), allow], "LC020"),
    Mistake("division by zero", [instruction(0x34), allow], "LC020"),
    Mistake("unknown operation", [instruction(0xFFFF), allow], "LC020"),
    Mistake("packet load, which seccomp has not", [instruction(0x28), allow], "LC020"),
    Mistake("scratch word read before it is written", [instruction(0x60, 0, 0, 3), allow], "LC020"),
    Mistake("noise", [[0x61], Array(repeating: 0x5A, count: 63)], "LC020"),
  ]
}
