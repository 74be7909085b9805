// The directories that a start without namespaces has for itself: its temporary files.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/file.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"
#include "start.h"

int open_locked(const char *path, int flags, int operation) {
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

// Whether a directory is there and has just so many things in it.
static int has_entries(const char *path, size_t expected) {
  long directory = raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (directory < 0) return 0;
  char space[1024] __attribute__((aligned(8)));
  size_t found = 0;
  long filled;
  while (found <= expected && (filled = raw(SYS_getdents64, directory, space, sizeof space)) > 0)
    for (long place = 0; place < filled; place += ((const struct kernel_directory_entry *)(space + place))->length) {
      const char *name = ((const struct kernel_directory_entry *)(space + place))->name;
      if (!are_equal_texts(name, ".") && !are_equal_texts(name, "..")) found++;
    }
  raw(SYS_close, directory);
  return found == expected;
}

// How many of the directories are directly in this one.
static size_t count_below(const struct locara_start *start, const char *path) {
  size_t length = text_length(path), count = 0;
  for (size_t index = 0; index < start->scratch_count; index++) {
    const char *other = start->scratch_directories[index], *slash = last_slash(other);
    if (slash == other + length && are_equal_bytes(other, path, length)) count++;
  }
  return count;
}

// Whether the start's own directories are there with nothing in them. They are kept from one start to the next, since
// making and removing them takes as long as confining a process.
int is_scratch_empty(const struct locara_start *start) {
  if (!has_entries(start->scratch, count_below(start, start->scratch))) return 0;
  for (size_t index = 0; index < start->scratch_count; index++) {
    const char *path = start->scratch_directories[index];
    if (!has_entries(path, count_below(start, path))) return 0;
  }
  return 1;
}

int take_scratch(const struct locara_start *start, int32_t *lock) {
  *lock = -1;
  if (!start->scratch) return 0;
  int is_new = raw(SYS_mkdirat, AT_FDCWD, start->scratch, 0700) == 0;
  *lock = open_locked(start->scratch, O_DIRECTORY, LOCK_EX);
  if (*lock < 0) return -1;
  if (!is_new) return is_scratch_empty(start) ? 0 : -1;
  for (size_t index = 0; index < start->scratch_count; index++)
    if (raw(SYS_mkdirat, AT_FDCWD, start->scratch_directories[index], 0700) != 0) return -1;
  return 0;
}
