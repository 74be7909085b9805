// The first instructions of `locara`. When the app that is named on the command line can be started from a prepared start
// (Prepared.h), it is, and this process waits for its end, without the C library or Swift ever being set up: setting up
// the former takes longer than a sandbox on a machine that is itself virtual. In every other case, and when there is
// something to explain, to pass on or to keep in time, the program starts as any other does, at `_start`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "internal.h"
#include "plain.h"
#include "Prepared.h"
#include "raw.h"
#include "start.h"

static struct locara_adopted adopted;
static char record_path[4096];

const struct locara_adopted *locara_adopted_start(void) { return adopted.is_active ? &adopted : NULL; }

// --- The command line ---

struct command {
  const char *bundle;
  char *const *arguments;  // what follows `--`
  size_t argument_count;
  int without_namespaces;
  char *const *environment;
};

static int begins_with(const char *text, const char *beginning) {
  return are_equal_bytes(text, beginning, text_length(beginning));
}

// Whether it is one that may have been prepared: `run [--no-namespaces] BUNDLE [-- ARGUMENT...]`.
static int read_command(long count, char *const *words, struct command *command) {
  if (count < 3 || !are_equal_texts(words[1], "run")) return 0;
  for (long index = 2; index < count; index++) {
    const char *word = words[index];
    if (are_equal_texts(word, "--")) {
      command->arguments = words + index + 1;
      command->argument_count = (size_t)(count - index - 1);
      break;
    }
    if (are_equal_texts(word, "--no-namespaces")) command->without_namespaces = 1;
    else if (word[0] == 0 || word[0] == '-' || command->bundle) return 0;
    else command->bundle = word;
  }
  // References to published bundles are looked up first.
  return command->bundle && !begins_with(command->bundle, "oci:") && !begins_with(command->bundle, "dir:");
}

// Whether the standard streams are there, and not those of a terminal, between which and the app the runner stands.
static int has_plain_streams(void) {
  struct termios modes;
  for (int stream = 0; stream < 3; stream++)
    if (raw(SYS_fcntl, stream, F_GETFD) < 0) return 0;
  return raw(SYS_ioctl, 0, TCGETS, &modes) != 0 || raw(SYS_ioctl, 1, TCGETS, &modes) != 0;
}

static char *append_hexadecimal(char *end, uint64_t value) {
  int shift = 60;
  while (shift > 0 && !(value >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) *end++ = "0123456789abcdef"[value >> shift & 15];
  *end = 0;
  return end;
}

// The prepared start of a bundle's file, by the same name as PreparedStart.swift gives it; NULL when there is none that
// counts.
static const struct locara_start *find_start(const struct command *command) {
  struct stat status;
  if (raw(SYS_newfstatat, AT_FDCWD, command->bundle, &status, 0) != 0 || !S_ISREG(status.st_mode)) return NULL;
  static char path[8192];
  const char *root = variable(command->environment, "XDG_DATA_HOME"), *below = "";
  if (!root || root[0] != '/') root = variable(command->environment, "HOME"), below = "/.local/share";
  if (!root || root[0] != '/' || text_length(root) > 4000) return NULL;
  char *end = append_text(append_text(append_text(path, root), below), "/locara/store/prepared/");
  end = append_hexadecimal(end, status.st_dev);
  end = append_hexadecimal(append_text(end, "-"), status.st_ino);
  if (command->without_namespaces) append_text(end, ".plain");

  long file = raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  if (file < 0) return NULL;
  struct stat piece;
  long bytes = raw(SYS_fstat, file, &piece);
  if (bytes == 0 && S_ISREG(piece.st_mode) && piece.st_size > 0 && piece.st_size <= 64 << 20)
    bytes = raw(SYS_mmap, 0, piece.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  else
    bytes = -EINVAL;
  raw(SYS_close, file);
  if (bytes < 0 && bytes > -4096) return NULL;
  const struct locara_start *start = locara_read_start((void *)bytes, (size_t)piece.st_size);
  struct locara_facts facts;
  read_facts(&status, &facts);
  return start && are_equal_bytes(&facts, &start->bundle, sizeof facts) ? start : NULL;
}

// --- What belongs to one start ---

// A control group with all the settings that the prepared one had; `*group` is -1 where there was none.
static int make_group(const struct locara_start *start, int32_t *group) {
  static char path[4096];
  *group = -1;
  if (!start->group_place) return 0;
  // The piece is this process's own copy, to be written to.
  struct locara_group_setting *settings = (struct locara_group_setting *)start->group_settings;
  *group = locara_make_group(start->group_place, settings, start->group_setting_count, path, sizeof path);
  if (*group < 0) return -1;
  adopted.group = path;
  for (size_t index = 0; index < start->group_setting_count; index++)
    if (!settings[index].is_set) {
      locara_remove_group(path);
      return -1;
    }
  return 0;
}

// --- The start ---

static uint64_t milliseconds(void) {
  struct timespec time;
  raw(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

// Returns 0 once the program has been executed.
static int await_program(const struct locara_start *start) {
  static struct locara_message message;
  int channel = adopted.spawned.channel, descriptor;
  if (locara_receive(channel, &message, &descriptor) != 1 || message.kind != LOCARA_READY) return -1;
  if (!is_payload_unchanged(start) || locara_permit(channel) != 0) return -1;
  if (locara_receive(channel, &message, &adopted.listener) != 1 || message.kind != LOCARA_STARTED) return -1;
  return 0;
}

static void finish(int code) __attribute__((noreturn));
static void finish(int code) {
  for (;;) raw(SYS_exit_group, code);
}

// What is said to the user once the app runs: a reader of standard error who is slow or gone holds or ends nobody. From
// here on this process is the app's supervisor.
static void say(const char *notice) {
  const uint64_t ignored[4] = {1 /* SIG_IGN */};
  raw(SYS_rt_sigaction, SIGPIPE, ignored, 0, KERNEL_SIGNAL_SET_SIZE);
  if (!notice) return;
  // Opened once more, since not blocking would be everybody's who has it. A socket is not to be opened.
  const int flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  long errors = raw(SYS_openat, AT_FDCWD, "/proc/self/fd/2", flags, 0);
  raw(SYS_write, errors < 0 ? 2 : errors, notice, text_length(notice));
  if (errors >= 0) raw(SYS_close, errors);
}

// The program's argv: the prepared one, and what this command line adds.
static const char *const *all_arguments(const struct locara_start *start, const struct command *command) {
  if (command->argument_count == 0) return start->sandbox.arguments;
  size_t count = start->argument_count + command->argument_count;
  long bytes = raw(
      SYS_mmap, 0, (count + 1) * sizeof(char *), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes < 0 && bytes > -4096) return NULL;
  const char **all = (const char **)bytes;
  copy_bytes(all, start->sandbox.arguments, start->argument_count * sizeof *all);
  copy_bytes(all + start->argument_count, command->arguments, command->argument_count * sizeof *all);
  return all;
}

// Waits for the program's end. Returns when there is anything else to do: the runner does it.
static void await_end(const struct locara_start *start) {
  uint64_t deadline = start->time_limit ? adopted.began + start->time_limit : 0;
  struct pollfd events[3] = {
      {.fd = adopted.spawned.channel, .events = POLLIN},
      {.fd = adopted.signals, .events = POLLIN},
      {.fd = adopted.listener, .events = POLLIN},
  };
  for (;;) {
    struct timespec rest, *limit = NULL;
    if (deadline) {
      uint64_t now = milliseconds();
      if (now >= deadline) return;
      rest.tv_sec = (time_t)((deadline - now) / 1000);
      rest.tv_nsec = (long)((deadline - now) % 1000 * 1000000);
      limit = &rest;
    }
    long ready = raw(SYS_ppoll, events, 3, limit, 0, 0);
    if (ready < 0 && ready != -EINTR) return;
    if (ready <= 0) continue;
    if (events[1].revents || events[2].revents & POLLIN) return;
    if (events[2].revents) events[2].fd = -1;  // nobody is left who could ask
    if (!events[0].revents) continue;
    struct locara_message message;
    long length = raw(SYS_recvfrom, adopted.spawned.channel, &message, sizeof message, MSG_PEEK | MSG_DONTWAIT, 0, 0);
    if (length != sizeof message || message.kind != LOCARA_ENDED) return;
    adopted.has_ended = 1;
    adopted.status = WIFEXITED(message.value) ? WEXITSTATUS(message.value) : 128 + WTERMSIG(message.value);
    return;
  }
}

// Ends a sandbox, and waits for its end.
static void end_sandbox(void) {
  int status;
  locara_kill(adopted.spawned.pid_fd, SIGKILL);
  locara_reap(adopted.spawned.pid_fd, &status);
}

static void close_if_open(int descriptor) {
  if (descriptor >= 0) raw(SYS_close, descriptor);
}

// Starts the sandbox and waits for its end. Returns when the runner has to go on with it, or, with nothing left of it,
// when it did not come about.
static void start_sandbox(const struct locara_start *start, struct locara_sandbox *sandbox) {
  static struct locara_message failure;
  if (locara_spawn(sandbox, &adopted.spawned, &failure) != 0) return;
  adopted.record = locara_write_record(
      start->record_directory, start->record_head, record_path, sizeof record_path);
  if (await_program(start) == 0) {
    say(start->notice);
    adopted.is_active = 1;
    await_end(start);
    if (!adopted.has_ended) return;
    if (adopted.group) {
      end_sandbox();
      locara_remove_group(adopted.group);
      adopted.group = NULL;
    }
    if (adopted.record >= 0) raw(SYS_unlinkat, AT_FDCWD, record_path, 0);
    // What the app has left there, the runner removes.
    if (!start->scratch || is_scratch_empty(start)) finish(adopted.status);
    return;
  }
  end_sandbox();
  raw(SYS_close, adopted.spawned.pid_fd);
  raw(SYS_close, adopted.spawned.channel);
  close_if_open(adopted.listener);
  if (adopted.record >= 0) raw(SYS_unlinkat, AT_FDCWD, record_path, 0);
  close_if_open(adopted.record);
}

static void begin(const struct command *command) {
  const struct locara_start *start = has_plain_streams() ? find_start(command) : NULL;
  if (!start || (command->argument_count > 0 && !start->accepts_arguments)) return;
  if (!is_as_it_was(start, command->environment)) return;
  struct locara_sandbox sandbox;
  copy_bytes(&sandbox, &start->sandbox, sizeof sandbox);
  sandbox.arguments = all_arguments(start, command);
  if (!sandbox.arguments || (adopted.lock = open_locked(start->lock, 0, LOCK_SH)) < 0) return;
  adopted.record = adopted.listener = -1;
  adopted.record_path = record_path;
  adopted.start = start;
  adopted.began = milliseconds();
  if (take_scratch(start, &adopted.scratch_lock) == 0) {
    if (make_group(start, &sandbox.control_group) == 0) {
      // Before the clone: a signal that comes early must find somebody.
      adopted.signals = locara_catch_signals(&adopted.previous_signals);
      if (adopted.signals >= 0) {
        start_sandbox(start, &sandbox);
        if (adopted.is_active) return;
        locara_restore_signals(adopted.signals, adopted.previous_signals);
      }
      if (adopted.group) locara_remove_group(adopted.group);
    }
    close_if_open(sandbox.control_group);
  }
  close_if_open(adopted.scratch_lock);
  raw(SYS_close, adopted.lock);
}

// `stack` is what execve(2) left there: the number of arguments, the arguments, NULL, the environment, NULL.
void locara_begin(const long *stack) {
  struct command command;
  clear_bytes(&command, sizeof command);
  char *const *words = (char *const *)(stack + 1);
  command.environment = words + *stack + 1;
  if (read_command(*stack, words, &command)) begin(&command);
}

// Where the kernel starts the program (`-e locara_entry` in Package.swift). What it leaves in registers and on the stack is
// what `_start` expects.
__asm__(
    ".globl locara_entry\n"
    ".type locara_entry, %function\n"
    "locara_entry:\n"
#if defined(__x86_64__)
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  push %rdx\n"
    "  sub $8, %rsp\n"
    "  call locara_begin\n"
    "  add $8, %rsp\n"
    "  pop %rdx\n"
    "  jmp _start\n"
#elif defined(__aarch64__)
    "  mov x29, xzr\n"
    "  mov x30, xzr\n"
    "  stp x0, x30, [sp, #-16]!\n"
    "  add x0, sp, #16\n"
    "  bl locara_begin\n"
    "  ldp x0, x30, [sp], #16\n"
    "  b _start\n"
#else
    "  mv s0, a0\n"
    "  mv a0, sp\n"
    "  call locara_begin\n"
    "  mv a0, s0\n"
    "  tail _start\n"
#endif
    ".size locara_entry, . - locara_entry\n");
