// What the runner puts into a sandbox for each tool, and the tool's launcher reads there. Written and read on one
// machine: native byte order. The header; the arrays in the order of their counts; the filter; then the strings, which
// end with a zero byte each and are named by their offsets from the first.
#pragma once

#include <stdint.h>

// Changes with the layout.
#define LOCARA_TOOL_MAGIC 0x31304C4F4F54434CULL  // "LCTOOL01"
// Larger files are refused.
#define LOCARA_TOOL_LIMIT (1 << 20)

struct locara_tool_header {
  uint64_t magic;
  // Landlock; what the kernel does not know is not in it.
  uint64_t handled_files, handled_ports, scopes;
  uint64_t time_limit;  // milliseconds; 0 is without end
  uint32_t processors;  // how many whole processors; 0 is all
  uint32_t path_rules, port_rules, limits;
  uint32_t arguments, environment, passed;  // of string offsets
  uint32_t filter_length;                   // instructions
  uint32_t string_bytes;
  uint32_t covered_path;  // string offset; the empty string when the program is not covered
};

struct locara_tool_path_rule {
  uint64_t access;
  uint32_t path;
  uint32_t optional;
};

struct locara_tool_port_rule {
  uint64_t port, access;
};

struct locara_tool_limit {
  uint64_t value;
  uint32_t resource, unused;
};

// A start of a tool's program by its path is told to the supervisor by a call that every filter denies, with a text of
// this form: the prefix, the tool's name, a colon, the path.
#define LOCARA_TOOL_BY_PATH "locara-tool:"
