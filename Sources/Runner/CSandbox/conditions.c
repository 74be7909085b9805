// Whether everything is as it was when a start was worked out.
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"
#include "start.h"

const char *variable(char *const *environment, const char *name) {
  size_t length = text_length(name);
  for (; *environment; environment++)
    if (are_equal_bytes(*environment, name, length) && (*environment)[length] == '=') return *environment + length + 1;
  return NULL;
}

void read_facts(const struct stat *status, struct locara_facts *facts) {
  facts->device = status->st_dev;
  facts->inode = status->st_ino;
  facts->size = status->st_size;
  facts->mode = status->st_mode;
  facts->modified = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
  facts->changed = (int64_t)status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec;
}

static int has_facts(long directory, const char *path, int flags, const struct locara_facts *facts) {
  struct stat status;
  struct locara_facts found;
  if (raw(SYS_newfstatat, directory, path, &status, flags) != 0) return 0;
  read_facts(&status, &found);
  return are_equal_bytes(&found, facts, sizeof found);
}

static int has_content(const struct locara_condition *condition) {
  long file = raw(SYS_openat, AT_FDCWD, condition->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
  if (file < 0) return file == -ENOENT && condition->kind == LOCARA_CONDITION_WHOLE && condition->value == NULL;
  char found[512];
  size_t compared = 0;
  int is_equal = condition->value != NULL;
  for (;;) {
    size_t rest = condition->length - compared;
    // One byte more than there should be tells the end of the whole.
    size_t wanted = condition->kind == LOCARA_CONDITION_WHOLE ? rest + 1 : rest;
    if (wanted > sizeof found) wanted = sizeof found;
    if (!is_equal || wanted == 0) break;
    long count = raw(SYS_pread64, file, found, wanted, condition->offset + compared);
    if (count == -EINTR) continue;
    if (count <= 0 || (size_t)count > rest) {
      is_equal = count == 0 && rest == 0;
      break;
    }
    is_equal = are_equal_bytes(found, (const char *)condition->value + compared, (size_t)count);
    compared += (size_t)count;
  }
  raw(SYS_close, file);
  return is_equal;
}

static int holds_condition(const struct locara_condition *condition, char *const *environment) {
  switch (condition->kind) {
    case LOCARA_CONDITION_VARIABLE: {
      const char *value = variable(environment, condition->name);
      if (value == NULL || condition->value == NULL) return value == condition->value;
      return text_length(value) == condition->length && are_equal_bytes(value, condition->value, condition->length);
    }
    case LOCARA_CONDITION_CONTENT:
    case LOCARA_CONDITION_WHOLE: return has_content(condition);
    case LOCARA_CONDITION_FACTS: return has_facts(AT_FDCWD, condition->name, 0, &condition->facts);
    case LOCARA_CONDITION_DIRECTORY: {
      struct stat status;
      return raw(SYS_newfstatat, AT_FDCWD, condition->name, &status, 0) == 0 && S_ISDIR(status.st_mode)
          && raw(SYS_faccessat, AT_FDCWD, condition->name, R_OK | W_OK | X_OK) == 0;
    }
    default: return 0;
  }
}

int is_as_it_was(const struct locara_start *start, char *const *environment) {
  if (start->sandbox.user_outside != (uint32_t)raw(SYS_geteuid)
      || start->sandbox.group_outside != (uint32_t)raw(SYS_getegid))
    return 0;
  if (raw(SYS_landlock_create_ruleset, 0, 0, KERNEL_LANDLOCK_CREATE_RULESET_VERSION) != start->landlock_abi) return 0;
  for (size_t index = 0; index < start->condition_count; index++)
    if (!holds_condition(&start->conditions[index], environment)) return 0;
  return 1;
}

// One stat for each file, and the directories say by their own times that no name came or went.
int is_payload_unchanged(const struct locara_start *start) {
  long root = raw(SYS_openat, AT_FDCWD, start->payload, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (root < 0) return 0;
  int is_unchanged = 1;
  for (size_t index = 0; index < start->witness_count && is_unchanged; index++) {
    const struct locara_witness *witness = &start->witness[index];
    is_unchanged = has_facts(
        root, witness->path, AT_SYMLINK_NOFOLLOW | (witness->path[0] ? 0 : KERNEL_AT_EMPTY_PATH), &witness->facts);
  }
  raw(SYS_close, root);
  return is_unchanged;
}
