/// What a call is for. The group decides what an app's filter does with it, and what a denial says about it.
package enum SystemCallGroup: String, Hashable, Sendable, CaseIterable {
  case memory
  case memoryFile = "memory-file"
  case numa
  case descriptor, file
  case fileMode = "file-mode"
  case fileNode = "file-node"
  case fileOwner = "file-owner"
  case fileAttribute = "file-attribute"
  case ioctl
  case clock
  case clockSetting = "clock-setting"
  case signal
  case identity
  case identityChange = "identity-change"
  case thread, clone, spawn, execute, process
  case selfRestriction = "self-restriction"
  case systemInformation = "system-information"
  case personality
  case socket
  case socketPair = "socket-pair"
  case socketTransfer = "socket-transfer"
  case socketSend = "socket-send"
  case socketConnect = "socket-connect"
  case socketListen = "socket-listen"
  case sharedMemory = "shared-memory"
  case inspection, namespace, mount, keyring
  case ioURing = "io-uring"
  case fileHandle = "file-handle"
  case kernel, hardware, removed

  /// The calls of the group, in the order of the table.
  package var calls: [SystemCall] { SystemCall.all.filter { $0.group == self } }
}
