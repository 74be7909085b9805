// How the broker gives up what it does not need.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "CEgress.h"

// linux/landlock.h of Linux 6.18; the headers of the build machine may be older.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif
struct landlock_ruleset {
  uint64_t files, ports, scopes;
};

int egress_fill_random(void *buffer, size_t size) {
  return getrandom(buffer, size, 0) == (ssize_t)size ? 0 : -errno;
}

int64_t egress_raise_descriptor_limit(int64_t wanted) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
  if (limit.rlim_max < (rlim_t)wanted) {
    // Only with privilege; without it the hard limit is what there is.
    struct rlimit raised = {.rlim_cur = (rlim_t)wanted, .rlim_max = (rlim_t)wanted};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
  }
  limit.rlim_cur = limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int64_t)limit.rlim_cur : -errno;
}

int egress_drop_privileges(void) {
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return -errno;
  for (int capability = 0; capability < 64; capability++)
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;  // without privilege, or past the last one
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return -errno;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2];
  memset(none, 0, sizeof none);
  if (syscall(SYS_capset, &header, none) != 0) return -errno;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

int egress_confine_files(void) {
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
  if (abi < 1) return -ENOSYS;
  uint64_t known =
      abi < 2 ? (1ULL << 13) - 1 : abi < 3 ? (1ULL << 14) - 1 : abi < 5 ? (1ULL << 15) - 1 : (1ULL << 16) - 1;
  // Every right on files, listening, and the reach to other processes: handled, and granted nowhere.
  struct landlock_ruleset attributes = {.files = known, .ports = abi >= 4 ? 1 : 0, .scopes = abi >= 6 ? 3 : 0};
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (ruleset < 0) return -errno;
  int result = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : -errno;
  close(ruleset);
  return result;
}

// Compiled by `locara seccomp compile` from fixtures/egress/broker.json; a test compares.
#if defined(__x86_64__)
#include "filters/x86_64.h"
#elif defined(__aarch64__)
#include "filters/aarch64.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "filters/riscv64.h"
#endif

int egress_confine_calls(void) {
  struct sock_fprog filter = {
      .len = sizeof broker_filter / sizeof *broker_filter, .filter = (struct sock_filter *)broker_filter};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ? 0 : -errno;
}

static int64_t milliseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t egress_monotonic_milliseconds(void) { return milliseconds(CLOCK_MONOTONIC); }
int64_t egress_unix_milliseconds(void) { return milliseconds(CLOCK_REALTIME); }
