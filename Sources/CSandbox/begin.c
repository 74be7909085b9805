// A sandbox that is begun before its plan is read: making namespaces takes the kernel as long as reading the plan takes
// the runner, and the two need not wait for each other.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "internal.h"
#include "raw.h"

// At the start of the memory that is shared.
struct locara_beginning {
  uint32_t is_made;   // set, and woken as a futex, once the clone has returned
  uint32_t is_known;  // set once `sandbox` is filled in; an order through the channel follows
  int32_t process, pid_fd;
  int32_t error;  // a negative errno of the clone
  int32_t channel;
  uint64_t namespaces;
  struct locara_sandbox identity;  // what `set_up` needs
  struct locara_sandbox sandbox;
};

#define SHARED_SIZE (1 << 20)

// The first process. It has a copy of the runner's memory as it happened to be, maybe with a lock of the allocator held:
// nothing here allocates.
static void wait_and_run(struct locara_beginning *beginning) __attribute__((noreturn));
static void wait_and_run(struct locara_beginning *beginning) {
  int channel = beginning->channel;
  const int kept[] = {0, 1, 2, channel};
  close_others(kept, 4);
  struct locara_message message;
  memset(&message, 0, sizeof message);
  if (set_up(&beginning->identity, &message) != 0) stop(channel, &message);
  spin_for_flag(&beginning->is_known);
  int32_t order[2];
  long length;
  do length = raw(SYS_read, channel, order, sizeof order);
  while (length == -EINTR);
  // Without an order the runner is gone, or has nothing to run.
  if (length != sizeof order) _exit(127);
  run_set_up_init(&beginning->sandbox, channel);
}

// In a thread that shares errno with the runner's own, and its allocator: system calls alone.
static int make_first_process(void *argument) {
  struct locara_beginning *beginning = argument;
  const uint64_t every = ~0ULL;
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &every, NULL, KERNEL_SIGNAL_SET_SIZE);
  // As root, supplementary groups would keep opening files by group. Of this thread alone, which ends here; a root
  // without CAP_SETGID keeps them, and they are as harmless as a user's.
  if (raw(SYS_geteuid) == 0) raw(SYS_setgroups, 0, NULL);
  struct kernel_clone_args arguments = {
      .flags = KERNEL_CLONE_PIDFD | beginning->namespaces,
      .pidfd = (uint64_t)(uintptr_t)&beginning->pid_fd,
      .exit_signal = SIGCHLD,
  };
  long process = raw(SYS_clone3, &arguments, sizeof arguments);
  if (process == 0) wait_and_run(beginning);
  beginning->process = (int32_t)process;
  beginning->error = process < 0 ? (int32_t)process : 0;
  raise_flag(&beginning->is_made);
  return 0;  // of the thread
}

int locara_begin(uint64_t namespaces, const struct locara_sandbox *identity, struct locara_begun *begun) {
  static char stack[64 * 1024] __attribute__((aligned(64)));
  int channel[2];
  void *memory = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return -1;
  struct locara_beginning *beginning = memory;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0) {
    munmap(memory, SHARED_SIZE);
    return -1;
  }
  // With some of the standard streams closed, the channel would be in their place.
  int is_usable = channel[0] > 2 && channel[1] > 2;
  beginning->channel = channel[1];
  beginning->namespaces = namespaces;
  beginning->identity = *identity;
  const int thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  if (!is_usable || clone(make_first_process, stack + sizeof stack, thread, beginning) < 0) {
    close(channel[0]);
    close(channel[1]);
    munmap(memory, SHARED_SIZE);
    return -1;
  }
  const size_t head = (sizeof *beginning + 63) & ~(size_t)63;
  *begun = (struct locara_begun){
      .memory = (char *)memory + head, .size = SHARED_SIZE - head, .channel = channel[0], .far_channel = channel[1],
      .beginning = beginning};
  return 0;
}

// Takes the first process into the control group that was made for it.
static int join_group(int group, int32_t process) {
  char text[12];
  int length = 0, place = 0;
  char digits[12];
  do digits[length++] = (char)('0' + process % 10);
  while ((process /= 10) > 0);
  while (length > 0) text[place++] = digits[--length];
  int file = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t written = write(file, text, (size_t)place);
  int saved = errno;
  close(file);
  errno = saved;
  return written == place ? 0 : -1;
}

int locara_go_on(
    struct locara_begun *begun, const struct locara_sandbox *sandbox, struct locara_spawned *spawned,
    struct locara_message *failure) {
  struct locara_beginning *beginning = begun->beginning;
  await_flag(&beginning->is_made);
  close(begun->far_channel);
  begun->far_channel = -1;
  if (beginning->error < 0) {
    close(begun->channel);
    return fail_with(failure, beginning->error, "create the namespaces", "");
  }
  if (sandbox->control_group >= 0 && join_group(sandbox->control_group, beginning->process) != 0) {
    fail(failure, "enter the control group", "");
    locara_abandon(begun);
    return -1;
  }
  beginning->sandbox = *sandbox;
  raise_flag(&beginning->is_known);
  *spawned = (struct locara_spawned){
      .process = beginning->process, .pid_fd = beginning->pid_fd, .channel = begun->channel};
  // Should the process have ended meanwhile, its record is in the channel.
  const int32_t order[2] = {0, 0};
  send(begun->channel, order, sizeof order, MSG_NOSIGNAL);
  return 0;
}

void locara_abandon(struct locara_begun *begun) {
  struct locara_beginning *beginning = begun->beginning;
  await_flag(&beginning->is_made);
  if (begun->far_channel >= 0) close(begun->far_channel);
  close(begun->channel);
  if (beginning->error < 0) return;
  int status;
  locara_kill(beginning->pid_fd, SIGKILL);
  locara_reap(beginning->pid_fd, &status);
  close(beginning->pid_fd);
}

void locara_release_memory(struct locara_begun *begun) { munmap(begun->beginning, SHARED_SIZE); }
