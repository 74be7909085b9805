// The sandbox's file tree: a new tmpfs, into which only what the plan names is mounted, and which then becomes the root.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "internal.h"

int fail(struct locara_message *message, const char *step, const char *path) {
  return fail_with(message, -errno, step, path);
}

int fail_with(struct locara_message *message, long result, const char *step, const char *path) {
  message->kind = LOCARA_FAILED;
  message->error = (int32_t)-result;
  strncpy(message->step, step, sizeof message->step - 1);
  strncpy(message->path, path ? path : "", sizeof message->path - 1);
  return -1;
}

static int open_beneath(int directory, const char *path, uint64_t flags) {
  struct kernel_open_how how = {.flags = flags | O_CLOEXEC, .resolve = NO_LINKS};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

static int move_to(int tree, int directory, const char *name) {
  return (int)syscall(SYS_move_mount, tree, "", directory, name, KERNEL_MOVE_MOUNT_F_EMPTY_PATH);
}

static int set_attributes(int tree, uint64_t attributes, int recursive) {
  struct kernel_mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
  return (int)syscall(
      SYS_mount_setattr, tree, "", KERNEL_AT_EMPTY_PATH | (recursive ? KERNEL_AT_RECURSIVE : 0), &attr, sizeof attr);
}

static int set_option(int context, const char *key, const char *value) {
  return (int)syscall(SYS_fsconfig, context, KERNEL_FSCONFIG_SET_STRING, key, value, 0);
}

static int finish_mount(int context, uint64_t attributes) {
  if (syscall(SYS_fsconfig, context, KERNEL_FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) return -1;
  return (int)syscall(SYS_fsmount, context, KERNEL_FSMOUNT_CLOEXEC, attributes);
}

static void decimal(uint64_t value, char *text) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (count > 0) *text++ = digits[--count];
  *text = 0;
}

// A detached tmpfs of at most `bytes`.
static int make_temporary(uint64_t bytes, const char *mode, uint64_t attributes) {
  int context = (int)syscall(SYS_fsopen, "tmpfs", KERNEL_FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  char size[24], inodes[24];
  uint64_t files = bytes / 4096;
  decimal(bytes, size);
  // Empty files cost memory that `size` does not count.
  decimal(files < 1024 ? 1024 : files, inodes);
  int mount = -1;
  if (set_option(context, "size", size) == 0 && set_option(context, "nr_inodes", inodes) == 0
      && set_option(context, "mode", mode) == 0)
    mount = finish_mount(context, attributes);
  int saved = errno;
  close(context);
  errno = saved;
  return mount;
}

// A detached procfs that shows a process only those that it may trace, hence not the first process of the sandbox.
static int make_proc(void) {
  int context = (int)syscall(SYS_fsopen, "proc", KERNEL_FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  int mount = -1;
  if (set_option(context, "hidepid", "ptraceable") == 0 || set_option(context, "hidepid", "invisible") == 0
      || set_option(context, "hidepid", "2") == 0)
    mount = finish_mount(
        context, KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC);
  int saved = errno;
  close(context);
  errno = saved;
  return mount;
}

// The directory that was opened last for something to go in: mounts come sorted, so that it is mostly the next one's too.
struct place {
  int root;
  int directory;       // -1, or owned by this
  char path[4096];     // of `directory`, without a slash at the end
};

static void leave(struct place *place) {
  if (place->directory >= 0) close(place->directory);
  place->directory = -1;
}

// Opens the directory at `path` below the root, and creates it and its parents when they are missing. No step follows a
// symbolic link: below a writable mount there may be one that an earlier run of the app left.
static int open_directory(int root, const char *path) {
  int found = open_beneath(root, path, O_PATH | O_DIRECTORY);
  if (found >= 0 || errno != ENOENT) return found;
  char rest[4096];
  memcpy(rest, path, strlen(path) + 1);
  int directory = fcntl(root, F_DUPFD_CLOEXEC, 3);
  for (char *component = rest; directory >= 0 && component;) {
    char *end = strchr(component, '/');
    if (end) *end = 0;
    if (mkdirat(directory, component, 0755) != 0 && errno != EEXIST) {
      int saved = errno;
      close(directory);
      errno = saved;
      return -1;
    }
    int next = openat(directory, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int saved = errno;
    close(directory);
    errno = saved;
    directory = next;
    component = end ? end + 1 : NULL;
  }
  return directory;
}

// The directory in which `target` goes; it belongs to `place`.
static int open_parent(struct place *place, const char *target, const char **name) {
  // What is put on a directory, or above it, changes what is found there.
  size_t length = strlen(target);
  if (place->directory >= 0 && strncmp(place->path, target, length) == 0
      && (place->path[length] == 0 || place->path[length] == '/'))
    leave(place);
  const char *slash = strrchr(target, '/');
  *name = slash ? slash + 1 : target;
  if (!slash) return place->root;
  length = (size_t)(slash - target);
  if (length >= sizeof place->path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  if (place->directory >= 0 && strlen(place->path) == length && memcmp(place->path, target, length) == 0)
    return place->directory;
  leave(place);
  memcpy(place->path, target, length);
  place->path[length] = 0;
  place->directory = open_directory(place->root, place->path);
  return place->directory;
}

// Makes what a mount is put on: a directory or an empty file, unless it is there already.
static int make_mount_point(int parent, const char *name, int is_directory) {
  if (is_directory) return mkdirat(parent, name, 0755) == 0 || errno == EEXIST ? 0 : -1;
  int file = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);
  if (file < 0) return errno == EEXIST ? 0 : -1;
  close(file);
  return 0;
}

// A detached copy of the mount at a source, with all that is mounted below it.
static int clone_source(const struct locara_mount *mount) {
  const unsigned flags = KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC | KERNEL_AT_RECURSIVE;
  if (!mount->relative || !mount->relative[0]) return (int)syscall(SYS_open_tree, AT_FDCWD, mount->base, flags);
  int base = open(mount->base, O_PATH | O_CLOEXEC);
  if (base < 0) return -1;
  int source = open_beneath(base, mount->relative, O_PATH);
  int tree = source < 0 ? -1 : (int)syscall(SYS_open_tree, source, "", flags | KERNEL_AT_EMPTY_PATH);
  int saved = errno;
  close(base);
  if (source >= 0) close(source);
  errno = saved;
  return tree;
}

static int is_missing(int number) { return number == ENOENT || number == ENOTDIR; }

// Puts a detached mount at its target.
static int attach(
    int tree, struct place *place, const struct locara_mount *mount, int is_directory, struct locara_message *message) {
  const char *name;
  int parent = open_parent(place, mount->target, &name);
  if (parent < 0) return fail(message, "create the mount point's parents", mount->target);
  if (make_mount_point(parent, name, is_directory) != 0) return fail(message, "create the mount point", mount->target);
  if (move_to(tree, parent, name) != 0) return fail(message, "mount", mount->target);
  return 0;
}

static int mount_bind(struct place *place, const struct locara_mount *mount, struct locara_message *message) {
  const char *shown = mount->relative && mount->relative[0] ? mount->relative : mount->base;
  int tree = clone_source(mount);
  if (tree < 0) {
    if (mount->flags & LOCARA_MOUNT_OPTIONAL && is_missing(errno)) return 0;
    return fail(message, errno == ENOSYS ? "clone the mount" : "open what is to be mounted", shown);
  }
  // Of the copy itself, so that what is looked at is what is mounted.
  struct stat status;
  if (fstat(tree, &status) != 0) return fail(message, "stat what is to be mounted", shown);
  if (mount->inode != 0 && (status.st_ino != mount->inode || status.st_dev != mount->device)) {
    errno = ESTALE;
    return fail(message, "mount what was chosen: another file has taken its place", shown);
  }
  uint64_t attributes = KERNEL_MOUNT_ATTR_NOSUID;
  if (!(mount->flags & LOCARA_MOUNT_DEVICE)) attributes |= KERNEL_MOUNT_ATTR_NODEV;
  if (!(mount->flags & LOCARA_MOUNT_EXECUTE)) attributes |= KERNEL_MOUNT_ATTR_NOEXEC;
  if (mount->flags & LOCARA_MOUNT_READ_ONLY) attributes |= KERNEL_MOUNT_ATTR_RDONLY;
  if (set_attributes(tree, attributes, 1) != 0) return fail(message, "set the mount's attributes", shown);
  if (attach(tree, place, mount, S_ISDIR(status.st_mode), message) != 0) return -1;
  close(tree);
  return 0;
}

static int mount_temporary(struct place *place, const struct locara_mount *mount, struct locara_message *message) {
  uint64_t attributes = KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV;
  if (!(mount->flags & LOCARA_MOUNT_EXECUTE)) attributes |= KERNEL_MOUNT_ATTR_NOEXEC;
  if (mount->flags & LOCARA_MOUNT_READ_ONLY) attributes |= KERNEL_MOUNT_ATTR_RDONLY;
  int tree = make_temporary(mount->size, "0700", attributes);
  if (tree < 0) return fail(message, "create a tmpfs", mount->target);
  if (attach(tree, place, mount, 1, message) != 0) return -1;
  close(tree);
  return 0;
}

// What a process without rights has no business to read. The rest of /proc/sys and the files beside it are mounted
// read-only with the whole tree.
static const char *const masked[] = {
    "acpi",       "asound",      "bus",        "config.gz", "driver",    "fs",         "iomem",
    "ioports",    "irq",         "kallsyms",   "kcore",     "key-users", "keys",       "kmsg",
    "kpagecgroup", "kpagecount", "kpageflags", "modules",   "scsi",      "slabinfo",   "sysrq-trigger",
    "timer_list", "tty",         "vmallocinfo"};

static int mask_proc(int proc, int directory, int file) {
  uid_t own = getuid();
  for (size_t index = 0; index < sizeof masked / sizeof *masked; index++) {
    struct stat status;
    if (fstatat(proc, masked[index], &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      return -1;
    }
    // What only the machine's root may open needs no cover, unless the machine's root is who runs the app.
    if ((status.st_mode & 07) == 0 && status.st_uid != own) continue;
    int cover = (int)syscall(
        SYS_open_tree, S_ISDIR(status.st_mode) ? directory : file, "",
        KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC | KERNEL_AT_EMPTY_PATH);
    if (cover < 0 || move_to(cover, proc, masked[index]) != 0) return -1;
    close(cover);
  }
  return 0;
}

// Whether the running kernel is at least this one.
static int is_kernel(int major, int minor) {
  struct utsname name;
  if (uname(&name) != 0) return 0;
  char *end;
  long found = strtol(name.release, &end, 10);
  return found > major || (found == major && *end == '.' && strtol(end + 1, NULL, 10) >= minor);
}

// The kernel does not hold root to RLIMIT_NPROC. Since Linux 6.14 every pid namespace has a highest pid of its own; before,
// the file is the whole machine's and not to be touched. The first 300 pids are not given out a second time, so that
// many more have to be left.
static int limit_pids(const struct locara_sandbox *sandbox, int proc, struct locara_message *message) {
  if (sandbox->user_outside != 0 || !(sandbox->namespaces & KERNEL_CLONE_NEWPID) || !is_kernel(6, 14)) return 0;
  for (size_t index = 0; index < sandbox->limit_count; index++) {
    uint64_t value = sandbox->limits[index].value;
    if (sandbox->limits[index].resource != RLIMIT_NPROC || value > 1 << 20) continue;
    char text[24];
    decimal(300 + (value < 2 ? 2 : value), text);
    int setting = openat(proc, "sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
    if (setting < 0 || write(setting, text, strlen(text)) < 0)
      return fail(message, "limit the number of processes", "sys/kernel/pid_max");
    close(setting);
  }
  return 0;
}

static int mount_proc(
    const struct locara_sandbox *sandbox, struct place *place, const struct locara_mount *mount,
    struct locara_message *message) {
  int tree = make_proc();
  if (tree < 0) return fail(message, "create a procfs", mount->target);
  if (limit_pids(sandbox, tree, message) != 0) return -1;
  // No program from memory: what may run is what is mounted with the right to. Belongs to the pid namespace, hence
  // does not outlive the sandbox. Linux 6.3; older kernels have the filter for it.
  int setting = openat(tree, "sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC);
  if (setting >= 0) {
    if (write(setting, "2", 1) != 1) return fail(message, "forbid programs in memory", "sys/vm/memfd_noexec");
    close(setting);
  }
  if (attach(tree, place, mount, 1, message) != 0) return -1;
  // The covers: an empty directory and an empty file of a tmpfs that nothing else shows.
  int empty = make_temporary(
      4096, "0555",
      KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC);
  if (empty < 0) return fail(message, "create a tmpfs", "covers of /proc");
  int file = openat(empty, "f", O_CREAT | O_RDONLY | O_CLOEXEC, 0444);
  if (file < 0 || mkdirat(empty, "d", 0555) != 0) return fail(message, "create", "covers of /proc");
  int directory = openat(empty, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || set_attributes(empty, KERNEL_MOUNT_ATTR_RDONLY, 0) != 0)
    return fail(message, "make read-only", "covers of /proc");
  if (mask_proc(tree, directory, file) != 0) return fail(message, "cover the masked files", mount->target);
  if (set_attributes(tree, KERNEL_MOUNT_ATTR_RDONLY, 0) != 0) return fail(message, "make read-only", mount->target);
  // `empty` stays open until the program has started: closing it would unmount it, and wait for all processors.
  close(directory);
  close(file);
  close(tree);
  return 0;
}

static int make_entry(struct place *place, const struct locara_mount *mount, struct locara_message *message) {
  const char *name;
  int parent = open_parent(place, mount->target, &name);
  if (parent < 0) return fail(message, "create the parents", mount->target);
  int result = 0;
  if (mount->kind == LOCARA_MOUNT_LINK) {
    result = symlinkat(mount->content, parent, name);
  } else if (mount->kind == LOCARA_MOUNT_DIRECTORY) {
    result = mkdirat(parent, name, 0755) == 0 || errno == EEXIST ? 0 : -1;
  } else {
    int file = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);
    if (file < 0) {
      result = -1;
    } else {
      for (size_t written = 0; result == 0 && written < mount->content_length;) {
        ssize_t count = write(file, mount->content + written, mount->content_length - written);
        if (count > 0) written += (size_t)count;
        else if (errno != EINTR) result = -1;
      }
      close(file);
    }
  }
  return result == 0 ? 0 : fail(message, "create", mount->target);
}

int build_root(const struct locara_sandbox *sandbox, struct locara_message *message) {
  // Nothing that happens here may reach the machine's mounts. In a user namespace of its own the kernel has seen to that
  // when it copied them, copy_mnt_ns() in fs/namespace.c; the root of all is made private to see whether it may be.
  unsigned long all = sandbox->namespaces & KERNEL_CLONE_NEWUSER ? 0 : MS_REC;
  if (mount(NULL, "/", NULL, all | MS_PRIVATE, NULL) != 0) return fail(message, "make mounts private", "/");
  int old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (old_root < 0) return fail(message, "open", "/");
  int root = make_temporary(4 << 20, "0755", KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC);
  if (root < 0) return fail(message, "create the root file system", "/");
  // Attached on top of the machine's root: paths that start at this process's root keep going to the machine's, so
  // that sources can still be opened by path.
  if (move_to(root, AT_FDCWD, "/") != 0) return fail(message, "mount the root file system", "/");
  static struct place place;
  place.root = root;
  place.directory = -1;
  for (size_t index = 0; index < sandbox->mount_count; index++) {
    const struct locara_mount *mount = &sandbox->mounts[index];
    int result;
    switch (mount->kind) {
      case LOCARA_MOUNT_BIND: result = mount_bind(&place, mount, message); break;
      case LOCARA_MOUNT_TEMPORARY: result = mount_temporary(&place, mount, message); break;
      case LOCARA_MOUNT_PROC: result = mount_proc(sandbox, &place, mount, message); break;
      default: result = make_entry(&place, mount, message); break;
    }
    if (result != 0) return -1;
  }
  leave(&place);
  if (set_attributes(
          root, KERNEL_MOUNT_ATTR_RDONLY | KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC,
          0) != 0)
    return fail(message, "make the root file system read-only", "/");
  // The old root ends up on top of the new one, and is taken away with all that is below it.
  if (fchdir(root) != 0) return fail(message, "enter the root file system", "/");
  if (syscall(SYS_pivot_root, ".", ".") != 0) return fail(message, "change the root", "/");
  close(root);
  return old_root;
}

int detach_old_root(int old_root, struct locara_message *message) {
  if (fchdir(old_root) != 0 || umount2(".", MNT_DETACH) != 0) return fail(message, "detach the machine's files", "/");
  if (chdir("/") != 0) return fail(message, "enter the root file system", "/");
  close(old_root);
  return 0;
}
