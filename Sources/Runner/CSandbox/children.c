// Ending what a process has left behind, where no pid namespace does it: for a process that orphans become children of.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

// Reads a small file below /proc/PID; its length with a zero byte after it, or a negative errno.
static long read_of(long process, const char *name, char *text, size_t size) {
  char path[64];
  append_text(append_number(append_text(path, "/proc/"), (uint64_t)process), name);
  long file = raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return file;
  long length = raw(SYS_read, file, text, size - 1);
  raw(SYS_close, file);
  if (length >= 0) text[length] = 0;
  return length;
}

// /proc/PID/task/TID/children, which a kernel without CONFIG_PROC_CHILDREN lacks: -1 then.
static int kill_listed(long own) {
  char list[4096], name[40];
  append_text(append_number(append_text(name, "/task/"), (uint64_t)own), "/children");
  if (read_of(own, name, list, sizeof list) < 0) return -1;
  for (const char *next = list; *next >= '0' && *next <= '9';) {
    long child = leading_number(next, &next);
    if (child > 0) raw(SYS_kill, child, SIGKILL);
    while (*next == ' ') next++;
  }
  return 0;
}

// Field 4 of /proc/PID/stat; the name before it may hold anything, parentheses included.
static long parent_of(long process) {
  char text[512];
  long length = read_of(process, "/stat", text, sizeof text);
  for (const char *next = text + length; length > 0 && next-- > text;)
    if (*next == ')' && next[1] == ' ' && next[2] && next[3] == ' ') {
      next += 4;
      return leading_number(next, &next);
    }
  return -1;
}

// The same from the parents of all processes.
static void kill_found(long own) {
  long directory = raw(SYS_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) return;
  char space[4096] __attribute__((aligned(8)));
  long filled;
  while ((filled = raw(SYS_getdents64, directory, space, sizeof space)) > 0)
    for (long place = 0; place < filled;) {
      const struct kernel_directory_entry *entry = (const void *)(space + place);
      const char *rest;
      long process = leading_number(entry->name, &rest);
      place += entry->length;
      if (process > 0 && *rest == 0 && parent_of(process) == own) raw(SYS_kill, process, SIGKILL);
    }
  raw(SYS_close, directory);
}

static long reap(int options) {
  long process;
  do process = raw(SYS_wait4, -1, 0, options, 0);
  while (process == -EINTR);
  return process;
}

void end_children(void) {
  long own = raw(SYS_getpid);
  for (;;) {
    // Orphans of the dead become children here, so that without any nobody is left.
    if (reap(WNOHANG) == -ECHILD) return;
    if (kill_listed(own) != 0) kill_found(own);
    reap(0);
    while (reap(WNOHANG) > 0) {
    }
  }
}
