// A start that was worked out before. To start an app, the runner reads records, looks at the user's files and asks the
// kernel, and in the end fills one plain struct. The next start of the same app nearly always fills the same. So the
// struct is kept, with everything that went into it: while all of that is as it was, the struct is what the runner would
// work out again, and `locara_begin` (start.c) takes it, before the C library or Swift have been set up. Where anything is
// not as it was, nothing has happened yet, and the runner works it out anew. It decides nothing that is not decided there.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "CSandbox.h"

// What stat(2) said of a file that was verified: SystemIO's FileIdentity.
struct locara_facts {
  uint64_t device, inode;
  int64_t size;
  uint64_t mode;
  int64_t modified, changed;  // nanoseconds since 1970
};

enum locara_condition_kind {
  LOCARA_CONDITION_VARIABLE = 1,  // the environment's variable `name` is `value`, or not set when `value` is NULL
  LOCARA_CONDITION_CONTENT = 2,   // the regular file `name` has the bytes `value` at `offset`
  LOCARA_CONDITION_WHOLE = 3,     // it has those from its start to its end; with a NULL `value` there is no such file
  LOCARA_CONDITION_FACTS = 4,     // stat(2) of `name`, links followed, says `facts`
  LOCARA_CONDITION_DIRECTORY = 5, // `name` is a directory that this user may read, write and search
};

struct locara_condition {
  int32_t kind;
  const char *name;
  const void *value;
  size_t length;
  uint64_t offset;
  struct locara_facts facts;
};

struct locara_witness {
  const char *path;  // below the payload; empty for itself
  struct locara_facts facts;
};

struct locara_start {
  struct locara_sandbox sandbox;
  struct locara_facts bundle;  // of the file that is named on the command line
  const struct locara_condition *conditions;
  size_t condition_count;
  int32_t landlock_abi;
  int32_t accepts_arguments;  // whether what follows `--` is appended to the program's
  size_t argument_count, variable_count;  // of `sandbox.arguments` and `sandbox.environment`
  // The payload, and what was in it when it was verified.
  const char *payload;
  const struct locara_witness *witness;
  size_t witness_count;
  const char *lock;  // shared as long as the app runs, so that its payload is not collected
  // For `locara ps`: where the record goes, and how it begins, as far as `"id":"`.
  const char *record_directory, *record_head;
  uint64_t time_limit;  // milliseconds; 0 is none
  const void *denials;  // the filter as it was compiled, from which denials are explained
  uint16_t denials_length;
  // Without namespaces: a directory of the start's own, those to make in it, and what is said to the user.
  const char *scratch;
  const char *const *scratch_directories;  // paths, parents first
  size_t scratch_count;
  const char *notice;
  // The control group below which one is made for each start, and its settings; NULL for none.
  const char *group_place;
  const struct locara_group_setting *group_settings;
  size_t group_setting_count;
};

// Writes the start in one piece, at most `capacity` bytes; how many it took, or 0 when there is no room.
size_t locara_write_start(const struct locara_start *start, void *buffer, size_t capacity);
// Finds the start in such a piece, which is changed for it; NULL when it is damaged or of another version.
const struct locara_start *locara_read_start(void *bytes, size_t size);

// A start that was made from a prepared one and that the runner has to go on with.
struct locara_adopted {
  int32_t is_active;
  int32_t has_ended;  // and only has to be cleaned up after
  int32_t status;     // then: the exit code
  struct locara_spawned spawned;
  int32_t listener;   // -1 when the filter does not ask
  int32_t signals;
  uint64_t previous_signals;
  int32_t lock;
  int32_t record;           // -1 when there is none
  const char *record_path;
  int32_t scratch_lock;  // -1 when there is none
  const char *group;     // NULL when there is none
  uint64_t began;        // milliseconds of CLOCK_MONOTONIC
  const struct locara_start *start;
};
// The one of this process; NULL when there is none.
const struct locara_adopted *locara_adopted_start(void);

// Makes the record of a running app in a directory that exists, and keeps it locked: its descriptor and `path`, or a
// negative errno.
int locara_write_record(const char *directory, const char *head, char *path, size_t capacity);
