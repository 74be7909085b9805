// Shared by the files of this module.
#pragma once

#include <errno.h>

#include "CSandbox.h"
#include "kernel.h"

// What a process that shares this one's memory waits for.
void await_flag(const uint32_t *flag);
void raise_flag(uint32_t *flag);

// The namespaces that the first process is made in.
uint64_t first_namespaces(const struct locara_sandbox *sandbox);

// How what lies below a place that the app may write is opened: an earlier run may have left links there.
#define NO_LINKS (KERNEL_RESOLVE_BENEATH | KERNEL_RESOLVE_NO_SYMLINKS | KERNEL_RESOLVE_NO_MAGICLINKS)

// In the place of a signal in an order to the first process: the program may be started.
#define LOCARA_PERMISSION -1

// Fills the record from the negative errno that a system call gave, and gives -1, so that a failing step reads
// `return fail_with(...)`.
int fail_with(struct locara_message *message, long result, const char *step, const char *path);

// Builds the file tree and makes it the root, with the machine's files still on top of it: what starts at the root does
// not see those. Runs with full capabilities in the new user namespace. A descriptor for `detach_old_root`, or -1.
int build_root(const struct locara_sandbox *sandbox, struct locara_message *message);

// Takes the machine's files away. The kernel waits for all processors here.
int detach_old_root(int old_root, struct locara_message *message);

// Sets up the app's network, which the calling process is in, and sends the sockets in it to the supervisor.
int set_up_network(const struct locara_sandbox *sandbox, struct locara_message *message);

// Makes a Landlock ruleset of the sandbox's rules; the descriptor, or -1.
int make_ruleset(const struct locara_sandbox *sandbox, struct locara_message *message);

// Keeps so many of the processors that this process may run on; 0 keeps all. 0, or a negative errno.
int choose_processors(uint32_t wanted);

// The program's side: gives everything up in the right order and executes it. Returns only after a failure, and then
// possibly with a filter loaded that allows no call at all.
struct program {
  const struct locara_sandbox *sandbox;
  int channel;
  int32_t parent;     // the first process, which this one ends with
  uint32_t has_root;  // set, and woken as a futex, once the file tree is there
  uint32_t is_alone;  // set, and woken as a futex, once the machine's files are detached
  volatile int listener;           // set by the program's side once the filter is loaded, else -1
  struct locara_message *message;
};
void become_program(struct program *program);

// Empties every capability set, for this process and what it executes.
int has_setpcap(void);
int drop_capabilities(int has_setpcap, struct locara_message *message);

// Ends every child, and what becomes one when its parent has ended, until there is none. The caller reaps orphans.
void end_children(void);

// The first process of the sandbox; never returns.
void run_init(const struct locara_sandbox *sandbox, int channel) __attribute__((noreturn));
