// For tests and benchmarks only: libseccomp, and loading a filter into a child to see what the kernel makes of it.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// One call that the child makes once the filter is loaded.
struct seccomp_probe {
  long number;
  unsigned long arguments[6];
  // Enter through int 0x80, the i386 entry; x86-64 only, with 32-bit arguments.
  int through_i386;
  // Filled in: what the call gave, -errno for an error; unchanged when the child did not live to say.
  long result;
};

static inline long seccomp_probe_call(const struct seccomp_probe *probe) {
#if defined(__x86_64__)
  long result;
  if (probe->through_i386) {
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(probe->number), "b"(probe->arguments[0]), "c"(probe->arguments[1]), "d"(probe->arguments[2])
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
  }
  register long r10 __asm__("r10") = (long)probe->arguments[3];
  register long r8 __asm__("r8") = (long)probe->arguments[4];
  register long r9 __asm__("r9") = (long)probe->arguments[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(probe->number), "D"(probe->arguments[0]), "S"(probe->arguments[1]), "d"(probe->arguments[2]),
                     "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#else
  long result = syscall(probe->number, probe->arguments[0], probe->arguments[1], probe->arguments[2],
                        probe->arguments[3], probe->arguments[4], probe->arguments[5]);
  return result == -1 ? -errno : result;
#endif
}

// Loads the filter in a forked child, which then makes the calls, in order.
//
// Returns 0 when all calls came back; the child's wait status when it was ended before; -errno when the kernel refused the
// filter, and -1000 when there was no child.
static inline int seccomp_probe_filter(const struct sock_filter *filter, unsigned short length,
                                       struct seccomp_probe *probes, int count) {
  size_t size = sizeof(struct seccomp_probe) * (size_t)(count + 1);
  struct seccomp_probe *shared = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -1000;
  for (int i = 0; i < count; i++) shared[i] = probes[i];
  volatile long *state = &shared[count].result;
  *state = 0;
  pid_t child = fork();
  if (child < 0) {
    munmap(shared, size);
    return -1000;
  }
  if (child == 0) {
    struct sock_fprog program = {length, (struct sock_filter *)filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(100);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
      *state = -errno;
      _exit(101);
    }
    for (int i = 0; i < count; i++) shared[i].result = seccomp_probe_call(&shared[i]);
    *state = 1;
    // The filter may refuse to let the child end: the parent ends it.
    for (;;) __asm__ volatile("" ::: "memory");
  }
  int status = 0;
  int result;
  for (;;) {
    pid_t done = waitpid(child, &status, WNOHANG);
    if (done == child) {
      result = *state < 0 ? (int)*state : *state == 1 ? 0 : status;
      break;
    }
    if (*state == 1) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      result = 0;
      break;
    }
    struct timespec pause = {0, 200000};
    nanosleep(&pause, 0);
  }
  for (int i = 0; i < count; i++) probes[i].result = shared[i].result;
  munmap(shared, size);
  return result;
}

static inline long seccomp_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

// Nanoseconds that loading the filter takes, in a new child each time: `times` gets one entry a round. 0, or -1.
static inline int seccomp_time_loads(const struct sock_filter *filter, unsigned short length, long *times, int rounds) {
  volatile long *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -1;
  int result = 0;
  for (int i = 0; i < rounds && result == 0; i++) {
    *shared = -1;
    pid_t child = fork();
    if (child == 0) {
      struct sock_fprog program = {length, (struct sock_filter *)filter};
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      long start = seccomp_nanoseconds();
      long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
      long end = seccomp_nanoseconds();
      if (!failed) *shared = end - start;
      _exit(0);
    }
    if (child < 0 || waitpid(child, 0, 0) != child || *shared < 0) result = -1;
    times[i] = *shared;
  }
  munmap((void *)shared, 4096);
  return result;
}

// Nanoseconds of one call under the filter, the fastest of 9 rounds of `count`; length 0: without a filter. Or -1.
static inline double seccomp_time_call(const struct sock_filter *filter, unsigned short length,
                                       const struct seccomp_probe *probe, int count) {
  volatile double *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -1;
  *shared = -1;
  pid_t child = fork();
  if (child == 0) {
    struct sock_fprog program = {length, (struct sock_filter *)filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (length != 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) _exit(1);
    double best = 1e18;
    for (int round = 0; round < 9; round++) {
      long start = seccomp_nanoseconds();
      for (int i = 0; i < count; i++) (void)seccomp_probe_call(probe);
      double each = (double)(seccomp_nanoseconds() - start) / count;
      if (each < best) best = each;
    }
    *shared = best;
    _exit(0);
  }
  double result = child > 0 && waitpid(child, 0, 0) == child ? *shared : -1;
  munmap((void *)shared, 4096);
  return result;
}
