// The launcher of an app's tools. The runner mounts it as /run/locara/bin/NAME, where the app finds the tool's name in
// its PATH, and over the tool's program in the app's files. It runs inside the sandbox with the app's rights, takes the
// tool's Landlock domain, limits and filter on itself, and becomes the tool. It has no right to give: everything that
// it does narrows.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "launcher.h"

#define COMMANDS "/run/locara/bin/"
#define POLICIES "/run/locara/tools/"

const char *tool_name;

void give_up(const char *step) {
  dprintf(2, "locara: the tool `%s` cannot be started: cannot %s: %s\n", tool_name, step, strerror(errno));
  _exit(125);
}

// The policy of a tool, checked so far that nothing read through it lies outside of it; 0 when it is not valid.
static int read_policy(const char *name, struct policy *policy) {
  char path[256];
  snprintf(path, sizeof path, "%s%s", POLICIES, name);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return 0;
  errno = EBADMSG;
  if (status.st_size < (off_t)sizeof *policy->header || status.st_size > LOCARA_TOOL_LIMIT) return 0;
  const char *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (bytes == MAP_FAILED) return 0;
  const struct locara_tool_header *header = (const void *)bytes;
  policy->header = header;
  // In 64 bits no sum of these can overflow.
  uint64_t place = sizeof *header;
  policy->path_rules = (const void *)(bytes + place);
  place += (uint64_t)header->path_rules * sizeof *policy->path_rules;
  policy->port_rules = (const void *)(bytes + place);
  place += (uint64_t)header->port_rules * sizeof *policy->port_rules;
  policy->limits = (const void *)(bytes + place);
  place += (uint64_t)header->limits * sizeof *policy->limits;
  policy->filter = (const void *)(bytes + place);
  place += (uint64_t)header->filter_length * sizeof(struct sock_filter);
  policy->words = (const void *)(bytes + place);
  uint64_t words = (uint64_t)header->arguments + header->environment + header->passed;
  place += words * sizeof *policy->words;
  policy->strings = bytes + place;
  place += header->string_bytes;
  errno = EBADMSG;
  if (header->magic != LOCARA_TOOL_MAGIC || place != (uint64_t)status.st_size || header->string_bytes == 0
      || policy->strings[header->string_bytes - 1] != 0 || header->arguments == 0 || header->filter_length == 0
      || header->filter_length > 4096 || header->covered_path >= header->string_bytes)
    return 0;
  for (uint64_t index = 0; index < words; index++)
    if (policy->words[index] >= header->string_bytes) return 0;
  for (uint32_t index = 0; index < header->path_rules; index++)
    if (policy->path_rules[index].path >= header->string_bytes) return 0;
  return 1;
}

// This program was started in the place of a tool's program: says so to the app's user and to the supervisor, which is
// told by a call that every filter denies.
static void started_by_path(const char *path) __attribute__((noreturn));
static void started_by_path(const char *path) {
  DIR *directory = opendir(POLICIES);
  struct dirent *entry;
  while (directory && (entry = readdir(directory))) {
    struct policy policy;
    if (entry->d_name[0] == '.' || !read_policy(entry->d_name, &policy)) continue;
    if (strcmp(policy.strings + policy.header->covered_path, path) != 0) continue;
    char text[4096];
    int length = snprintf(text, sizeof text, "%s%s:%s", LOCARA_TOOL_BY_PATH, entry->d_name, path);
    if (length > 0 && syscall(SYS_setdomainname, text, length) != 0)
      dprintf(
          2, "locara: %s is the program of the tool `%s`: start it by its name, `%s`, which PATH finds\n", path,
          entry->d_name, entry->d_name);
    _exit(126);
  }
  dprintf(2, "locara: %s is no tool of this app\n", path);
  _exit(126);
}

static char **make_arguments(const struct policy *policy, int count, char **given) {
  char **vector = calloc(policy->header->arguments + (size_t)count, sizeof *vector);
  if (!vector) give_up("take memory");
  for (uint32_t index = 0; index < policy->header->arguments; index++)
    vector[index] = (char *)policy->strings + policy->words[index];
  for (int index = 1; index < count; index++) vector[policy->header->arguments + (size_t)index - 1] = given[index];
  return vector;
}

static char **make_environment(const struct policy *policy, char **given) {
  const uint32_t *words = policy->words + policy->header->arguments;
  char **vector = calloc((size_t)policy->header->environment + policy->header->passed + 1, sizeof *vector);
  if (!vector) give_up("take memory");
  size_t count = 0;
  for (; count < policy->header->environment; count++) vector[count] = (char *)policy->strings + words[count];
  for (uint32_t index = 0; index < policy->header->passed; index++) {
    const char *name = policy->strings + words[policy->header->environment + index];
    size_t length = strlen(name);
    for (char **variable = given; *variable; variable++) {
      if (strncmp(*variable, name, length) != 0 || (*variable)[length] != '=') continue;
      vector[count++] = *variable;
      break;
    }
  }
  return vector;
}

int main(int count, char **arguments, char **environment) {
  static char own[4096];
  // Not argv[0], which whoever starts a program makes up.
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  tool_name = length > 0 ? own : "?";
  if (length <= 0) give_up("find its own name");
  if (strncmp(own, COMMANDS, strlen(COMMANDS)) != 0) started_by_path(own);
  tool_name = own + strlen(COMMANDS);
  struct policy policy;
  if (!read_policy(tool_name, &policy)) give_up("read its policy");
  char **vector = make_arguments(&policy, count, arguments);
  char **variables = make_environment(&policy, environment);
  if (policy.header->time_limit > 0) keep_time(policy.header->time_limit);
  become_tool(&policy, vector, variables);
}
