#pragma once

#include <stdint.h>

// System calls that Swift cannot reach: the C library declares them only with _GNU_SOURCE, or they are variadic.

/// syncfs(2): 0, or an errno.
int locara_sync_file_system(int descriptor);

/// FICLONE, ioctl_ficlone(2): makes `target` share the blocks of `source`. 0, or an errno.
int locara_clone_file(int target, int source);

/// openat2(2) with RESOLVE_IN_ROOT: `path` is looked up as if the directory `root` were `/`, so that neither `..` nor a link
/// leads out. A descriptor, or -1 with errno.
int locara_open_in_root(int root, const char *path, int flags);

/// getdents64(2): entries of a directory as the kernel has them. Bytes, 0 at the end, or -1 with errno.
int64_t locara_entries(int directory, void *buffer, uint64_t size);

/// Whether a directory, whose `st_dev` is `device`, is on ext2, ext3, ext4 or XFS (fstatfs(2)) on a block device of this machine: there a directory has
/// one link for each directory in it, and two of its own.
int locara_counts_links(int directory, uint64_t device);

/// sync_file_range(2) with SYNC_FILE_RANGE_WRITE: starts writing a part of a file to the disk without waiting, so that
/// little is left for fsync(2). Failures do not matter.
void locara_start_writing(int descriptor, int64_t offset, int64_t count);

/// O_DIRECT of open(2): reads and writes past the page cache.
int locara_direct(void);

/// memfd_create(2): an empty file in memory, without a name and closed by execve(2). A descriptor, or -1 with errno.
int locara_nameless_file(void);

/// The processors in this process's affinity mask, sched_getaffinity(2); at least 1.
int locara_processors(void);
