#define _GNU_SOURCE
#include "CSystemIO.h"

#include <errno.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

int locara_sync_file_system(int descriptor) { return syncfs(descriptor) == 0 ? 0 : errno; }

int locara_clone_file(int target, int source) { return ioctl(target, FICLONE, source) == 0 ? 0 : errno; }

int locara_processors(void) {
  cpu_set_t mask;
  // More processors than the mask has bits: the call fails, and so does nobody who works with one of them.
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
  int count = CPU_COUNT(&mask);
  return count > 0 ? count : 1;
}
