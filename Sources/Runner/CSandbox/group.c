// A control group for one sandbox: cgroups(7), version 2.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

static long write_setting(long group, const char *name, const char *value) {
  long file = raw(SYS_openat, group, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0);
  if (file < 0) return file;
  long written = raw(SYS_write, file, value, text_length(value));
  raw(SYS_close, file);
  return written < 0 ? written : 0;
}

int locara_make_group(
    const char *place, struct locara_group_setting *settings, size_t count, char *path, size_t capacity) {
  uint32_t random;
  if (raw(SYS_getrandom, &random, sizeof random, 0) != sizeof random) return -EAGAIN;
  if (text_length(place) + 64 > capacity) return -ENAMETOOLONG;
  char *end = append_number(append_text(append_text(path, place), "/locara-"), (uint64_t)raw(SYS_getpid));
  append_number(append_text(end, "-"), random);
  long result = raw(SYS_mkdirat, AT_FDCWD, path, 0700);
  if (result != 0) return (int)result;
  long group = raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (group < 0) {
    raw(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
    return (int)group;
  }
  for (size_t index = 0; index < count; index++)
    settings[index].is_set = write_setting(group, settings[index].file, settings[index].value) == 0;
  return (int)group;
}

void locara_remove_group(const char *path) {
  long group = raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (group < 0) return;
  write_setting(group, "cgroup.kill", "1");
  raw(SYS_close, group);
  // The kernel takes the last process out a moment after it can be reaped.
  const struct timespec moment = {.tv_nsec = 1000000};
  for (int turn = 0; turn < 200; turn++) {
    if (raw(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR) != -EBUSY) return;
    raw(SYS_nanosleep, &moment, 0);
  }
}
