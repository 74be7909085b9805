// The runner's side: one clone, and the channel to the sandbox's first process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

// As root, supplementary groups would keep opening files by group. The calls go straight to the kernel, where they
// concern this thread alone; the C library's would change the whole process.
static int drop_groups(gid_t *saved, int capacity) {
  if (raw(SYS_geteuid) != 0) return 0;
  long count = raw(SYS_getgroups, capacity, saved);
  if (count <= 0) return (int)count;
  // Without CAP_SETGID this is a root of no power, whose groups are as harmless as a user's.
  return raw(SYS_setgroups, 0, 0) == 0 ? (int)count : 0;
}

// Out of the way of the standard streams, when the caller has some of those closed.
static int raise_descriptor(int descriptor) {
  if (descriptor >= 3) return descriptor;
  long raised = raw(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, 3);
  raw(SYS_close, descriptor);
  return (int)raised;
}

int locara_spawn(const struct locara_sandbox *sandbox, struct locara_spawned *spawned, struct locara_message *failure) {
  int channel[2];
  long result = raw(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel);
  if (result != 0) return fail_with(failure, result, "create the channel", "");
  channel[0] = raise_descriptor(channel[0]);
  channel[1] = raise_descriptor(channel[1]);
  if (channel[0] < 0 || channel[1] < 0)
    return fail_with(failure, channel[0] < 0 ? channel[0] : channel[1], "create the channel", "");
  gid_t groups[1024];
  int group_count = drop_groups(groups, sizeof groups / sizeof *groups);
  if (group_count < 0) {
    raw(SYS_close, channel[0]);
    raw(SYS_close, channel[1]);
    return fail_with(failure, group_count, "drop the supplementary groups", "");
  }
  int pid_fd = -1;
  struct kernel_clone_args arguments;
  clear_bytes(&arguments, sizeof arguments);
  arguments.flags = KERNEL_CLONE_PIDFD | first_namespaces(sandbox);
  arguments.pidfd = (uint64_t)(uintptr_t)&pid_fd;
  arguments.exit_signal = SIGCHLD;
  if (sandbox->control_group >= 0) {
    // The new process makes its own namespace of groups, in which its group is the root.
    arguments.flags = (arguments.flags & ~KERNEL_CLONE_NEWCGROUP) | KERNEL_CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)sandbox->control_group;
  }
  const uint64_t every = ~0ULL;
  uint64_t before;
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &every, &before, KERNEL_SIGNAL_SET_SIZE);
  long process = raw(SYS_clone3, &arguments, sizeof arguments);
  if (process == 0) {
    raw(SYS_close, channel[0]);
    run_init(sandbox, channel[1]);
  }
  if (group_count > 0) raw(SYS_setgroups, group_count, groups);
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0, KERNEL_SIGNAL_SET_SIZE);
  raw(SYS_close, channel[1]);
  if (process < 0) {
    raw(SYS_close, channel[0]);
    return fail_with(failure, process, "create the namespaces", "");
  }
  spawned->process = (int32_t)process;
  spawned->pid_fd = pid_fd;
  spawned->channel = channel[0];
  return 0;
}

int locara_receive(int channel, struct locara_message *message, int *descriptor) {
  struct iovec data = {.iov_base = message, .iov_len = sizeof *message};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr packet = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  long length;
  // An order that the other side did not read before its end is told before its last record, once.
  do length = raw(SYS_recvmsg, channel, &packet, MSG_CMSG_CLOEXEC);
  while (length == -EINTR || length == -ECONNRESET);
  *descriptor = -1;
  if (length <= 0) return (int)length;
  // There is room for one, and one alone is sent.
  if (packet.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_level == SOL_SOCKET
      && control.header.cmsg_type == SCM_RIGHTS)
    copy_bytes(descriptor, CMSG_DATA(&control.header), sizeof *descriptor);
  if (length != sizeof *message) return -EPROTO;
  message->step[sizeof message->step - 1] = 0;
  message->path[sizeof message->path - 1] = 0;
  return 1;
}

int locara_permit(int channel) { return locara_forward(channel, LOCARA_PERMISSION, LOCARA_TO_PROGRAM); }

int locara_forward(int channel, int number, int recipient) {
  int32_t order[2] = {number, recipient};
  long sent = raw(SYS_sendto, channel, order, sizeof order, MSG_NOSIGNAL, 0, 0);
  return sent == sizeof order ? 0 : sent < 0 ? (int)sent : -EIO;
}

int locara_reap(int pid_fd, int *status) {
  siginfo_t info;
  clear_bytes(&info, sizeof info);
  long result;
  do result = raw(SYS_waitid, 3 /* P_PIDFD */, pid_fd, &info, WEXITED, 0);
  while (result == -EINTR);
  *status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
  return (int)result;
}

int locara_kill(int pid_fd, int number) { return (int)raw(SYS_pidfd_send_signal, pid_fd, number, 0, 0); }

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH, SIGALRM};

int locara_catch_signals(uint64_t *previous) {
  uint64_t caught = 0;
  for (size_t index = 0; index < sizeof forwarded / sizeof *forwarded; index++) caught |= 1ULL << (forwarded[index] - 1);
  raw(SYS_rt_sigprocmask, SIG_BLOCK, &caught, previous, KERNEL_SIGNAL_SET_SIZE);
  return (int)raw(SYS_signalfd4, -1, &caught, KERNEL_SIGNAL_SET_SIZE, SFD_CLOEXEC | SFD_NONBLOCK);
}

void locara_restore_signals(int descriptor, uint64_t previous) {
  raw(SYS_close, descriptor);
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &previous, 0, KERNEL_SIGNAL_SET_SIZE);
}

int locara_next_signal(int descriptor, int *from_terminal) {
  struct signalfd_siginfo info;
  if (raw(SYS_read, descriptor, &info, sizeof info) != sizeof info) return 0;
  *from_terminal = info.ssi_code == SI_KERNEL;
  return (int)info.ssi_signo;
}
