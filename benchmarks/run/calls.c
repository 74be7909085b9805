// Times an allowed system call: `hello loop N` as it is, `hello one N` under a filter of one instruction of its own,
// `hello sleep` waits to be looked at, `hello exit` does nothing. Prints nanoseconds per call.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int count, char **words) {
  if (count > 1 && strcmp(words[1], "sleep") == 0) return (int)sleep(2);
  if (count > 1 && strcmp(words[1], "exit") == 0) return 0;
  if (count < 3) return 64;
  if (strcmp(words[1], "one") == 0) {
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = 1, .filter = &allow};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 1;
  }
  long calls = atol(words[2]);
  double start = now();
  for (long index = 0; index < calls; index++) syscall(SYS_getppid);
  printf("%.2f\n", (now() - start) / (double)calls);
  return 0;
}
