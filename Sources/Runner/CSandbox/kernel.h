// What the kernel calls its interfaces, defined here because the headers of the build machine may be older than the
// kernel that the program runs on. Sources: include/uapi/linux/{landlock,mount,sched,seccomp,openat2}.h of Linux 6.18.
#pragma once

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

// Bytes of the kernel's set of signals; glibc's is larger.
#define KERNEL_SIGNAL_SET_SIZE 8

// clone3(2)
struct kernel_clone_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
#define KERNEL_CLONE_PIDFD 0x00001000ULL
#define KERNEL_CLONE_INTO_CGROUP 0x200000000ULL
#define KERNEL_CLONE_NEWTIME 0x00000080ULL
#define KERNEL_CLONE_NEWNS 0x00020000ULL
#define KERNEL_CLONE_NEWCGROUP 0x02000000ULL
#define KERNEL_CLONE_NEWUTS 0x04000000ULL
#define KERNEL_CLONE_NEWIPC 0x08000000ULL
#define KERNEL_CLONE_NEWUSER 0x10000000ULL
#define KERNEL_CLONE_NEWPID 0x20000000ULL
#define KERNEL_CLONE_NEWNET 0x40000000ULL

// openat2(2)
struct kernel_open_how {
  uint64_t flags, mode, resolve;
};
#define KERNEL_RESOLVE_NO_MAGICLINKS 0x02
#define KERNEL_RESOLVE_NO_SYMLINKS 0x04
#define KERNEL_RESOLVE_BENEATH 0x08
#define KERNEL_RESOLVE_IN_ROOT 0x10

// getdents64(2): `length` bytes, name and padding included.
struct kernel_directory_entry {
  uint64_t inode, offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

// The mount calls: open_tree(2), move_mount(2), fsopen(2), mount_setattr(2)
#define KERNEL_OPEN_TREE_CLONE 1
#define KERNEL_OPEN_TREE_CLOEXEC 02000000
#define KERNEL_AT_RECURSIVE 0x8000
#define KERNEL_AT_EMPTY_PATH 0x1000
#define KERNEL_MOVE_MOUNT_F_EMPTY_PATH 0x00000004
#define KERNEL_FSOPEN_CLOEXEC 0x00000001
#define KERNEL_FSMOUNT_CLOEXEC 0x00000001
#define KERNEL_FSCONFIG_SET_STRING 1
#define KERNEL_FSCONFIG_CMD_CREATE 6
#define KERNEL_MOUNT_ATTR_RDONLY 0x00000001
#define KERNEL_MOUNT_ATTR_NOSUID 0x00000002
#define KERNEL_MOUNT_ATTR_NODEV 0x00000004
#define KERNEL_MOUNT_ATTR_NOEXEC 0x00000008
struct kernel_mount_attr {
  uint64_t attr_set, attr_clr, propagation, userns_fd;
};

// landlock(7)
struct kernel_landlock_ruleset {
  uint64_t handled_access_fs, handled_access_net, scoped;
};
struct kernel_landlock_path_beneath {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));
struct kernel_landlock_net_port {
  uint64_t allowed_access, port;
};
#define KERNEL_LANDLOCK_CREATE_RULESET_VERSION 1
#define KERNEL_LANDLOCK_RULE_PATH_BENEATH 1
#define KERNEL_LANDLOCK_RULE_NET_PORT 2
// execute, write, read, truncate, ioctl: what a rule about something that is not a directory may grant
#define KERNEL_LANDLOCK_FILE_ACCESS 0xC007ULL

// seccomp(2)
#define KERNEL_SECCOMP_SET_MODE_FILTER 1
#define KERNEL_SECCOMP_GET_ACTION_AVAIL 2
#define KERNEL_SECCOMP_USER_NOTIF_FLAG_CONTINUE 1
#define KERNEL_SECCOMP_IOCTL_NOTIF_SET_FLAGS 0x40082104UL
#define KERNEL_SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1UL
#define KERNEL_SECCOMP_FILTER_FLAG_NEW_LISTENER (1UL << 3)
#define KERNEL_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)

#define KERNEL_CLOSE_RANGE_CLOEXEC 4
