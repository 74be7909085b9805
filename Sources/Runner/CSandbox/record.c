// The record of a running app, for `locara ps`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

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
