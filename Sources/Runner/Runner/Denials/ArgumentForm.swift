internal import SystemCalls

/// How a denial shows one argument of a call: as the table's type of it has it, or as something that the type cannot
/// tell, such as the text behind an address or the names of flags.
enum ArgumentForm: Character, CaseIterable {
  case byType = "."
  case hexadecimal = "x"
  /// Text in memory that ends with a zero byte.
  case text = "s"
  /// A socket address in memory; its length is the next argument.
  case socketAddress = "A"
  case socketFamily = "F"
  case socketType = "T"
  case cloneFlags = "C"
  case openFlags = "f"

  /// One form for each argument that a denial shows, from the first.
  static func forms(of call: SystemCall) -> [ArgumentForm] {
    guard let special = specialCases[call.name] else { return call.arguments.map { _ in .byType } }
    return special.compactMap(ArgumentForm.init)
  }

  /// The calls with arguments that are more than their type, by name. Arguments past the end are not shown: mostly
  /// addresses, which differ from call to call, while each kind of denial is to be told once.
  static let specialCases: [String: String] = [
    "memfd_create": "sx",
    "chmod": "s.", "fchmodat": ".s.", "fchmodat2": ".s.x", "mknod": "s.", "mknodat": ".s.",
    "ioctl": ".x",
    "clone": "C", "unshare": "C", "setns": ".C",
    "execve": "s..", "execveat": ".s..x",
    "personality": "x",
    "socket": "FT.", "socketpair": "FT..", "connect": ".A.", "bind": ".A.",
    "sendto": "...xA.", "sendmsg": ".", "sendmmsg": ".", "accept": ".", "accept4": ".",
    "mq_open": "sf.", "mq_unlink": "s",
    "process_vm_readv": ".", "process_vm_writev": ".",
    "mount": "sss..", "umount2": "sx", "pivot_root": "ss", "chroot": "s", "open_tree": ".sx", "move_mount": ".s.sx",
    "fsopen": "sx", "fspick": ".sx", "mount_setattr": ".sx",
    "add_key": "ss", "request_key": "ss",
    "name_to_handle_at": ".s..x", "open_by_handle_at": "..x", "fanotify_mark": ".xx.s",
    "finit_module": ".s", "delete_module": "s", "swapon": "sx", "swapoff": "s", "acct": "s", "quotactl": "xs.",
    "sethostname": "s", "setdomainname": "s",
  ]
}
