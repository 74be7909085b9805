// A tool's wall time. The process that keeps it is not the tool's own, so the tool cannot switch it off.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "internal.h"
#include "launcher.h"

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void end_as(int status) __attribute__((noreturn));
static void end_as(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(WTERMSIG(status), SIG_DFL);
  raise(WTERMSIG(status));
  _exit(128 + WTERMSIG(status));
}

void keep_time(uint64_t milliseconds) {
  sigset_t caught, before;
  sigemptyset(&caught);
  const int numbers[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) sigaddset(&caught, numbers[index]);
  sigprocmask(SIG_BLOCK, &caught, &before);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) give_up("become the reaper");
  pid_t parent = getpid(), tool = fork();
  if (tool < 0) give_up("start a process");
  if (tool == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) give_up("tie its life to its launcher's");
    if (getppid() != parent) _exit(125);
    return;
  }
  const uint64_t end = now() + milliseconds;
  for (;;) {
    uint64_t time = now(), left = end > time ? end - time : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000};
    siginfo_t info;
    int number = left > 0 ? sigtimedwait(&caught, &info, &timeout) : 0;
    if (number == SIGCHLD) {
      int status;
      pid_t ended;
      while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
        if (ended == tool) {
          // What the tool left behind has the tool's time, which nobody would keep any more.
          end_children();
          end_as(status);
        }
    } else if (number > 0) {
      if (info.si_code != SI_KERNEL) kill(tool, number);  // a key of the terminal has reached the tool already
    } else if (left == 0) {
      end_children();
      dprintf(2, "locara: the tool `%s` was ended: its time of %llu ms was over\n", tool_name,
              (unsigned long long)milliseconds);
      _exit(124);
    }
  }
}
