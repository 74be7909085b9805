// Shared by the files of this room.
#pragma once

#include <errno.h>

#include "CSandbox.h"
#include "kernel.h"

// In the place of a signal in an order to the first process: the program may be started.
#define LOCARA_PERMISSION -1

// Where a record about a failed step is collected.
struct report {
  struct locara_message *message;
};

// Fills the record from errno and gives -1, so that a failing step reads `return fail(...)`.
int fail(struct locara_message *message, const char *step, const char *path);

// Builds the file tree and makes it the root. Runs with full capabilities in the new user namespace.
int build_root(const struct locara_sandbox *sandbox, struct locara_message *message);

// Sets up the app's network and sends the sockets in it to the broker.
int set_up_network(const struct locara_sandbox *sandbox, struct locara_message *message);

// Makes a Landlock ruleset of the sandbox's rules; the descriptor, or -1.
int make_ruleset(const struct locara_sandbox *sandbox, struct locara_message *message);

// Keeps so many of the processors that this process may run on; 0 keeps all. 0, or -1 with errno.
int choose_processors(uint32_t wanted);

// The program's side: gives everything up in the right order and executes it. Returns only after a failure, and then
// possibly with a filter loaded that allows no call at all.
struct program {
  const struct locara_sandbox *sandbox;
  int ruleset;
  int channel;
  volatile int listener;           // set by the program's side once the filter is loaded, else -1
  struct locara_message *message;
};
void become_program(struct program *program);

// Empties every capability set, for this process and what it executes.
int drop_capabilities(int has_setpcap, struct locara_message *message);

// The first process of the sandbox; never returns.
void run_init(const struct locara_sandbox *sandbox, int channel) __attribute__((noreturn));
