#pragma once

// System calls that Swift cannot reach: the C library declares them only with _GNU_SOURCE, or they are variadic.

/// syncfs(2): 0, or an errno.
int locara_sync_file_system(int descriptor);

/// FICLONE, ioctl_ficlone(2): makes `target` share the blocks of `source`. 0, or an errno.
int locara_clone_file(int target, int source);

/// The processors in this process's affinity mask, sched_getaffinity(2); at least 1.
int locara_processors(void);
