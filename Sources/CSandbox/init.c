// The sandbox's first process: sets up, starts the program, reaps, passes signals in and the exit status out, and ends
// the sandbox when the program or the runner has ended.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "internal.h"

static int write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t written = write(file, text, strlen(text));
  int saved = errno;
  close(file);
  errno = saved;
  return written == (ssize_t)strlen(text) ? 0 : -1;
}

static char *append(char *end, const char *text) {
  while (*text) *end++ = *text++;
  *end = 0;
  return end;
}

static char *append_number(char *end, uint32_t value) {
  char digits[12];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (count > 0) *end++ = digits[--count];
  *end = 0;
  return end;
}

static int map_id(const char *path, uint32_t inside, uint32_t outside) {
  char line[48];
  char *end = append_number(line, inside);
  end = append(end, " ");
  end = append_number(end, outside);
  append(end, " 1\n");
  return write_file(path, line);
}

static int enter_user_namespace(const struct locara_sandbox *sandbox, struct locara_message *message) {
  // user_namespaces(7): without the right to change groups, one id of one's own may be mapped without privilege.
  if (write_file("/proc/self/setgroups", "deny") != 0 && errno != ENOENT)
    return fail(message, "give up setgroups", "/proc/self/setgroups");
  if (map_id("/proc/self/uid_map", sandbox->user_inside, sandbox->user_outside) != 0)
    return fail(message, "map the user", "/proc/self/uid_map");
  if (map_id("/proc/self/gid_map", sandbox->group_inside, sandbox->group_outside) != 0)
    return fail(message, "map the group", "/proc/self/gid_map");
  return 0;
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
    memset(&control, 0, sizeof control);
    packet.msg_control = &control;
    packet.msg_controllen = sizeof control;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
  }
  while (sendmsg(channel, &packet, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

// The end of this process is the end of the program's, which is tied to it.
static void stop(int channel, const struct locara_message *message) __attribute__((noreturn));
static void stop(int channel, const struct locara_message *message) {
  send_message(channel, message, -1);
  _exit(127);
}

// The runner is gone. If it left the caller's terminal with its modes changed, and nobody has changed them since, they
// become what they were. This process is in another session, so nothing stops it from that.
static void give_terminal_back(const struct locara_sandbox *sandbox) {
  struct termios now;
  if (!sandbox->terminal || tcgetattr(sandbox->caller_terminal, &now) != 0) return;
  const struct termios *changed = sandbox->changed_modes;
  if (now.c_lflag == changed->c_lflag && now.c_iflag == changed->c_iflag && now.c_oflag == changed->c_oflag)
    tcsetattr(sandbox->caller_terminal, TCSADRAIN, sandbox->former_modes);
}

// Closes all descriptors but these.
static void close_others(const int *kept, int count) {
  int next = 0;
  for (;;) {
    int lowest = -1;
    for (int index = 0; index < count; index++)
      if (kept[index] >= next && (lowest < 0 || kept[index] < lowest)) lowest = kept[index];
    if (lowest < 0) break;
    if (lowest > next) syscall(SYS_close_range, next, lowest - 1, 0);
    next = lowest + 1;
  }
  syscall(SYS_close_range, next, ~0U, 0);
}

static int set_up(const struct locara_sandbox *sandbox, struct locara_message *message) {
  if (sandbox->namespaces & KERNEL_CLONE_NEWUSER && enter_user_namespace(sandbox, message) != 0) return -1;
  if (sandbox->control_group >= 0 && sandbox->namespaces & KERNEL_CLONE_NEWCGROUP
      && unshare(CLONE_NEWCGROUP) != 0)
    return fail(message, "create the namespace of control groups", "");
  // No other process of the user reads this one's memory, which is a copy of the runner's.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail(message, "hide from tracers", "");
  if (!(sandbox->namespaces & KERNEL_CLONE_NEWPID) && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return fail(message, "become the reaper", "");
  if (sandbox->namespaces & KERNEL_CLONE_NEWUTS
      && (sethostname(sandbox->host_name, strlen(sandbox->host_name)) != 0 || setdomainname("", 0) != 0))
    return fail(message, "set the host name", "");
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

// Ends what the program has left behind, until nothing is left but this process.
static void end_the_rest(const struct locara_sandbox *sandbox) {
  if (sandbox->namespaces & KERNEL_CLONE_NEWPID) {
    // The processes that a dead one leaves become this one's children, so that without any nobody is left.
    if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) return;
    // Whoever is being born meanwhile either gets the signal or is seen by the next turn.
    do kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno != ECHILD);
    return;
  }
  end_children();
}

static void end_sandbox(const struct locara_sandbox *sandbox, int code) __attribute__((noreturn));
static void end_sandbox(const struct locara_sandbox *sandbox, int code) {
  if (!(sandbox->namespaces & KERNEL_CLONE_NEWPID)) end_the_rest(sandbox);
  _exit(code);  // the end of a pid namespace's first process is the end of all
}

static void look_after(const struct locara_sandbox *sandbox, int channel, int children, pid_t program)
    __attribute__((noreturn));
static void look_after(const struct locara_sandbox *sandbox, int channel, int children, pid_t program) {
  for (;;) {
    struct pollfd events[2] = {{.fd = channel, .events = POLLIN}, {.fd = children, .events = POLLIN}};
    if (poll(events, 2, -1) < 0 && errno != EINTR) end_sandbox(sandbox, 127);
    if (events[1].revents) {
      struct signalfd_siginfo ignored;
      while (read(children, &ignored, sizeof ignored) > 0) {
      }
      int status;
      pid_t ended;
      while ((ended = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (ended != program) continue;
        struct locara_message message;
        memset(&message, 0, sizeof message);
        if (WIFSTOPPED(status)) {
          message.kind = LOCARA_STOPPED;
          message.value = WSTOPSIG(status);
          send_message(channel, &message, -1);
          continue;
        }
        message.kind = LOCARA_ENDED;
        message.value = status;
        // Before the message: who gets it may rely on nothing of the app running any more.
        end_the_rest(sandbox);
        send_message(channel, &message, -1);
        end_sandbox(sandbox, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
      }
    }
    if (events[0].revents) {
      int32_t order[2];
      ssize_t length = recv(channel, order, sizeof order, MSG_DONTWAIT);
      if (length == sizeof order) {
        // Not reaped before the loop above sees it, so the pid is still the program's.
        if (order[1] == LOCARA_TO_ALL && sandbox->namespaces & KERNEL_CLONE_NEWPID)
          kill(-1, order[0]);
        else
          kill(order[1] != LOCARA_TO_PROGRAM ? -program : program, order[0]);
      } else if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
        give_terminal_back(sandbox);
        end_sandbox(sandbox, 128 + SIGKILL);  // the runner is gone
      }
    }
  }
}

// Waits until the program's process no longer shares this one's memory: it has been executed, or has ended.
static void await_execution(const uint32_t *process) {
  uint32_t value;
  while ((value = __atomic_load_n(process, __ATOMIC_ACQUIRE)) != 0)
    syscall(SYS_futex, process, FUTEX_WAIT, value, NULL, NULL, 0);
}

void run_init(const struct locara_sandbox *sandbox, int channel) {
  static struct locara_message message, program_message;
  static struct program program;
  // The program starts on this stack, in this address space, beside this process: nothing is copied.
  static char stack[64 * 1024] __attribute__((aligned(64)));
  static uint32_t sharing;

  memset(&message, 0, sizeof message);
  if (set_up(sandbox, &message) != 0) stop(channel, &message);
  sigset_t every;
  sigfillset(&every);
  sigprocmask(SIG_SETMASK, &every, NULL);
  // A session of the sandbox's own. Its controlling terminal, if it has one, is the app's own too: in the caller's there
  // is nobody's input to push characters into (TIOCSTI, TIOCLINUX).
  if (setsid() < 0 || (sandbox->terminal && ioctl(sandbox->input, TIOCSCTTY, 0) != 0)) {
    fail(&message, "start a session", "");
    stop(channel, &message);
  }
  program = (struct program){.sandbox = sandbox, .channel = channel, .parent = getpid(), .listener = -1, .message = &program_message};
  pid_t child = 0;
  if (sandbox->arguments != NULL) {
    sharing = 1;
    // The kernel clears `sharing` when the process executes or ends, CLONE_CHILD_CLEARTID in clone(2).
    child = clone(
        start_program, stack + sizeof stack, CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD, &program, NULL,
        NULL, &sharing);
    if (child < 0) {
      fail(&message, "start the program", "");
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
    memset(&message, 0, sizeof message);
  }
  if (old_root >= 0 && detach_old_root(old_root, &message) != 0) stop(channel, &message);
  if (child == 0) {  // a probe: as far as here is all that was asked
    message.kind = LOCARA_STARTED;
    send_message(channel, &message, -1);
    _exit(0);
  }
  raise_flag(&program.is_alone);

  // Standard streams included: the program alone decides how long they stay open.
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  int children = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
  if (children < 0) {
    fail(&message, "watch for children", "");
    stop(channel, &message);
  }
  if (drop_capabilities(has_setpcap(), &message) != 0) stop(channel, &message);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  await_execution(&sharing);
  if (program_message.kind == LOCARA_FAILED) stop(channel, &program_message);
  message.kind = LOCARA_STARTED;
  message.value = child;
  send_message(channel, &message, program.listener);
  const int kept[] = {channel, children, sandbox->terminal ? sandbox->caller_terminal : channel};
  close_others(kept, 3);
  look_after(sandbox, channel, children, child);
}
