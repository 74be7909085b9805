// The sandbox's first process: sets up, starts the program, reaps, passes signals in and the exit status out, and ends
// the sandbox when the program or the runner has ended.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

static int write_file(const char *path, const char *text) {
  long file = raw(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
  if (file < 0) return (int)file;
  long written = raw(SYS_write, file, text, text_length(text));
  raw(SYS_close, file);
  return written < 0 ? (int)written : written == (long)text_length(text) ? 0 : -EIO;
}

static int map_id(const char *path, uint32_t inside, uint32_t outside) {
  char line[48];
  char *end = append_number(line, inside);
  end = append_text(end, " ");
  end = append_number(end, outside);
  append_text(end, " 1\n");
  return write_file(path, line);
}

static int enter_user_namespace(const struct locara_sandbox *sandbox, struct locara_message *message) {
  // user_namespaces(7): without the right to change groups, one id of one's own may be mapped without privilege.
  int result = write_file("/proc/self/setgroups", "deny");
  if (result != 0 && result != -ENOENT)
    return fail_with(message, result, "give up setgroups", "/proc/self/setgroups");
  result = map_id("/proc/self/uid_map", sandbox->user_inside, sandbox->user_outside);
  if (result != 0) return fail_with(message, result, "map the user", "/proc/self/uid_map");
  result = map_id("/proc/self/gid_map", sandbox->group_inside, sandbox->group_outside);
  return result == 0 ? 0 : fail_with(message, result, "map the group", "/proc/self/gid_map");
}

// One record, with a descriptor when it is not -1.
static void send_message(int channel, const struct locara_message *message, int descriptor) {
  struct iovec data = {.iov_base = (void *)message, .iov_len = sizeof *message};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr packet = {.msg_iov = &data, .msg_iovlen = 1};
  if (descriptor >= 0) {
    clear_bytes(&control, sizeof control);
    packet.msg_control = &control;
    packet.msg_controllen = sizeof control;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    copy_bytes(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
  }
  while (raw(SYS_sendmsg, channel, &packet, MSG_NOSIGNAL) == -EINTR) {
  }
}

static void end(int code) __attribute__((noreturn));
static void end(int code) {
  for (;;) raw(SYS_exit_group, code);
}

// The end of this process is the end of the program's, which is tied to it.
static void stop(int channel, const struct locara_message *message) __attribute__((noreturn));
static void stop(int channel, const struct locara_message *message) {
  send_message(channel, message, -1);
  end(127);
}

// The runner is gone. If it left the caller's terminal with its modes changed, and nobody has changed them since, they
// become what they were. This process is in another session, so nothing stops it from that.
static void give_terminal_back(const struct locara_sandbox *sandbox) {
  // The kernel's struct begins as the C library's does, and is shorter: ioctl_tty(2).
  struct termios now;
  if (!sandbox->terminal || raw(SYS_ioctl, sandbox->caller_terminal, TCGETS, &now) != 0) return;
  const struct termios *changed = sandbox->changed_modes;
  if (now.c_lflag == changed->c_lflag && now.c_iflag == changed->c_iflag && now.c_oflag == changed->c_oflag)
    raw(SYS_ioctl, sandbox->caller_terminal, TCSETSW, sandbox->former_modes);
}

// Closes all descriptors but these.
static void close_others(const int *kept, int count) {
  int next = 0;
  for (;;) {
    int lowest = -1;
    for (int index = 0; index < count; index++)
      if (kept[index] >= next && (lowest < 0 || kept[index] < lowest)) lowest = kept[index];
    if (lowest < 0) break;
    if (lowest > next) raw(SYS_close_range, next, lowest - 1, 0);
    next = lowest + 1;
  }
  raw(SYS_close_range, next, ~0U, 0);
}

static int set_up(const struct locara_sandbox *sandbox, struct locara_message *message) {
  long result;
  if (sandbox->namespaces & KERNEL_CLONE_NEWUSER && enter_user_namespace(sandbox, message) != 0) return -1;
  if (sandbox->control_group >= 0 && sandbox->namespaces & KERNEL_CLONE_NEWCGROUP
      && (result = raw(SYS_unshare, CLONE_NEWCGROUP)) != 0)
    return fail_with(message, result, "create the namespace of control groups", "");
  // No other process of the user reads this one's memory, which is a copy of the runner's.
  if ((result = raw(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0)) != 0)
    return fail_with(message, result, "hide from tracers", "");
  if (!(sandbox->namespaces & KERNEL_CLONE_NEWPID)
      && (result = raw(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) != 0)
    return fail_with(message, result, "become the reaper", "");
  if (sandbox->namespaces & KERNEL_CLONE_NEWUTS) {
    result = raw(SYS_sethostname, sandbox->host_name, text_length(sandbox->host_name));
    if (result == 0) result = raw(SYS_setdomainname, "", 0);
    if (result != 0) return fail_with(message, result, "set the host name", "");
  }
  return 0;
}

uint64_t first_namespaces(const struct locara_sandbox *sandbox) {
  // The program makes its network itself, beside the rest of the set-up; a probe has no program.
  return sandbox->namespaces & ~(sandbox->arguments != NULL ? KERNEL_CLONE_NEWNET : 0);
}

static int start_program(void *argument) {
  become_program(argument);
  // A failure, recorded in memory that the parent shares. If the filter is loaded, it may allow no call at all, not
  // even exit: so this ends by a fault.
  __builtin_trap();
}

// Reaps one child that has changed, with the options of wait4(2).
static long reap(int *status, int options) {
  long process;
  do process = raw(SYS_wait4, -1, status, options, 0);
  while (process == -EINTR);
  return process;
}

// Ends what the program has left behind, until nothing is left but this process.
static void end_the_rest(const struct locara_sandbox *sandbox) {
  if (sandbox->namespaces & KERNEL_CLONE_NEWPID) {
    // The processes that a dead one leaves become this one's children, so that without any nobody is left.
    if (reap(NULL, WNOHANG) == -ECHILD) return;
    // Whoever is being born meanwhile either gets the signal or is seen by the next turn.
    do raw(SYS_kill, -1, SIGKILL);
    while (reap(NULL, 0) != -ECHILD);
    return;
  }
  end_children();
}

static void end_sandbox(const struct locara_sandbox *sandbox, int code) __attribute__((noreturn));
static void end_sandbox(const struct locara_sandbox *sandbox, int code) {
  if (!(sandbox->namespaces & KERNEL_CLONE_NEWPID)) end_the_rest(sandbox);
  end(code);  // the end of a pid namespace's first process is the end of all
}

// Says that the program was stopped, or that it ended, and then ends the sandbox.
static void tell_change(const struct locara_sandbox *sandbox, int channel, int status) {
  struct locara_message message;
  clear_bytes(&message, sizeof message);
  if (WIFSTOPPED(status)) {
    message.kind = LOCARA_STOPPED;
    message.value = WSTOPSIG(status);
    send_message(channel, &message, -1);
    return;
  }
  message.kind = LOCARA_ENDED;
  message.value = status;
  // Before the message: who gets it may rely on nothing of the app running any more.
  end_the_rest(sandbox);
  send_message(channel, &message, -1);
  end_sandbox(sandbox, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void look_after(const struct locara_sandbox *sandbox, int channel, int children, long program)
    __attribute__((noreturn));
static void look_after(const struct locara_sandbox *sandbox, int channel, int children, long program) {
  for (;;) {
    struct pollfd events[2] = {{.fd = channel, .events = POLLIN}, {.fd = children, .events = POLLIN}};
    long ready = raw(SYS_ppoll, events, 2, 0, 0, 0);
    if (ready < 0 && ready != -EINTR) end_sandbox(sandbox, 127);
    if (ready < 0) continue;
    if (events[1].revents) {
      struct signalfd_siginfo ignored;
      while (raw(SYS_read, children, &ignored, sizeof ignored) > 0) {
      }
      int status;
      long ended;
      while ((ended = reap(&status, WNOHANG | WUNTRACED)) > 0)
        if (ended == program) tell_change(sandbox, channel, status);
    }
    if (events[0].revents) {
      int32_t order[2];
      long length = raw(SYS_recvfrom, channel, order, sizeof order, MSG_DONTWAIT, 0, 0);
      if (length == sizeof order) {
        // Not reaped before the loop above sees it, so the pid is still the program's.
        if (order[1] == LOCARA_TO_ALL && sandbox->namespaces & KERNEL_CLONE_NEWPID)
          raw(SYS_kill, -1, order[0]);
        else
          raw(SYS_kill, order[1] != LOCARA_TO_PROGRAM ? -program : program, order[0]);
      } else if (length == 0 || (length < 0 && length != -EAGAIN && length != -EINTR)) {
        give_terminal_back(sandbox);
        end_sandbox(sandbox, 128 + SIGKILL);  // the runner is gone
      }
    }
  }
}

// Waits until the program's process no longer shares this one's memory: it has been executed, or has ended.
static void await_execution(const uint32_t *process) {
  uint32_t value;
  while ((value = __atomic_load_n(process, __ATOMIC_ACQUIRE)) != 0) raw(SYS_futex, process, FUTEX_WAIT, value, 0, 0);
}

void run_init(const struct locara_sandbox *sandbox, int channel) {
  static struct locara_message message, program_message;
  static struct program program;
  // The program starts on this stack, in this address space, beside this process: nothing is copied.
  static char stack[64 * 1024] __attribute__((aligned(64)));
  static uint32_t sharing;

  clear_bytes(&message, sizeof message);
  if (set_up(sandbox, &message) != 0) stop(channel, &message);
  const uint64_t every = ~0ULL;
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &every, 0, KERNEL_SIGNAL_SET_SIZE);
  // A session of the sandbox's own. Its controlling terminal, if it has one, is the app's own too: in the caller's there
  // is nobody's input to push characters into (TIOCSTI, TIOCLINUX).
  long result = raw(SYS_setsid);
  if (result >= 0 && sandbox->terminal) result = raw(SYS_ioctl, sandbox->input, TIOCSCTTY, 0);
  if (result < 0) {
    fail_with(&message, result, "start a session", "");
    stop(channel, &message);
  }
  program.sandbox = sandbox;
  program.channel = channel;
  program.parent = (int32_t)raw(SYS_getpid);
  program.listener = -1;
  program.message = &program_message;
  long child = 0;
  if (sandbox->arguments != NULL) {
    sharing = 1;
    // The kernel clears `sharing` when the process executes or ends.
    child = raw_clone(
        CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD, stack + sizeof stack, &sharing, start_program, &program);
    if (child < 0) {
      fail_with(&message, child, "start the program", "");
      stop(channel, &message);
    }
  }
  int old_root = -1;
  if (sandbox->namespaces & KERNEL_CLONE_NEWNS && (old_root = build_root(sandbox, &message)) < 0)
    stop(channel, &message);
  raise_flag(&program.has_root);
  if (sandbox->awaits_permission) {
    // The runner looks at the app's files once more while the rest of the set-up goes on.
    message.kind = LOCARA_READY;
    send_message(channel, &message, -1);
    clear_bytes(&message, sizeof message);
  }
  if (old_root >= 0 && detach_old_root(old_root, &message) != 0) stop(channel, &message);
  if (child == 0) {  // a probe: as far as here is all that was asked
    message.kind = LOCARA_STARTED;
    send_message(channel, &message, -1);
    end(0);
  }
  raise_flag(&program.is_alone);

  // Standard streams included: the program alone decides how long they stay open.
  const uint64_t ended = 1ULL << (SIGCHLD - 1);
  long children = raw(SYS_signalfd4, -1, &ended, KERNEL_SIGNAL_SET_SIZE, SFD_CLOEXEC | SFD_NONBLOCK);
  if (children < 0) {
    fail_with(&message, children, "watch for children", "");
    stop(channel, &message);
  }
  if (drop_capabilities(has_setpcap(), &message) != 0) stop(channel, &message);
  raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  await_execution(&sharing);
  if (program_message.kind == LOCARA_FAILED) stop(channel, &program_message);
  message.kind = LOCARA_STARTED;
  message.value = (int32_t)child;
  send_message(channel, &message, program.listener);
  const int kept[] = {channel, (int)children, sandbox->terminal ? sandbox->caller_terminal : channel};
  close_others(kept, 3);
  look_after(sandbox, channel, (int)children, child);
}
