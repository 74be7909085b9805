// Shared by the files of this program.
#pragma once

#include <linux/filter.h>
#include <stdint.h>

#include "ToolPolicy.h"
#include "kernel.h"

// A tool's policy, as pointers into the file.
struct policy {
  const struct locara_tool_header *header;
  const struct locara_tool_path_rule *path_rules;
  const struct locara_tool_port_rule *port_rules;
  const struct locara_tool_limit *limits;
  const struct sock_filter *filter;
  const uint32_t *words;  // arguments, environment, passed
  const char *strings;
};

extern const char *tool_name;

// Says what was being done, with errno, and ends.
void give_up(const char *step) __attribute__((noreturn));

// Takes everything of the policy on this process and executes the tool.
void become_tool(const struct policy *policy, char **arguments, char **environment) __attribute__((noreturn));

// Returns in a new process. This one stays, passes signals in and the exit status out, and ends the new one and what it
// started after so many milliseconds.
void keep_time(uint64_t milliseconds);
