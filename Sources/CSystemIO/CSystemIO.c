#define _GNU_SOURCE
#include "CSystemIO.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

int locara_sync_file_system(int descriptor) { return syncfs(descriptor) == 0 ? 0 : errno; }

int locara_clone_file(int target, int source) { return ioctl(target, FICLONE, source) == 0 ? 0 : errno; }
