// Shared by the files that start an app again.
#pragma once

#include <sys/stat.h>

#include "Prepared.h"

// A variable of the environment; NULL when it is not set.
const char *variable(char *const *environment, const char *name);

void read_facts(const struct stat *status, struct locara_facts *facts);
// Whether all that the start depends on is as it was when it was worked out.
int is_as_it_was(const struct locara_start *start, char *const *environment);
int is_payload_unchanged(const struct locara_start *start);

// Opens and locks a file or directory, flock(2): its descriptor, or a negative errno. Whoever takes it away does so under
// the lock, hence it counts only if it is still there.
int open_locked(const char *path, int flags, int operation);

// Takes the start's own directories, where it has some: 0, or -1 when they are another's or not as they should be. `*lock`
// is the descriptor that keeps them, or -1.
int take_scratch(const struct locara_start *start, int32_t *lock);
// Whether there is nothing in them.
int is_scratch_empty(const struct locara_start *start);
