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

static const char *variable(char *const *environment, const char *name) {
  size_t length = text_length(name);
  for (; *environment; environment++)
    if (are_equal_bytes(*environment, name, length) && (*environment)[length] == '=') return *environment + length + 1;
  return NULL;
}

// --- Whether everything is as it was ---

static void read_facts(const struct stat *status, struct locara_facts *facts) {
  facts->device = status->st_dev;
  facts->inode = status->st_ino;
  facts->size = status->st_size;
  facts->mode = status->st_mode;
  facts->modified = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
  facts->changed = (int64_t)status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec;
}

static int has_facts(long directory, const char *path, int flags, const struct locara_facts *facts) {
  struct stat status;
  struct locara_facts found;
  if (raw(SYS_newfstatat, directory, path, &status, flags) != 0) return 0;
  read_facts(&status, &found);
  return are_equal_bytes(&found, facts, sizeof found);
}

static int has_content(const struct locara_condition *condition) {
  long file = raw(SYS_openat, AT_FDCWD, condition->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
  if (file < 0) return file == -ENOENT && condition->kind == LOCARA_CONDITION_WHOLE && condition->value == NULL;
  char found[512];
  size_t compared = 0;
  int is_equal = condition->value != NULL;
  for (;;) {
    size_t rest = condition->length - compared;
    // One byte more than there should be tells the end of the whole.
    size_t wanted = condition->kind == LOCARA_CONDITION_WHOLE ? rest + 1 : rest;
    if (wanted > sizeof found) wanted = sizeof found;
    if (!is_equal || wanted == 0) break;
    long count = raw(SYS_pread64, file, found, wanted, condition->offset + compared);
    if (count == -EINTR) continue;
    if (count <= 0 || (size_t)count > rest) {
      is_equal = count == 0 && rest == 0;
      break;
    }
    is_equal = are_equal_bytes(found, (const char *)condition->value + compared, (size_t)count);
    compared += (size_t)count;
  }
  raw(SYS_close, file);
  return is_equal;
}

static int holds_condition(const struct locara_condition *condition, char *const *environment) {
  switch (condition->kind) {
    case LOCARA_CONDITION_VARIABLE: {
      const char *value = variable(environment, condition->name);
      if (value == NULL || condition->value == NULL) return value == condition->value;
      return text_length(value) == condition->length && are_equal_bytes(value, condition->value, condition->length);
    }
    case LOCARA_CONDITION_CONTENT:
    case LOCARA_CONDITION_WHOLE: return has_content(condition);
    case LOCARA_CONDITION_FACTS: return has_facts(AT_FDCWD, condition->name, 0, &condition->facts);
    case LOCARA_CONDITION_DIRECTORY: {
      struct stat status;
      return raw(SYS_newfstatat, AT_FDCWD, condition->name, &status, 0) == 0 && S_ISDIR(status.st_mode)
          && raw(SYS_faccessat, AT_FDCWD, condition->name, R_OK | W_OK | X_OK) == 0;
    }
    default: return 0;
  }
}

static int is_as_it_was(const struct locara_start *start, const struct command *command) {
  if (start->sandbox.user_outside != (uint32_t)raw(SYS_geteuid)
      || start->sandbox.group_outside != (uint32_t)raw(SYS_getegid))
    return 0;
  if (raw(SYS_landlock_create_ruleset, 0, 0, KERNEL_LANDLOCK_CREATE_RULESET_VERSION) != start->landlock_abi) return 0;
  if (command->argument_count > 0 && !start->accepts_arguments) return 0;
  for (size_t index = 0; index < start->condition_count; index++)
    if (!holds_condition(&start->conditions[index], command->environment)) return 0;
  return 1;
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

// Opens and locks a file or directory: its descriptor, or a negative errno. Whoever takes it away does so under the lock,
// hence it counts only if it is still there.
static int open_locked(const char *path, int flags, int operation) {
  long file = raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0);
  if (file < 0) return (int)file;
  struct stat held, there;
  long result = raw(SYS_flock, file, operation | LOCK_NB);
  if (result == 0) result = raw(SYS_fstat, file, &held);
  if (result == 0) result = raw(SYS_newfstatat, AT_FDCWD, path, &there, AT_SYMLINK_NOFOLLOW);
  if (result == 0 && (held.st_ino != there.st_ino || held.st_dev != there.st_dev)) result = -ESTALE;
  if (result == 0) return (int)file;
  raw(SYS_close, file);
  return (int)result;
}

// Removes what `make_scratch` made. A failure leaves the rest to the runner.
static int remove_scratch(const struct locara_start *start) {
  for (size_t index = start->scratch_count; index-- > 0;)
    if (raw(SYS_unlinkat, AT_FDCWD, start->scratch_directories[index], AT_REMOVEDIR) != 0) return -1;
  return (int)raw(SYS_unlinkat, AT_FDCWD, start->scratch, AT_REMOVEDIR);
}

// Another start may be using the same: then this one is worked out anew, with a directory of its own.
static int make_scratch(const struct locara_start *start) {
  adopted.scratch_lock = -1;
  if (!start->scratch) return 0;
  if (raw(SYS_mkdirat, AT_FDCWD, start->scratch, 0700) != 0) return -1;
  adopted.scratch_lock = open_locked(start->scratch, O_DIRECTORY, LOCK_EX);
  if (adopted.scratch_lock < 0) return -1;
  for (size_t index = 0; index < start->scratch_count; index++)
    if (raw(SYS_mkdirat, AT_FDCWD, start->scratch_directories[index], 0700) != 0) {
      remove_scratch(start);
      return -1;
    }
  return 0;
}

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

int locara_write_record(const char *directory, const char *head, char *path, size_t capacity) {
  uint32_t random;
  struct timespec now;
  if (raw(SYS_getrandom, &random, sizeof random, 0) != sizeof random) return -EAGAIN;
  raw(SYS_clock_gettime, CLOCK_REALTIME, &now);
  char id[9], text[1024], other[4096];
  for (int digit = 0; digit < 8; digit++) id[digit] = "0123456789abcdef"[random >> (28 - 4 * digit) & 15];
  id[8] = 0;
  if (text_length(directory) + 24 > capacity || text_length(directory) + 24 > sizeof other
      || text_length(head) + 80 > sizeof text)
    return -ENAMETOOLONG;
  char *end = append_text(append_text(append_text(path, directory), "/"), id);
  copy_bytes(other, path, text_length(path) + 1);
  append_text(other + text_length(other), ".new");
  append_text(end, ".json");
  end = append_text(append_text(append_text(text, head), id), "\",\"pid\":");
  end = append_text(append_number(end, (uint64_t)raw(SYS_getpid)), ",\"since\":");
  end = append_text(append_number(end, (uint64_t)now.tv_sec), "}");
  // Under its own name only once it is locked and whole: nobody takes it for a leftover, or reads half of it.
  long file = raw(SYS_openat, AT_FDCWD, other, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return (int)file;
  long result = raw(SYS_flock, file, LOCK_EX | LOCK_NB);
  if (result == 0) {
    result = raw(SYS_write, file, text, end - text);
    result = result == end - text ? 0 : result < 0 ? result : -EIO;
  }
  if (result == 0) result = raw(SYS_renameat2, AT_FDCWD, other, AT_FDCWD, path, 0);
  if (result == 0) return (int)file;
  raw(SYS_unlinkat, AT_FDCWD, other, 0);
  raw(SYS_close, file);
  return (int)result;
}

// --- The start ---

static uint64_t milliseconds(void) {
  struct timespec time;
  raw(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

// One stat for each file, and the directories say by their own times that no name came or went.
static int is_payload_unchanged(const struct locara_start *start) {
  long root = raw(SYS_openat, AT_FDCWD, start->payload, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (root < 0) return 0;
  int is_unchanged = 1;
  for (size_t index = 0; index < start->witness_count && is_unchanged; index++) {
    const struct locara_witness *witness = &start->witness[index];
    is_unchanged = has_facts(
        root, witness->path, AT_SYMLINK_NOFOLLOW | (witness->path[0] ? 0 : KERNEL_AT_EMPTY_PATH), &witness->facts);
  }
  raw(SYS_close, root);
  return is_unchanged;
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
    if (!start->scratch || remove_scratch(start) == 0) finish(adopted.status);
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
  if (!start || !is_as_it_was(start, command)) return;
  struct locara_sandbox sandbox;
  copy_bytes(&sandbox, &start->sandbox, sizeof sandbox);
  sandbox.arguments = all_arguments(start, command);
  if (!sandbox.arguments || (adopted.lock = open_locked(start->lock, 0, LOCK_SH)) < 0) return;
  adopted.record = adopted.listener = -1;
  adopted.record_path = record_path;
  adopted.start = start;
  adopted.began = milliseconds();
  if (make_scratch(start) == 0) {
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
    if (start->scratch) remove_scratch(start);
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
