// Bytes and texts without the C library (raw.h says why): its versions of these are chosen by the processor's features,
// which the library looks up when it is set up. The compiler is told not to put calls of them in their place.
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline void clear_bytes(void *place, size_t size) {
  unsigned char *next = place;
  while (size-- > 0) *next++ = 0;
}

static inline void copy_bytes(void *to, const void *from, size_t size) {
  unsigned char *target = to;
  const unsigned char *source = from;
  while (size-- > 0) *target++ = *source++;
}

static inline int are_equal_bytes(const void *one, const void *other, size_t size) {
  const unsigned char *a = one, *b = other;
  while (size-- > 0)
    if (*a++ != *b++) return 0;
  return 1;
}

static inline size_t text_length(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

static inline int are_equal_texts(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}

// The last slash of a path; NULL when there is none.
static inline const char *last_slash(const char *path) {
  const char *found = NULL;
  for (; *path; path++)
    if (*path == '/') found = path;
  return found;
}

// Writes a text and a NUL at `end`, and gives the NUL's place, so that more can be appended there.
static inline char *append_text(char *end, const char *text) {
  while (*text) *end++ = *text++;
  *end = 0;
  return end;
}

static inline char *append_number(char *end, uint64_t value) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (count > 0) *end++ = digits[--count];
  *end = 0;
  return end;
}

// The decimal number that a text starts with; `*end` is what follows it.
static inline long leading_number(const char *text, const char **end) {
  long value = 0;
  while (*text >= '0' && *text <= '9' && value < 1L << 40) value = value * 10 + (*text++ - '0');
  *end = text;
  return value;
}
