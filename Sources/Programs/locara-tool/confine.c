// The tool's own restrictions, each of them stacked on the app's.
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "internal.h"
#include "launcher.h"

static void give_up_with(const struct locara_message *message) __attribute__((noreturn));
static void give_up_with(const struct locara_message *message) {
  errno = message->error;
  give_up(message->step);
}

static void enter_domain(const struct policy *policy) {
  struct locara_message message = {0};
  struct locara_sandbox sandbox = {
      .handled_files = policy->header->handled_files,
      .handled_ports = policy->header->handled_ports,
      .scopes = policy->header->scopes,
      .path_rule_count = policy->header->path_rules,
      .port_rule_count = policy->header->port_rules,
  };
  if (!sandbox.handled_files && !sandbox.handled_ports && !sandbox.scopes) return;
  struct locara_path_rule *paths = calloc(sandbox.path_rule_count + 1, sizeof *paths);
  struct locara_port_rule *ports = calloc(sandbox.port_rule_count + 1, sizeof *ports);
  if (!paths || !ports) give_up("take memory");
  for (size_t index = 0; index < sandbox.path_rule_count; index++) {
    const struct locara_tool_path_rule *rule = &policy->path_rules[index];
    paths[index] = (struct locara_path_rule){
        .path = policy->strings + rule->path, .access = rule->access, .optional = rule->optional != 0};
  }
  for (size_t index = 0; index < sandbox.port_rule_count; index++)
    ports[index] = (struct locara_port_rule){
        .port = policy->port_rules[index].port, .access = policy->port_rules[index].access};
  sandbox.path_rules = paths;
  sandbox.port_rules = ports;
  int ruleset = make_ruleset(&sandbox, &message);
  if (ruleset < 0) give_up_with(&message);
  if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) give_up("enter its Landlock domain");
}

static void set_limits(const struct policy *policy) {
  for (uint32_t index = 0; index < policy->header->limits; index++) {
    const struct locara_tool_limit *wanted = &policy->limits[index];
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)wanted->resource, &limit) != 0) give_up("read a resource limit");
    // One of the app's that is lower stays.
    if (limit.rlim_max > wanted->value) limit.rlim_max = wanted->value;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)wanted->resource, &limit) != 0) give_up("set a resource limit");
  }
}

void become_tool(const struct policy *policy, char **arguments, char **environment) {
  int result = choose_processors(policy->header->processors);
  if (result < 0) {
    errno = -result;
    give_up("choose its processors");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up("set no_new_privs");
  enter_domain(policy);
  // Not before: the descriptors and the memory of the set-up count too.
  set_limits(policy);
  // A descriptor of the app's would be a right of the app's.
  if (syscall(SYS_close_range, 3, ~0U, KERNEL_CLOSE_RANGE_CLOEXEC) != 0) give_up("close the other descriptors");
  struct sock_fprog filter = {
      .len = (unsigned short)policy->header->filter_length, .filter = (struct sock_filter *)policy->filter};
  if (syscall(SYS_seccomp, KERNEL_SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) give_up("load its filter");
  execve(arguments[0], arguments, environment);
  give_up("execute its program");
}
