#pragma once

// System calls that Swift cannot reach: the C library declares them only with _GNU_SOURCE, or they are variadic.

/// syncfs(2): 0, or an errno.
int locara_sync_file_system(int descriptor);

/// FICLONE, ioctl_ficlone(2): makes `target` share the blocks of `source`. 0, or an errno.
int locara_clone_file(int target, int source);

/// openat2(2) with RESOLVE_IN_ROOT: `path` is looked up as if the directory `root` were `/`, so that neither `..` nor a link
/// leads out. A descriptor, or -1 with errno.
int locara_open_in_root(int root, const char *path, int flags);
