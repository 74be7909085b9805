// Questions to the running kernel. Each is answered by trying, never by a version number.
#define _GNU_SOURCE
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "internal.h"

int locara_landlock_abi(void) {
  return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, KERNEL_LANDLOCK_CREATE_RULESET_VERSION);
}

int locara_seccomp_action(uint32_t action) {
  return syscall(SYS_seccomp, KERNEL_SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int locara_probe_namespaces(uint64_t namespaces, struct locara_message *failure) {
  struct locara_sandbox sandbox;
  memset(&sandbox, 0, sizeof sandbox);
  struct locara_mount proc = {.kind = LOCARA_MOUNT_PROC, .target = "proc"};
  sandbox.namespaces = namespaces;
  sandbox.control_group = -1;
  sandbox.user_inside = sandbox.group_inside = 1000;
  sandbox.user_outside = geteuid();
  sandbox.group_outside = getegid();
  sandbox.host_name = "probe";
  if (namespaces & KERNEL_CLONE_NEWPID) {
    sandbox.mounts = &proc;
    sandbox.mount_count = 1;
  }
  struct locara_spawned spawned;
  if (locara_spawn(&sandbox, &spawned, failure) != 0) return -1;
  int descriptor, status;
  int received = locara_receive(spawned.channel, failure, &descriptor);
  locara_reap(spawned.pid_fd, &status);
  close(spawned.channel);
  close(spawned.pid_fd);
  return received == 1 && failure->kind == LOCARA_STARTED ? 0 : -1;
}

// A call that exists complains about its arguments, or about missing rights; only one that does not says ENOSYS.
static int exists(long number) {
  return syscall(number, -1, NULL, -1, NULL, -1, 0) >= 0 || errno != ENOSYS;
}

int locara_probe_mount_calls(void) {
  static const long calls[] = {SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_mount_setattr};
  for (size_t index = 0; index < sizeof calls / sizeof *calls; index++)
    if (!exists(calls[index])) return -1;
  return 0;
}

int locara_probe_pidfd(void) {
  int descriptor = (int)syscall(SYS_pidfd_open, getpid(), 0);
  if (descriptor < 0) return -1;
  int result = (int)syscall(SYS_pidfd_send_signal, descriptor, 0, NULL, 0);
  close(descriptor);
  return result;
}

int locara_is_control_groups(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 && status.f_type == 0x63677270;  // CGROUP2_SUPER_MAGIC, linux/magic.h
}

int locara_is_marked_delegated(const char *path) {
  char value = 0;
  return (getxattr(path, "trusted.delegate", &value, 1) == 1 && value == '1')
      || (getxattr(path, "user.delegate", &value, 1) == 1 && value == '1');
}
