// INVARIANT: everything that runs between clone and exec is in this module. It is C without the C library, allocates
// nothing, and takes one plain struct. It decides nothing: what to mount, deny and start is the caller's choice.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ToolPolicy.h"

// What a mount is made from.
enum locara_mount_kind {
  LOCARA_MOUNT_BIND = 0,       // a file or directory of the machine, with everything mounted below it
  LOCARA_MOUNT_TEMPORARY = 1,  // a new tmpfs
  LOCARA_MOUNT_PROC = 2,       // a new procfs
  LOCARA_MOUNT_LINK = 3,       // a symbolic link; no mount
  LOCARA_MOUNT_FILE = 4,       // a small file; no mount
  LOCARA_MOUNT_DIRECTORY = 5,  // an empty directory; no mount
};

enum locara_mount_flag {
  LOCARA_MOUNT_READ_ONLY = 1,
  LOCARA_MOUNT_EXECUTE = 2,   // without it the mount is noexec
  LOCARA_MOUNT_OPTIONAL = 4,  // a source that does not exist is left out
  LOCARA_MOUNT_DEVICE = 8,    // a device node: without it the mount is nodev
};

struct locara_mount {
  int32_t kind;
  uint32_t flags;
  // BIND: where the source is. `base` is opened with symbolic links followed; from there `relative`, when it is not
  // empty, is opened with none followed and without leaving `base`.
  const char *base;
  const char *relative;
  // BIND: the device and inode that the source must have; inode 0 accepts any.
  uint64_t device;
  uint64_t inode;
  // Path below the root, without a leading slash.
  const char *target;
  // LINK: where it points. FILE: the content.
  const char *content;
  size_t content_length;
  // TEMPORARY: bytes.
  uint64_t size;
};

struct locara_path_rule {
  const char *path;      // inside the sandbox; symbolic links are followed
  const char *relative;  // NULL, or opened from `path` with no link followed and without leaving it
  // The device and inode that it must have; inode 0 accepts any.
  uint64_t device;
  uint64_t inode;
  uint64_t access;  // LANDLOCK_ACCESS_FS_*
  int32_t optional;
};

struct locara_port_rule {
  uint64_t port;
  uint64_t access;  // LANDLOCK_ACCESS_NET_*
};

struct locara_limit {
  int32_t resource;  // RLIMIT_*
  uint64_t value;
};

struct locara_sandbox {
  uint64_t namespaces;  // CLONE_NEW*
  int32_t control_group;  // directory of the control group to start in, version 2; -1 is the caller's own
  uint32_t user_inside, group_inside;
  uint32_t user_outside, group_outside;
  const char *host_name;

  const struct locara_mount *mounts;
  size_t mount_count;

  // Landlock; the caller has removed the bits that the kernel does not know.
  int32_t landlock;  // whether there is a domain at all
  uint64_t handled_files, handled_ports, scopes;
  const struct locara_path_rule *path_rules;
  size_t path_rule_count;
  const struct locara_port_rule *port_rules;
  size_t port_rule_count;

  const struct locara_limit *limits;
  size_t limit_count;
  uint32_t processors;  // how many processors the program may run on; 0 is all

  const void *filter;          // array of struct sock_filter
  uint16_t filter_length;      // instructions; 0 loads none, which only probes do
  int32_t wants_notifications;  // load the filter with a listener and hand that to the caller

  const char *const *arguments;    // NULL at the end; the first is the program's path inside
  const char *const *environment;  // NULL at the end
  const char *working_directory;
  int32_t input, output, error;  // descriptors of the caller
  int32_t one_processor;         // 1: whatever the machine has, the program is given one processor
  int32_t awaits_permission;     // report when the file tree is ready, and start nothing before `locara_permit`
  int32_t terminal;              // 1: `input` is a terminal of our own that becomes the controlling one
  // With a terminal of our own: the caller's, and its modes before and while the runner has them changed, as struct
  // termios. Should the runner be gone while they are changed, the first process puts the former ones back.
  int32_t caller_terminal;
  const void *former_modes, *changed_modes;

  // An app that may reach some hosts: its network is set up, and the sockets in it are sent to the supervisor.
  int32_t has_broker;
  int32_t network_channel;  // to the supervisor
  uint8_t own_address4[4], own_address6[16];
  uint8_t resolver_address[4];
};

enum locara_message_kind {
  LOCARA_STARTED = 1,  // value: the program's pid inside; comes with the listener when one was wanted
  LOCARA_FAILED = 2,   // nothing was started
  LOCARA_ENDED = 3,    // value: the program's wait status
  LOCARA_READY = 4,    // the file tree is as it will be; nothing of the app was started yet
  LOCARA_STOPPED = 5,  // value: the signal that the program was stopped by
};

// One record from the sandbox's first process.
struct locara_message {
  int32_t kind;
  int32_t value;
  int32_t error;    // errno
  char step[64];    // what was being done, as an infinitive
  char path[512];   // what it was done to; may be empty
};

struct locara_spawned {
  int32_t process;     // pid, in the caller's pid namespace
  int32_t pid_fd;      // pidfd of it
  int32_t channel;     // seqpacket socket; its end is the sandbox's end, and the other way round
};

// Starts the sandbox's first process, which sets the sandbox up, starts the program in it and looks after it.
// 0, or -1 with `failure` filled. Blocks no longer than a clone takes; the outcome comes through the channel.
int locara_spawn(const struct locara_sandbox *sandbox, struct locara_spawned *spawned, struct locara_message *failure);

// Waits for one record. 1, 0 at the end of the channel, or a negative errno. `*descriptor` is what came along, or -1.
int locara_receive(int channel, struct locara_message *message, int *descriptor);

// Answers LOCARA_READY: the program may be started.
int locara_permit(int channel);

enum locara_recipient {
  LOCARA_TO_PROGRAM = 0,
  LOCARA_TO_GROUP = 1,  // the program's process group
  LOCARA_TO_ALL = 2,    // every process of the sandbox but the first; the group where there is no pid namespace
};
// Asks the first process to send a signal.
int locara_forward(int channel, int signal, int recipient);

// Waits until the process of a pidfd is gone, with all its children when it was a pid namespace's first, and reaps it.
// 0, or a negative errno.
int locara_reap(int pid_fd, int *status);

// pidfd_send_signal(2). 0, or a negative errno.
int locara_kill(int pid_fd, int signal);

// Blocks the signals that end or stop a program for this thread and gives a descriptor to read them from, or a negative
// errno. `previous` holds the mask to give back to `locara_restore_signals`.
int locara_catch_signals(uint64_t *previous);
void locara_restore_signals(int descriptor, uint64_t previous);
// The next caught signal, 0 when there is none. `*from_terminal` tells whether the kernel sent it for a key.
int locara_next_signal(int descriptor, int *from_terminal);

// --- A terminal of the app's own, between the app and the caller's. ---

// Opens one with the modes and the size of the terminal `like`: gives the runner's end, which does not block, and the
// app's. -1 with errno.
int locara_open_terminal(int like, int *end);
int locara_copy_window_size(int from, int to);
// Stops this process, and its group when `with_group` is 1, as the terminal's key does, and returns when they go on.
void locara_stop(int with_group);

// --- Denied calls, for a filter that was loaded with `wants_notifications`. ---

struct locara_notification {
  uint64_t id;
  int32_t process;  // of the caller, in our pid namespace
  int32_t number;
  uint32_t architecture;
  uint64_t instruction_pointer;
  uint64_t arguments[6];
};

// 0, or -1 with errno; ENOENT when the caller has died.
int locara_receive_notification(int listener, struct locara_notification *notification);
// 0 while the caller still waits for its answer.
int locara_notification_is_valid(int listener, uint64_t id);
// Has a caller and its supervisor take turns on one processor, where the kernel knows how (Linux 6.6).
void locara_wake_in_turn(int listener);
// Answers with an errno.
int locara_deny(int listener, uint64_t id, int error);
// Opens a path (O_PATH) as a process sees it whose root directory is `root`; -1 with errno.
int locara_open_inside(int root, const char *path);
// Copies memory of another process; bytes, or -1.
ssize_t locara_read_memory(int process, uint64_t address, void *buffer, size_t size);

// --- The egress broker. Results that are negative are an errno. ---

// A pair of connected seqpacket sockets.
int locara_channel(int ends[2]);
// An open file in memory with this content, to be read from its start.
int locara_memory_file(const void *content, size_t size);
// Finds the program that a path names now, so that it can be started later whatever happens to the path.
int locara_open_program(const char *path);
// Starts it with these descriptors as 3, 4, ..., no standard streams and no environment; its pid.
int locara_start_program(int program, const char *const *arguments, const int *descriptors, int count);
// Waits up to about `patience` milliseconds for its end: 1 when it has ended and is reaped.
int locara_end_program(int process, int patience);
// A socket that listens on an address of this machine; `family` is 4 or 6.
int locara_listen(const uint8_t *address, int family, uint16_t port);
// Lets a notified call go on as if nobody had been asked. Decides nothing: the caller may change what it points to.
int locara_continue(int listener, uint64_t id);

enum locara_network_order {
  LOCARA_NETWORK_LISTEN = 1,   // on a port, for every address
  LOCARA_NETWORK_CONNECT = 2,  // to a port of loopback
};
// Starts a process in the namespaces of these descriptors, which opens sockets there; its channel.
int locara_network_start(int user_namespace, int network_namespace, int *process);
// Has it open a socket.
int locara_network_open(int channel, int kind, uint16_t port);

// The symbol of an errno, "EPERM"; NULL for a number that is none.
const char *locara_error_name(int error);

// --- Attempts at operations, from inside of a sandbox. ---

// No errno has this number.
#define LOCARA_NO_ATTEMPT 255
// Tries what the words say ("read PATH", "connect tcp ADDRESS PORT", "thread", ...): 0 when the kernel let it be done,
// else the errno that it gave; LOCARA_NO_ATTEMPT when the words say nothing that can be tried.
int locara_attempt(int count, char *const words[]);

// --- What this kernel can do. Each gives -1 and errno when it cannot. ---

// The Landlock ABI version.
int locara_landlock_abi(void);
// Whether seccomp knows an action (SECCOMP_RET_*): 1 or 0.
int locara_seccomp_action(uint32_t action);
// Whether a process can enter the namespaces and set up a file tree there: 0, or -1 with `failure` filled.
int locara_probe_namespaces(uint64_t namespaces, struct locara_message *failure);
// Whether the mount calls exist: 0 or -1.
int locara_probe_mount_calls(void);
int locara_probe_pidfd(void);

// --- Control groups. ---

struct locara_group_setting {
  const char *file, *value;
  int32_t is_set;  // whether the kernel took it
};
// Makes a group below another one, and sets it: a descriptor of its directory and its `path`, or a negative errno.
int locara_make_group(
    const char *place, struct locara_group_setting *settings, size_t count, char *path, size_t capacity);
// Removes a group, and ends what may be left in it.
void locara_remove_group(const char *path);
// Whether a directory is of a hierarchy of version 2: 1 or 0.
int locara_is_control_groups(const char *path);
// Whether systemd marks a group as delegated: 1 or 0.
int locara_is_marked_delegated(const char *path);

// --- Starts that were worked out before. ---

#include "Prepared.h"
