#define _GNU_SOURCE
#include "CSystemIO.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int locara_sync_file_system(int descriptor) { return syncfs(descriptor) == 0 ? 0 : errno; }

int locara_clone_file(int target, int source) { return ioctl(target, FICLONE, source) == 0 ? 0 : errno; }

int locara_open_in_root(int root, const char *path, int flags) {
  struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}
void locara_start_writing(int descriptor, int64_t offset, int64_t count) {
  (void)sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int64_t locara_entries(int directory, void *buffer, uint64_t size) {
  return syscall(SYS_getdents64, directory, buffer, size);
}

int locara_counts_links(int directory, uint64_t device) {
  struct statfs system;
  if (fstatfs(directory, &system) != 0) return 0;
  // 9p passes on the type that its server has, whatever is mounted there; but it has no block device.
  return (system.f_type == EXT4_SUPER_MAGIC || system.f_type == XFS_SUPER_MAGIC) && major(device) != 0;
}

int locara_direct(void) { return O_DIRECT; }

int locara_nameless_file(void) { return memfd_create("locara", MFD_CLOEXEC); }

int locara_processors(void) {
  cpu_set_t mask;
  // More processors than the mask has bits: the call fails, and so does nobody who works with one of them.
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
  int count = CPU_COUNT(&mask);
  return count > 0 ? count : 1;
}
