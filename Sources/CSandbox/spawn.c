// The runner's side: one clone, and the channel to the sandbox's first process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "internal.h"

// As root, supplementary groups would keep opening files by group. The calls go straight to the kernel, where they
// concern this thread alone; glibc's would change the whole process.
static int drop_groups(gid_t *saved, int capacity) {
  if (geteuid() != 0) return 0;
  long count = syscall(SYS_getgroups, capacity, saved);
  if (count <= 0) return (int)count;
  // Without CAP_SETGID this is a root of no power, whose groups are as harmless as a user's.
  return syscall(SYS_setgroups, 0, NULL) == 0 ? (int)count : 0;
}

// Out of the way of the standard streams, when the caller has some of those closed.
static int raise_descriptor(int descriptor) {
  if (descriptor >= 3) return descriptor;
  int raised = fcntl(descriptor, F_DUPFD_CLOEXEC, 3), error = errno;
  close(descriptor);
  errno = error;
  return raised;
}

int locara_spawn(const struct locara_sandbox *sandbox, struct locara_spawned *spawned, struct locara_message *failure) {
  int channel[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
    return fail(failure, "create the channel", "");
  channel[0] = raise_descriptor(channel[0]);
  channel[1] = raise_descriptor(channel[1]);
  gid_t groups[1024];
  int group_count = drop_groups(groups, sizeof groups / sizeof *groups);
  if (group_count < 0 || channel[0] < 0 || channel[1] < 0) {
    int error = errno;
    close(channel[0]);
    close(channel[1]);
    errno = error;
    return fail(failure, group_count < 0 ? "drop the supplementary groups" : "create the channel", "");
  }
  int pid_fd = -1;
  struct kernel_clone_args arguments = {
      .flags = KERNEL_CLONE_PIDFD | first_namespaces(sandbox),
      .pidfd = (uint64_t)(uintptr_t)&pid_fd,
      .exit_signal = SIGCHLD,
  };
  if (sandbox->control_group >= 0) {
    // The new process makes its own namespace of groups, in which its group is the root.
    arguments.flags = (arguments.flags & ~KERNEL_CLONE_NEWCGROUP) | KERNEL_CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)sandbox->control_group;
  }
  sigset_t every, before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  long process = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (process == 0) {
    close(channel[0]);
    run_init(sandbox, channel[1]);
  }
  int error = errno;
  if (group_count > 0) syscall(SYS_setgroups, group_count, groups);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(channel[1]);
  if (process < 0) {
    close(channel[0]);
    errno = error;
    return fail(failure, "create the namespaces", "");
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
  ssize_t length;
  // An order that the other side did not read before its end is told before its last record, once.
  do length = recvmsg(channel, &packet, MSG_CMSG_CLOEXEC);
  while (length < 0 && (errno == EINTR || errno == ECONNRESET));
  *descriptor = -1;
  if (length <= 0) return (int)length;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&packet); header; header = CMSG_NXTHDR(&packet, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
  if (length != sizeof *message) {
    errno = EPROTO;
    return -1;
  }
  message->step[sizeof message->step - 1] = 0;
  message->path[sizeof message->path - 1] = 0;
  return 1;
}

int locara_permit(int channel) { return locara_forward(channel, LOCARA_PERMISSION, LOCARA_TO_PROGRAM); }

int locara_forward(int channel, int number, int recipient) {
  int32_t order[2] = {number, recipient};
  return send(channel, order, sizeof order, MSG_NOSIGNAL) == sizeof order ? 0 : -1;
}

int locara_reap(int pid_fd, int *status) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int result;
  do result = waitid(3 /* P_PIDFD */, (id_t)pid_fd, &info, WEXITED);
  while (result != 0 && errno == EINTR);
  *status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
  return result;
}

int locara_kill(int pid_fd, int number) {
  return (int)syscall(SYS_pidfd_send_signal, pid_fd, number, NULL, 0);
}

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH, SIGALRM};

int locara_catch_signals(uint64_t *previous) {
  sigset_t caught, before;
  sigemptyset(&caught);
  for (size_t index = 0; index < sizeof forwarded / sizeof *forwarded; index++) sigaddset(&caught, forwarded[index]);
  pthread_sigmask(SIG_BLOCK, &caught, &before);
  memcpy(previous, &before, sizeof *previous);
  return signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
}

void locara_restore_signals(int descriptor, uint64_t previous) {
  sigset_t before;
  sigemptyset(&before);
  memcpy(&before, &previous, sizeof previous);
  close(descriptor);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int locara_next_signal(int descriptor, int *from_terminal) {
  struct signalfd_siginfo info;
  if (read(descriptor, &info, sizeof info) != sizeof info) return 0;
  *from_terminal = info.ssi_code == SI_KERNEL;
  return (int)info.ssi_signo;
}
