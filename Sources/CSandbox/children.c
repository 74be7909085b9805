// Ending what a process has left behind, where no pid namespace does it: for a process that orphans become children of.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include "internal.h"

static pid_t parse(const char **next) {
  pid_t number = 0;
  while (**next == ' ') ++*next;
  while (**next >= '0' && **next <= '9') number = number * 10 + (*(*next)++ - '0');
  return number;
}

static char *write_number(char *end, pid_t number) {
  char digits[12];
  int count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  while (count > 0) *end++ = digits[--count];
  return end;
}

// Reads a small file below /proc/PID; its length with a zero byte after it, or -1.
static ssize_t read_of(pid_t process, const char *name, char *text, size_t size) {
  char path[64] = "/proc/", *end = write_number(path + 6, process);
  while (*name) *end++ = *name++;
  *end = 0;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t length = read(file, text, size - 1);
  close(file);
  if (length >= 0) text[length] = 0;
  return length;
}

// /proc/PID/task/TID/children, which a kernel without CONFIG_PROC_CHILDREN lacks: -1 then.
static int kill_listed(pid_t own) {
  char list[4096], name[32] = "/task/", *end = write_number(name + 6, own);
  for (const char *rest = "/children"; *rest;) *end++ = *rest++;
  *end = 0;
  if (read_of(own, name, list, sizeof list) < 0) return -1;
  for (const char *next = list; *next >= '0' && *next <= '9';) {
    pid_t child = parse(&next);
    if (child > 0) kill(child, SIGKILL);
    while (*next == ' ') next++;
  }
  return 0;
}

// Field 4 of /proc/PID/stat; the name before it may hold anything, parentheses included.
static pid_t parent_of(pid_t process) {
  char text[512];
  ssize_t length = read_of(process, "/stat", text, sizeof text);
  for (const char *next = text + length; length > 0 && next-- > text;)
    if (*next == ')' && next[1] == ' ' && next[2] && next[3] == ' ') {
      next += 3;
      return parse(&next);
    }
  return -1;
}

// The same from the parents of all processes.
static void kill_found(pid_t own) {
  struct entry {
    uint64_t inode, offset;
    uint16_t length;
    uint8_t type;
    char name[];
  };
  int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  char space[4096] __attribute__((aligned(8)));
  long filled;
  while ((filled = syscall(SYS_getdents64, directory, space, sizeof space)) > 0)
    for (long place = 0; place < filled;) {
      const struct entry *entry = (const void *)(space + place);
      const char *name = entry->name;
      place += entry->length;
      pid_t process = parse(&name);
      if (process > 0 && *name == 0 && parent_of(process) == own) kill(process, SIGKILL);
    }
  close(directory);
}

void end_children(void) {
  for (;;) {
    // Orphans of the dead become children here, so that without any nobody is left.
    if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) return;
    if (kill_listed(getpid()) != 0) kill_found(getpid());
    while (waitpid(-1, NULL, 0) < 0 && errno == EINTR) {
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
  }
}
