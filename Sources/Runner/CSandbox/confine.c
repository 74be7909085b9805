// The program's side of the start: it gives up everything, in an order in which each step still has the rights that it
// needs and takes away those that only earlier steps needed, and then becomes the program.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

// What a rule is about, as a descriptor that only names it; a negative errno.
static long open_rule(const struct locara_path_rule *rule) {
  long place = raw(SYS_openat, AT_FDCWD, rule->path, O_PATH | O_CLOEXEC, 0);
  if (place < 0 || !rule->relative || !rule->relative[0]) return place;
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = NO_LINKS};
  long below = raw(SYS_openat2, place, rule->relative, &how, sizeof how);
  raw(SYS_close, place);
  return below;
}

// As `st_dev` of stat(2) has it.
static uint64_t device_of(const struct statx *status) {
  uint64_t major = status->stx_dev_major, minor = status->stx_dev_minor;
  return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFFULL) << 12 | (major & ~0xFFFULL) << 32;
}

int make_ruleset(const struct locara_sandbox *sandbox, struct locara_message *message) {
  struct kernel_landlock_ruleset attributes = {
      .handled_access_fs = sandbox->handled_files,
      .handled_access_net = sandbox->handled_ports,
      .scoped = sandbox->scopes,
  };
  // An older kernel accepts the longer struct as long as what it does not know is zero.
  long ruleset = raw(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (ruleset < 0) return fail_with(message, ruleset, "create the Landlock ruleset", "");
  for (size_t index = 0; index < sandbox->path_rule_count; index++) {
    const struct locara_path_rule *rule = &sandbox->path_rules[index];
    const char *shown = rule->relative && rule->relative[0] ? rule->relative : rule->path;
    long place = open_rule(rule);
    if (place < 0) {
      if (rule->optional && (place == -ENOENT || place == -ENOTDIR)) continue;
      return fail_with(message, place, "open what a Landlock rule is about", shown);
    }
    struct statx status;
    long result = raw(SYS_statx, place, "", KERNEL_AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &status);
    if (result != 0) return fail_with(message, result, "stat what a Landlock rule is about", shown);
    if (rule->inode != 0
        && (status.stx_ino != rule->inode || device_of(&status) != rule->device))
      return fail_with(message, -ESTALE, "permit what was chosen: another file has taken its place", shown);
    struct kernel_landlock_path_beneath beneath = {.allowed_access = rule->access, .parent_fd = (int)place};
    if (!S_ISDIR(status.stx_mode)) beneath.allowed_access &= KERNEL_LANDLOCK_FILE_ACCESS;
    if (beneath.allowed_access != 0) {
      result = raw(SYS_landlock_add_rule, ruleset, KERNEL_LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
      if (result != 0) return fail_with(message, result, "add a Landlock rule", rule->path);
    }
    raw(SYS_close, place);
  }
  for (size_t index = 0; index < sandbox->port_rule_count; index++) {
    struct kernel_landlock_net_port port = {
        .allowed_access = sandbox->port_rules[index].access, .port = sandbox->port_rules[index].port};
    long result = raw(SYS_landlock_add_rule, ruleset, KERNEL_LANDLOCK_RULE_NET_PORT, &port, 0);
    if (result != 0) return fail_with(message, result, "add a Landlock rule for a port", "");
  }
  return (int)ruleset;
}

int has_setpcap(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[2];
  return raw(SYS_capget, &header, sets) == 0 && sets[0].effective & 1U << CAP_SETPCAP;
}

// Which processors a process may run on: a bit for each, as sched_setaffinity(2) takes them.
#define MASK_WORDS 128
#define WORD_BITS (8 * (int)sizeof(unsigned long))

// How many of the processors this process may run on; `present` is filled. Or a negative errno.
static int count_processors(unsigned long *present) {
  clear_bytes(present, MASK_WORDS * sizeof *present);
  long length = raw(SYS_sched_getaffinity, 0, MASK_WORDS * sizeof *present, present);
  if (length < 0) return (int)length;
  int count = 0;
  for (int word = 0; word < MASK_WORDS; word++) count += __builtin_popcountl(present[word]);
  return count;
}

int choose_processors(uint32_t wanted) {
  unsigned long present[MASK_WORDS], chosen[MASK_WORDS];
  if (wanted == 0) return 0;
  int count = count_processors(present);
  if (count < 0) return count;
  if ((uint32_t)count <= wanted) return 0;
  clear_bytes(chosen, sizeof chosen);
  // From one on that differs from process to process, so that not all share the first.
  int first = (int)(raw(SYS_gettid) % count), seen = 0;
  uint32_t taken = 0;
  for (int turn = 0; turn < 2; turn++) {
    for (int processor = 0; processor < MASK_WORDS * WORD_BITS && taken < wanted; processor++) {
      unsigned long bit = 1UL << processor % WORD_BITS;
      int word = processor / WORD_BITS;
      if (!(present[word] & bit) || seen++ < first || chosen[word] & bit) continue;
      chosen[word] |= bit;
      taken++;
    }
  }
  return (int)raw(SYS_sched_setaffinity, 0, sizeof chosen, chosen);
}

int drop_capabilities(int has_setpcap, struct locara_message *message) {
  if (has_setpcap) {
    // The bounding set: no program executed later can bring any back.
    for (int capability = 0; capability < 64; capability++) {
      long result = raw(SYS_prctl, PR_CAPBSET_DROP, capability);
      if (result == -EINVAL) break;  // past the last one that this kernel has
      if (result != 0) return fail_with(message, result, "drop the bounding set", "");
    }
    // User id 0 means nothing, ambient capabilities cannot be raised, and both for good.
    const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP
        | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE
        | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    long result = raw(SYS_prctl, PR_SET_SECUREBITS, bits);
    if (result != 0) return fail_with(message, result, "lock the securebits", "");
  }
  long result = raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  if (result != 0) return fail_with(message, result, "clear the ambient capabilities", "");
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2];
  clear_bytes(none, sizeof none);
  result = raw(SYS_capset, &header, none);
  return result == 0 ? 0 : fail_with(message, result, "drop capabilities", "");
}

static int set_streams(const struct locara_sandbox *sandbox, struct locara_message *message) {
  // Away from 0, 1 and 2 first: they may be the wrong way round.
  long from[3] = {sandbox->input, sandbox->output, sandbox->error};
  for (int stream = 0; stream < 3; stream++) {
    from[stream] = raw(SYS_fcntl, from[stream], F_DUPFD_CLOEXEC, 3);
    if (from[stream] < 0) return fail_with(message, from[stream], "take over a standard stream", "");
  }
  for (int stream = 0; stream < 3; stream++) {
    long result = raw(SYS_dup3, from[stream], stream, 0);
    if (result < 0) return fail_with(message, result, "take over a standard stream", "");
  }
  return 0;
}

static void reset_signals(void) {
  // The kernel's own struct, all zero: SIG_DFL, no flags, an empty mask.
  const uint64_t standard[4] = {0};
  for (int number = 1; number < NSIG; number++) raw(SYS_rt_sigaction, number, standard, 0, KERNEL_SIGNAL_SET_SIZE);
}

static int64_t microseconds(void) {
  struct timespec time;
  raw(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

void await_flag(const uint32_t *flag) {
  // What is waited for takes less time than waking a processor up; with one processor alone, waiting would keep it away.
  unsigned long processors[MASK_WORDS];
  if (count_processors(processors) > 1) {
    int64_t end = microseconds() + 250;
    while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE) && microseconds() < end) {
    }
  }
  while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE)) raw(SYS_futex, flag, FUTEX_WAIT, 0, NULL);
}

void raise_flag(uint32_t *flag) {
  __atomic_store_n(flag, 1, __ATOMIC_RELEASE);
  raw(SYS_futex, flag, FUTEX_WAKE, 1);
}

// The processor that this runs on now is one that it may run on.
static long use_one_processor(void) {
  unsigned processor;
  unsigned long mask[MASK_WORDS];
  clear_bytes(mask, sizeof mask);
  long result = raw(SYS_getcpu, &processor, NULL, NULL);
  if (result != 0) return result;
  if (processor >= (unsigned)(MASK_WORDS * WORD_BITS)) return 0;
  mask[processor / WORD_BITS] = 1UL << processor % WORD_BITS;
  return raw(SYS_sched_setaffinity, 0, sizeof mask, mask);
}

void become_program(struct program *program) {
  const struct locara_sandbox *sandbox = program->sandbox;
  struct locara_message *message = program->message;
  long result;  // of a system call, or a negative errno
  // Ends with the first process even where there is no pid namespace that does it.
  if ((result = raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL)) != 0) {
    fail_with(message, result, "tie the program's life to the runner's", "");
    return;
  }
  // It may have ended before that was said, and nobody would end this one.
  if (raw(SYS_getppid) != program->parent) {
    fail_with(message, -ECANCELED, "tie the program's life to the runner's", "");
    return;
  }
  // A process group of its own in the session of the first process, so that a key can stop it: the kernel stops no
  // group without a parent in its session that could let it go on.
  if ((result = raw(SYS_setpgid, 0, 0)) != 0) {
    fail_with(message, result, "start a process group", "");
    return;
  }
  reset_signals();
  if (set_streams(sandbox, message) != 0) return;
  pid_t group = (pid_t)raw(SYS_getpid);
  if (sandbox->terminal && (result = raw(SYS_ioctl, 0, TIOCSPGRP, &group)) != 0) {
    fail_with(message, result, "come to the foreground of the terminal", "");
    return;
  }
  // The caller's session keyring would come along otherwise; keyrings are in no namespace.
  result = raw(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
  if (result < 0 && result != -ENOSYS && result != -EPERM && result != -EDQUOT) {
    fail_with(message, result, "start a session keyring", "");
    return;
  }
  raw(SYS_umask, 022);
  // The dear one: it takes as long as all the mounts, which the first process makes meanwhile.
  uint64_t own = sandbox->namespaces & ~first_namespaces(sandbox);
  if (own != 0 && (result = raw(SYS_unshare, own)) != 0) {
    fail_with(message, result, "create the network namespace", "");
    return;
  }
  if (sandbox->has_broker && set_up_network(sandbox, message) != 0) return;
  await_flag(&program->has_root);
  if (sandbox->one_processor && (result = use_one_processor()) < 0) {
    fail_with(message, result, "keep to one processor", "");
    return;
  }
  if ((result = raw(SYS_chdir, sandbox->working_directory)) != 0) {
    fail_with(message, result, "enter the working directory", sandbox->working_directory);
    return;
  }
  for (size_t index = 0; index < sandbox->limit_count; index++) {
    struct rlimit limit = {.rlim_cur = sandbox->limits[index].value, .rlim_max = sandbox->limits[index].value};
    struct rlimit current;
    // A limit of the caller that is lower stays: raising one takes a capability, and is never the plan's intent.
    if (raw(SYS_prlimit64, 0, sandbox->limits[index].resource, NULL, &current) == 0
        && current.rlim_max < limit.rlim_max) {
      limit.rlim_max = current.rlim_max;
      if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    }
    if ((result = raw(SYS_prlimit64, 0, sandbox->limits[index].resource, &limit, NULL)) != 0) {
      fail_with(message, result, "set a resource limit", "");
      return;
    }
  }
  if ((result = choose_processors(sandbox->processors)) < 0) {
    fail_with(message, result, "choose the processors", "");
    return;
  }
  if (drop_capabilities(has_setpcap(), message) != 0) return;
  // Before Landlock and seccomp, which ask for it; from here on no execution gains rights.
  if ((result = raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1)) != 0) {
    fail_with(message, result, "set no_new_privs", "");
    return;
  }
  if (sandbox->landlock) {
    int ruleset = make_ruleset(sandbox, message);
    if (ruleset < 0) return;
    if ((result = raw(SYS_landlock_restrict_self, ruleset, 0)) != 0) {
      fail_with(message, result, "enter the Landlock domain", "");
      return;
    }
  }
  // Closed by the execution, so that this side can still report until then.
  if ((result = raw(SYS_close_range, 3, ~0U, KERNEL_CLOSE_RANGE_CLOEXEC)) != 0) {
    fail_with(message, result, "close the other descriptors", "");
    return;
  }
  // The first process takes the machine's files away beside this one.
  await_flag(&program->is_alone);
  if (sandbox->awaits_permission) {
    int32_t order[2];
    do result = raw(SYS_read, program->channel, order, sizeof order);
    while (result == -EINTR);
    if (result != sizeof order || order[0] != LOCARA_PERMISSION) {
      fail_with(message, -ECANCELED, "wait for the runner's permission", "");
      return;
    }
  }
  const uint64_t none = 0;
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, KERNEL_SIGNAL_SET_SIZE);
  // Last: the filter then need not allow anything of the above, only the execution.
  if (sandbox->filter_length > 0) {
    struct sock_fprog filter = {.len = sandbox->filter_length, .filter = (struct sock_filter *)sandbox->filter};
    unsigned long flags = 0;
    if (sandbox->wants_notifications)
      flags = KERNEL_SECCOMP_FILTER_FLAG_NEW_LISTENER | KERNEL_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    long loaded = raw(SYS_seccomp, KERNEL_SECCOMP_SET_MODE_FILTER, flags, &filter);
    if (loaded == -EINVAL && flags != 0)  // before Linux 5.19
      loaded = raw(SYS_seccomp, KERNEL_SECCOMP_SET_MODE_FILTER, KERNEL_SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
    if (loaded < 0) {
      fail_with(message, loaded, "load the system-call filter", "");
      return;
    }
    if (flags != 0) program->listener = (int)loaded;
  }
  result = raw(SYS_execve, sandbox->arguments[0], sandbox->arguments, sandbox->environment);
  fail_with(message, result, "execute", sandbox->arguments[0]);
}
