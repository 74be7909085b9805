// The sandbox's file tree: a new tmpfs, into which only what the plan names is mounted, and which then becomes the root.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

static void copy_text(char *to, size_t size, const char *from) {
  size_t length = from ? text_length(from) : 0;
  if (length > size - 1) length = size - 1;
  if (length > 0) copy_bytes(to, from, length);
  clear_bytes(to + length, size - length);
}

int fail_with(struct locara_message *message, long result, const char *step, const char *path) {
  message->kind = LOCARA_FAILED;
  message->error = (int32_t)-result;
  copy_text(message->step, sizeof message->step, step);
  copy_text(message->path, sizeof message->path, path);
  return -1;
}

static int open_beneath(int directory, const char *path, uint64_t flags) {
  struct kernel_open_how how = {.flags = flags | O_CLOEXEC, .resolve = NO_LINKS};
  return (int)raw(SYS_openat2, directory, path, &how, sizeof how);
}

static int open_at(int directory, const char *path, int flags, unsigned mode) {
  return (int)raw(SYS_openat, directory, path, flags | O_CLOEXEC, mode);
}

static void close_descriptor(int descriptor) { raw(SYS_close, descriptor); }

static int make_directory(int parent, const char *name, unsigned mode) {
  long result = raw(SYS_mkdirat, parent, name, mode);
  return result == -EEXIST ? 0 : (int)result;
}

static int move_to(int tree, int directory, const char *name) {
  return (int)raw(SYS_move_mount, tree, "", directory, name, KERNEL_MOVE_MOUNT_F_EMPTY_PATH);
}

static int set_attributes(int tree, uint64_t attributes, int recursive) {
  struct kernel_mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
  return (int)raw(
      SYS_mount_setattr, tree, "", KERNEL_AT_EMPTY_PATH | (recursive ? KERNEL_AT_RECURSIVE : 0), &attr, sizeof attr);
}

static int set_option(int context, const char *key, const char *value) {
  return (int)raw(SYS_fsconfig, context, KERNEL_FSCONFIG_SET_STRING, key, value, 0);
}

static int finish_mount(int context, uint64_t attributes) {
  long result = raw(SYS_fsconfig, context, KERNEL_FSCONFIG_CMD_CREATE, 0, 0, 0);
  return (int)(result != 0 ? result : raw(SYS_fsmount, context, KERNEL_FSMOUNT_CLOEXEC, attributes));
}

// A detached tmpfs of at most `bytes`.
static int make_temporary(uint64_t bytes, const char *mode, uint64_t attributes) {
  int context = (int)raw(SYS_fsopen, "tmpfs", KERNEL_FSOPEN_CLOEXEC);
  if (context < 0) return context;
  char size[24], inodes[24];
  uint64_t files = bytes / 4096;
  append_number(size, bytes);
  // Empty files cost memory that `size` does not count.
  append_number(inodes, files < 1024 ? 1024 : files);
  int result = set_option(context, "size", size);
  if (result == 0) result = set_option(context, "nr_inodes", inodes);
  if (result == 0) result = set_option(context, "mode", mode);
  if (result == 0) result = finish_mount(context, attributes);
  close_descriptor(context);
  return result;
}

// A detached procfs that shows a process only those that it may trace, hence not the first process of the sandbox.
static int make_proc(void) {
  int context = (int)raw(SYS_fsopen, "proc", KERNEL_FSOPEN_CLOEXEC);
  if (context < 0) return context;
  int result = set_option(context, "hidepid", "ptraceable");
  if (result != 0) result = set_option(context, "hidepid", "invisible");
  if (result != 0) result = set_option(context, "hidepid", "2");
  if (result == 0)
    result = finish_mount(context, KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC);
  close_descriptor(context);
  return result;
}

// The directory that was opened last for something to go in: mounts come sorted, so that it is mostly the next one's too.
struct place {
  int root;
  int directory;       // -1, or owned by this
  char path[4096];     // of `directory`, without a slash at the end
};

static void leave(struct place *place) {
  if (place->directory >= 0) close_descriptor(place->directory);
  place->directory = -1;
}

// Opens the directory at `path` below the root, and creates it and its parents when they are missing. No step follows a
// symbolic link: below a writable mount there may be one that an earlier run of the app left.
static int open_directory(int root, const char *path) {
  int found = open_beneath(root, path, O_PATH | O_DIRECTORY);
  if (found != -ENOENT) return found;
  char rest[4096];
  copy_bytes(rest, path, text_length(path) + 1);
  int directory = (int)raw(SYS_fcntl, root, F_DUPFD_CLOEXEC, 3);
  for (char *component = rest; directory >= 0 && component;) {
    char *end = component;
    while (*end && *end != '/') end++;
    char *next_component = *end ? end + 1 : NULL;
    *end = 0;
    int next = make_directory(directory, component, 0755);
    if (next == 0) next = open_at(directory, component, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    close_descriptor(directory);
    directory = next;
    component = next_component;
  }
  return directory;
}

// The directory in which `target` goes; it belongs to `place`.
static int open_parent(struct place *place, const char *target, const char **name) {
  // What is put on a directory, or above it, changes what is found there.
  size_t length = text_length(target);
  size_t known = place->directory >= 0 ? text_length(place->path) : 0;
  if (place->directory >= 0 && known >= length && are_equal_bytes(place->path, target, length)
      && (place->path[length] == 0 || place->path[length] == '/'))
    leave(place);
  const char *slash = last_slash(target);
  *name = slash ? slash + 1 : target;
  if (!slash) return place->root;
  length = (size_t)(slash - target);
  if (length >= sizeof place->path) return -ENAMETOOLONG;
  if (place->directory >= 0 && known == length && are_equal_bytes(place->path, target, length))
    return place->directory;
  leave(place);
  copy_bytes(place->path, target, length);
  place->path[length] = 0;
  place->directory = open_directory(place->root, place->path);
  return place->directory;
}

// Makes what a mount is put on: a directory or an empty file, unless it is there already.
static int make_mount_point(int parent, const char *name, int is_directory) {
  if (is_directory) return make_directory(parent, name, 0755);
  int file = open_at(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0444);
  if (file < 0) return file == -EEXIST ? 0 : file;
  close_descriptor(file);
  return 0;
}

// A detached copy of the mount at a source, with all that is mounted below it.
static int clone_source(const struct locara_mount *mount) {
  const unsigned flags = KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC | KERNEL_AT_RECURSIVE;
  if (!mount->relative || !mount->relative[0]) return (int)raw(SYS_open_tree, AT_FDCWD, mount->base, flags);
  int base = open_at(AT_FDCWD, mount->base, O_PATH, 0);
  if (base < 0) return base;
  int source = open_beneath(base, mount->relative, O_PATH);
  int tree = source < 0 ? source : (int)raw(SYS_open_tree, source, "", flags | KERNEL_AT_EMPTY_PATH);
  close_descriptor(base);
  if (source >= 0) close_descriptor(source);
  return tree;
}

// Puts a detached mount at its target.
static int attach(
    int tree, struct place *place, const struct locara_mount *mount, int is_directory, struct locara_message *message) {
  const char *name;
  int parent = open_parent(place, mount->target, &name);
  if (parent < 0) return fail_with(message, parent, "create the mount point's parents", mount->target);
  int result = make_mount_point(parent, name, is_directory);
  if (result != 0) return fail_with(message, result, "create the mount point", mount->target);
  result = move_to(tree, parent, name);
  return result == 0 ? 0 : fail_with(message, result, "mount", mount->target);
}

static int mount_bind(struct place *place, const struct locara_mount *mount, struct locara_message *message) {
  const char *shown = mount->relative && mount->relative[0] ? mount->relative : mount->base;
  int tree = clone_source(mount);
  if (tree < 0) {
    if (mount->flags & LOCARA_MOUNT_OPTIONAL && (tree == -ENOENT || tree == -ENOTDIR)) return 0;
    return fail_with(message, tree, tree == -ENOSYS ? "clone the mount" : "open what is to be mounted", shown);
  }
  // Of the copy itself, so that what is looked at is what is mounted.
  struct stat status;
  long result = raw(SYS_fstat, tree, &status);
  if (result != 0) return fail_with(message, result, "stat what is to be mounted", shown);
  if (mount->inode != 0 && (status.st_ino != mount->inode || status.st_dev != mount->device))
    return fail_with(message, -ESTALE, "mount what was chosen: another file has taken its place", shown);
  uint64_t attributes = KERNEL_MOUNT_ATTR_NOSUID;
  if (!(mount->flags & LOCARA_MOUNT_DEVICE)) attributes |= KERNEL_MOUNT_ATTR_NODEV;
  if (!(mount->flags & LOCARA_MOUNT_EXECUTE)) attributes |= KERNEL_MOUNT_ATTR_NOEXEC;
  if (mount->flags & LOCARA_MOUNT_READ_ONLY) attributes |= KERNEL_MOUNT_ATTR_RDONLY;
  result = set_attributes(tree, attributes, 1);
  if (result != 0) return fail_with(message, result, "set the mount's attributes", shown);
  if (attach(tree, place, mount, S_ISDIR(status.st_mode), message) != 0) return -1;
  close_descriptor(tree);
  return 0;
}

static int mount_temporary(struct place *place, const struct locara_mount *mount, struct locara_message *message) {
  uint64_t attributes = KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV;
  if (!(mount->flags & LOCARA_MOUNT_EXECUTE)) attributes |= KERNEL_MOUNT_ATTR_NOEXEC;
  if (mount->flags & LOCARA_MOUNT_READ_ONLY) attributes |= KERNEL_MOUNT_ATTR_RDONLY;
  int tree = make_temporary(mount->size, "0700", attributes);
  if (tree < 0) return fail_with(message, tree, "create a tmpfs", mount->target);
  if (attach(tree, place, mount, 1, message) != 0) return -1;
  close_descriptor(tree);
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
  uid_t own = (uid_t)raw(SYS_getuid);
  for (size_t index = 0; index < sizeof masked / sizeof *masked; index++) {
    struct stat status;
    long result = raw(SYS_newfstatat, proc, masked[index], &status, AT_SYMLINK_NOFOLLOW);
    if (result == -ENOENT) continue;
    if (result != 0) return (int)result;
    // What only the machine's root may open needs no cover, unless the machine's root is who runs the app.
    if ((status.st_mode & 07) == 0 && status.st_uid != own) continue;
    int cover = (int)raw(
        SYS_open_tree, S_ISDIR(status.st_mode) ? directory : file, "",
        KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC | KERNEL_AT_EMPTY_PATH);
    if (cover < 0) return cover;
    if ((result = move_to(cover, proc, masked[index])) != 0) return (int)result;
    close_descriptor(cover);
  }
  return 0;
}

// Whether the running kernel is at least this one.
static int is_kernel(int major, int minor) {
  struct utsname name;
  if (raw(SYS_uname, &name) != 0) return 0;
  const char *end;
  long found = leading_number(name.release, &end);
  return found > major || (found == major && *end == '.' && leading_number(end + 1, &end) >= minor);
}

// Writes an opened file of /proc/sys and closes it; a descriptor that is none is the failure to open it.
static int write_setting(int file, const char *text) {
  if (file < 0) return file;
  long written = raw(SYS_write, file, text, text_length(text));
  close_descriptor(file);
  return written < 0 ? (int)written : 0;
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
    append_number(text, 300 + (value < 2 ? 2 : value));
    int result = write_setting(open_at(proc, "sys/kernel/pid_max", O_WRONLY, 0), text);
    if (result != 0) return fail_with(message, result, "limit the number of processes", "sys/kernel/pid_max");
  }
  return 0;
}

// Covers what is masked with an empty directory and an empty file of a tmpfs that nothing else shows.
static int cover_proc(int proc, struct locara_message *message) {
  int empty = make_temporary(
      4096, "0555",
      KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC);
  if (empty < 0) return fail_with(message, empty, "create a tmpfs", "covers of /proc");
  int file = open_at(empty, "f", O_CREAT | O_RDONLY, 0444);
  int directory = make_directory(empty, "d", 0555);
  if (directory == 0) directory = open_at(empty, "d", O_PATH | O_DIRECTORY, 0);
  if (file < 0 || directory < 0) return fail_with(message, file < 0 ? file : directory, "create", "covers of /proc");
  int result = set_attributes(empty, KERNEL_MOUNT_ATTR_RDONLY, 0);
  if (result != 0) return fail_with(message, result, "make read-only", "covers of /proc");
  if ((result = mask_proc(proc, directory, file)) != 0)
    return fail_with(message, result, "cover the masked files", "/proc");
  // `empty` stays open until the program has started: closing it would unmount it, and wait for all processors.
  close_descriptor(directory);
  close_descriptor(file);
  return 0;
}

static int mount_proc(
    const struct locara_sandbox *sandbox, struct place *place, const struct locara_mount *mount,
    struct locara_message *message) {
  int tree = make_proc();
  if (tree < 0) return fail_with(message, tree, "create a procfs", mount->target);
  if (limit_pids(sandbox, tree, message) != 0) return -1;
  // No program from memory: what may run is what is mounted with the right to. Belongs to the pid namespace, hence
  // does not outlive the sandbox. Linux 6.3; older kernels have the filter for it.
  int setting = open_at(tree, "sys/vm/memfd_noexec", O_WRONLY, 0);
  int result = setting < 0 ? 0 : write_setting(setting, "2");
  if (result != 0) return fail_with(message, result, "forbid programs in memory", "sys/vm/memfd_noexec");
  if (attach(tree, place, mount, 1, message) != 0) return -1;
  if (cover_proc(tree, message) != 0) return -1;
  result = set_attributes(tree, KERNEL_MOUNT_ATTR_RDONLY, 0);
  if (result != 0) return fail_with(message, result, "make read-only", mount->target);
  close_descriptor(tree);
  return 0;
}

static int write_file(int parent, const char *name, const char *content, size_t length) {
  int file = open_at(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0444);
  if (file < 0) return file;
  long result = 0;
  for (size_t written = 0; written < length;) {
    result = raw(SYS_write, file, content + written, length - written);
    if (result > 0) written += (size_t)result;
    else if (result != -EINTR) break;
  }
  close_descriptor(file);
  return result < 0 ? (int)result : 0;
}

static int make_entry(struct place *place, const struct locara_mount *mount, struct locara_message *message) {
  const char *name;
  int parent = open_parent(place, mount->target, &name);
  if (parent < 0) return fail_with(message, parent, "create the parents", mount->target);
  int result;
  switch (mount->kind) {
    case LOCARA_MOUNT_LINK: result = (int)raw(SYS_symlinkat, mount->content, parent, name); break;
    case LOCARA_MOUNT_DIRECTORY: result = make_directory(parent, name, 0755); break;
    default: result = write_file(parent, name, mount->content, mount->content_length); break;
  }
  return result == 0 ? 0 : fail_with(message, result, "create", mount->target);
}

int build_root(const struct locara_sandbox *sandbox, struct locara_message *message) {
  // Nothing that happens here may reach the machine's mounts. In a user namespace of its own the kernel has seen to that
  // when it copied them, copy_mnt_ns() in fs/namespace.c; the root of all is made private to see whether it may be.
  unsigned long all = sandbox->namespaces & KERNEL_CLONE_NEWUSER ? 0 : MS_REC;
  long result = raw(SYS_mount, 0, "/", 0, all | MS_PRIVATE, 0);
  if (result != 0) return fail_with(message, result, "make mounts private", "/");
  int old_root = open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
  if (old_root < 0) return fail_with(message, old_root, "open", "/");
  int root = make_temporary(4 << 20, "0755", KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC);
  if (root < 0) return fail_with(message, root, "create the root file system", "/");
  // Attached on top of the machine's root: paths that start at this process's root keep going to the machine's, so
  // that sources can still be opened by path.
  if ((result = move_to(root, AT_FDCWD, "/")) != 0)
    return fail_with(message, result, "mount the root file system", "/");
  static struct place place;
  place.root = root;
  place.directory = -1;
  for (size_t index = 0; index < sandbox->mount_count; index++) {
    const struct locara_mount *mount = &sandbox->mounts[index];
    int done;
    switch (mount->kind) {
      case LOCARA_MOUNT_BIND: done = mount_bind(&place, mount, message); break;
      case LOCARA_MOUNT_TEMPORARY: done = mount_temporary(&place, mount, message); break;
      case LOCARA_MOUNT_PROC: done = mount_proc(sandbox, &place, mount, message); break;
      default: done = make_entry(&place, mount, message); break;
    }
    if (done != 0) return -1;
  }
  leave(&place);
  result = set_attributes(
      root, KERNEL_MOUNT_ATTR_RDONLY | KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC, 0);
  if (result != 0) return fail_with(message, result, "make the root file system read-only", "/");
  // The old root ends up on top of the new one, and is taken away with all that is below it.
  if ((result = raw(SYS_fchdir, root)) != 0) return fail_with(message, result, "enter the root file system", "/");
  if ((result = raw(SYS_pivot_root, ".", ".")) != 0) return fail_with(message, result, "change the root", "/");
  close_descriptor(root);
  return old_root;
}

int detach_old_root(int old_root, struct locara_message *message) {
  long result = raw(SYS_fchdir, old_root);
  if (result == 0) result = raw(SYS_umount2, ".", MNT_DETACH);
  if (result != 0) return fail_with(message, result, "detach the machine's files", "/");
  if ((result = raw(SYS_chdir, "/")) != 0) return fail_with(message, result, "enter the root file system", "/");
  close_descriptor(old_root);
  return 0;
}
