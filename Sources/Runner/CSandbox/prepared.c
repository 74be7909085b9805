// A prepared start as one piece of bytes: the struct, then what it points to, with places in the piece instead of pointers,
// and a table of where those are.
#include "internal.h"
#include "plain.h"
#include "Prepared.h"

// Raised when the structs change, so that older pieces are not read.
static const char magic[16] = "locara start 2\n";

struct header {
  char magic[16];
  uint64_t size;      // of the whole piece, a multiple of 8
  uint64_t checksum;  // of the piece with 0 here; against accidents, for whoever may write this may write the store
  uint64_t places;    // where the table begins
  uint64_t place_count;
  struct locara_start start;
};

static uint64_t checksum(const void *bytes, size_t size) {
  const uint64_t *words = bytes;
  uint64_t sum = size;
  for (size_t index = 0; index < size / 8; index++) {
    sum = (sum ^ words[index]) * 0x9E3779B97F4A7C15ULL;
    sum ^= sum >> 32;
  }
  return sum;
}

// --- Writing ---

struct writer {
  unsigned char *bytes;
  size_t size, capacity;
  uint32_t places[1 << 16];
  size_t place_count;
  int is_full;
};

// Room at the end of the piece, all zero; its place.
static size_t take(struct writer *writer, size_t size) {
  size_t place = (writer->size + 7) & ~(size_t)7;
  if (size > writer->capacity || place > writer->capacity - size) {
    writer->is_full = 1;
    return 0;
  }
  clear_bytes(writer->bytes + writer->size, place - writer->size + size);
  writer->size = place + size;
  return place;
}

// Copies what a pointer points to; the pointer at `slot` becomes its place.
static size_t put(struct writer *writer, size_t slot, const void *from, size_t size) {
  if (from == NULL) return 0;
  size_t place = take(writer, size);
  if (writer->is_full || writer->place_count == sizeof writer->places / sizeof *writer->places) {
    writer->is_full = 1;
    return 0;
  }
  copy_bytes(writer->bytes + place, from, size);
  copy_bytes(writer->bytes + slot, &place, sizeof place);
  writer->places[writer->place_count++] = (uint32_t)slot;
  return place;
}

static void put_text(struct writer *writer, size_t slot, const char *text) {
  if (text != NULL) put(writer, slot, text, text_length(text) + 1);
}

// A list of texts, with NULL at its end.
static void put_texts(struct writer *writer, size_t slot, const char *const *texts, size_t count) {
  if (texts == NULL) return;
  size_t list = put(writer, slot, texts, (count + 1) * sizeof *texts);
  for (size_t index = 0; index < count && !writer->is_full; index++)
    put_text(writer, list + index * sizeof *texts, texts[index]);
}

#define SLOT(place, type, field) ((place) + offsetof(type, field))
#define AT(field) (offsetof(struct header, start) + offsetof(struct locara_start, field))

static void put_sandbox(struct writer *writer, const struct locara_start *start) {
  const struct locara_sandbox *sandbox = &start->sandbox;
  put_text(writer, AT(sandbox.host_name), sandbox->host_name);
  size_t list = put(writer, AT(sandbox.mounts), sandbox->mounts, sandbox->mount_count * sizeof *sandbox->mounts);
  for (size_t index = 0; index < sandbox->mount_count && !writer->is_full; index++) {
    const struct locara_mount *mount = &sandbox->mounts[index];
    size_t place = list + index * sizeof *mount;
    put_text(writer, SLOT(place, struct locara_mount, base), mount->base);
    put_text(writer, SLOT(place, struct locara_mount, relative), mount->relative);
    put_text(writer, SLOT(place, struct locara_mount, target), mount->target);
    if (mount->kind == LOCARA_MOUNT_FILE)
      put(writer, SLOT(place, struct locara_mount, content), mount->content, mount->content_length);
    else
      put_text(writer, SLOT(place, struct locara_mount, content), mount->content);
  }
  list = put(
      writer, AT(sandbox.path_rules), sandbox->path_rules, sandbox->path_rule_count * sizeof *sandbox->path_rules);
  for (size_t index = 0; index < sandbox->path_rule_count && !writer->is_full; index++) {
    const struct locara_path_rule *rule = &sandbox->path_rules[index];
    size_t place = list + index * sizeof *rule;
    put_text(writer, SLOT(place, struct locara_path_rule, path), rule->path);
    put_text(writer, SLOT(place, struct locara_path_rule, relative), rule->relative);
  }
  put(writer, AT(sandbox.port_rules), sandbox->port_rules, sandbox->port_rule_count * sizeof *sandbox->port_rules);
  put(writer, AT(sandbox.limits), sandbox->limits, sandbox->limit_count * sizeof *sandbox->limits);
  put(writer, AT(sandbox.filter), sandbox->filter, sandbox->filter_length * (size_t)8);
  put_texts(writer, AT(sandbox.arguments), sandbox->arguments, start->argument_count);
  put_texts(writer, AT(sandbox.environment), sandbox->environment, start->variable_count);
  put_text(writer, AT(sandbox.working_directory), sandbox->working_directory);
}

size_t locara_write_start(const struct locara_start *start, void *buffer, size_t capacity) {
  static struct writer writer;
  writer.bytes = buffer;
  writer.capacity = capacity < UINT32_MAX ? capacity : UINT32_MAX;
  writer.size = writer.place_count = 0;
  writer.is_full = 0;
  // What belongs to one start and to no other is not kept.
  if (start->sandbox.terminal || start->sandbox.has_broker) return 0;
  take(&writer, sizeof(struct header));
  if (writer.is_full) return 0;
  struct header *header = buffer;
  copy_bytes(header->magic, magic, sizeof magic);
  copy_bytes(&header->start, start, sizeof *start);
  header->start.sandbox.control_group = -1;
  put_sandbox(&writer, start);
  size_t list = put(&writer, AT(conditions), start->conditions, start->condition_count * sizeof *start->conditions);
  for (size_t index = 0; index < start->condition_count && !writer.is_full; index++) {
    const struct locara_condition *condition = &start->conditions[index];
    size_t place = list + index * sizeof *condition;
    put_text(&writer, SLOT(place, struct locara_condition, name), condition->name);
    put(&writer, SLOT(place, struct locara_condition, value), condition->value, condition->length);
  }
  put_text(&writer, AT(payload), start->payload);
  list = put(&writer, AT(witness), start->witness, start->witness_count * sizeof *start->witness);
  for (size_t index = 0; index < start->witness_count && !writer.is_full; index++)
    put_text(
        &writer, SLOT(list + index * sizeof(struct locara_witness), struct locara_witness, path),
        start->witness[index].path);
  put_text(&writer, AT(lock), start->lock);
  put_text(&writer, AT(record_directory), start->record_directory);
  put_text(&writer, AT(record_head), start->record_head);
  put(&writer, AT(denials), start->denials, start->denials_length * (size_t)8);
  put_text(&writer, AT(scratch), start->scratch);
  put_texts(&writer, AT(scratch_directories), start->scratch_directories, start->scratch_count);
  put_text(&writer, AT(notice), start->notice);
  put_text(&writer, AT(group_place), start->group_place);
  list = put(
      &writer, AT(group_settings), start->group_settings, start->group_setting_count * sizeof *start->group_settings);
  for (size_t index = 0; index < start->group_setting_count && !writer.is_full; index++) {
    size_t place = list + index * sizeof(struct locara_group_setting);
    put_text(&writer, SLOT(place, struct locara_group_setting, file), start->group_settings[index].file);
    put_text(&writer, SLOT(place, struct locara_group_setting, value), start->group_settings[index].value);
  }
  size_t places = take(&writer, writer.place_count * sizeof *writer.places);
  // A NUL at the end of all ends every text, whatever the places say.
  take(&writer, 8);
  if (writer.is_full) return 0;
  copy_bytes(writer.bytes + places, writer.places, writer.place_count * sizeof *writer.places);
  header->places = places;
  header->place_count = writer.place_count;
  header->size = writer.size;
  header->checksum = 0;
  header->checksum = checksum(buffer, writer.size);
  return writer.size;
}

// --- Reading ---

struct piece {
  const unsigned char *bytes;
  size_t size;
};

// Whether a pointer, which has been turned into one already, has so many elements of a size in the piece.
static int holds(const struct piece *piece, const void *pointer, size_t count, size_t size) {
  if (pointer == NULL) return count == 0;
  size_t place = (size_t)((const unsigned char *)pointer - piece->bytes);
  return place <= piece->size && count <= (piece->size - place) / size;
}

// The piece ends with a NUL, so that a text which begins in it ends in it.
static int is_text(const struct piece *piece, const char *text) { return text != NULL && holds(piece, text, 1, 1); }

static int is_text_or_none(const struct piece *piece, const char *text) { return text == NULL || is_text(piece, text); }

static int holds_texts(const struct piece *piece, const char *const *texts, size_t count) {
  if (texts == NULL || !holds(piece, texts, count + 1, sizeof *texts) || texts[count] != NULL) return 0;
  for (size_t index = 0; index < count; index++)
    if (!is_text(piece, texts[index])) return 0;
  return 1;
}

static int is_sandbox_sound(const struct piece *piece, const struct locara_start *start) {
  const struct locara_sandbox *sandbox = &start->sandbox;
  if (!is_text(piece, sandbox->host_name) || !is_text(piece, sandbox->working_directory)
      || !holds(piece, sandbox->mounts, sandbox->mount_count, sizeof *sandbox->mounts)
      || !holds(piece, sandbox->path_rules, sandbox->path_rule_count, sizeof *sandbox->path_rules)
      || !holds(piece, sandbox->port_rules, sandbox->port_rule_count, sizeof *sandbox->port_rules)
      || !holds(piece, sandbox->limits, sandbox->limit_count, sizeof *sandbox->limits)
      || !holds(piece, sandbox->filter, sandbox->filter_length, 8) || sandbox->filter_length == 0
      || start->argument_count == 0 || !holds_texts(piece, sandbox->arguments, start->argument_count)
      || !holds_texts(piece, sandbox->environment, start->variable_count))
    return 0;
  for (size_t index = 0; index < sandbox->mount_count; index++) {
    const struct locara_mount *mount = &sandbox->mounts[index];
    if (!is_text(piece, mount->target) || !is_text_or_none(piece, mount->relative)
        || (mount->kind == LOCARA_MOUNT_BIND && !is_text(piece, mount->base))
        || (mount->kind == LOCARA_MOUNT_LINK && !is_text(piece, mount->content))
        || (mount->kind == LOCARA_MOUNT_FILE && !holds(piece, mount->content, mount->content_length, 1)))
      return 0;
  }
  for (size_t index = 0; index < sandbox->path_rule_count; index++)
    if (!is_text(piece, sandbox->path_rules[index].path) || !is_text_or_none(piece, sandbox->path_rules[index].relative))
      return 0;
  // What a start has for itself alone.
  return sandbox->control_group < 0 && !sandbox->terminal && !sandbox->has_broker;
}

static int is_sound(const struct piece *piece, const struct locara_start *start) {
  if (!is_sandbox_sound(piece, start) || !is_text(piece, start->payload) || !is_text(piece, start->lock)
      || !is_text(piece, start->record_directory) || !is_text(piece, start->record_head)
      || !holds(piece, start->denials, start->denials_length, 8) || !is_text_or_none(piece, start->scratch) || !is_text_or_none(piece, start->notice) || start->witness_count == 0
      || !holds(piece, start->conditions, start->condition_count, sizeof *start->conditions)
      || !holds(piece, start->witness, start->witness_count, sizeof *start->witness)
      || (start->scratch && !holds_texts(piece, start->scratch_directories, start->scratch_count)))
    return 0;
  for (size_t index = 0; index < start->condition_count; index++) {
    const struct locara_condition *condition = &start->conditions[index];
    if (!is_text(piece, condition->name) || (condition->value && !holds(piece, condition->value, condition->length, 1))) return 0;
  }
  if (!is_text_or_none(piece, start->group_place)
      || !holds(piece, start->group_settings, start->group_setting_count, sizeof *start->group_settings))
    return 0;
  for (size_t index = 0; index < start->group_setting_count; index++)
    if (!is_text(piece, start->group_settings[index].file) || !is_text(piece, start->group_settings[index].value))
      return 0;
  for (size_t index = 0; index < start->witness_count; index++)
    if (!is_text(piece, start->witness[index].path)) return 0;
  return 1;
}

const struct locara_start *locara_read_start(void *bytes, size_t size) {
  struct header *header = bytes;
  if (size < sizeof *header + 8 || size % 8 != 0 || header->size != size
      || !are_equal_bytes(header->magic, magic, sizeof magic))
    return NULL;
  uint64_t recorded = header->checksum;
  header->checksum = 0;
  if (checksum(bytes, size) != recorded) return NULL;
  if (*((const uint64_t *)bytes + size / 8 - 1) != 0) return NULL;
  if (header->places > size || header->place_count > (size - header->places) / sizeof(uint32_t)) return NULL;
  const uint32_t *places = (const uint32_t *)((unsigned char *)bytes + header->places);
  for (size_t index = 0; index < header->place_count; index++) {
    if (places[index] % 8 != 0 || places[index] > header->places - 8 || places[index] < offsetof(struct header, start))
      return NULL;
    uint64_t *slot = (uint64_t *)((unsigned char *)bytes + places[index]);
    if (*slot >= size) return NULL;
    *slot += (uint64_t)(uintptr_t)bytes;
  }
  const struct piece piece = {.bytes = bytes, .size = size};
  return is_sound(&piece, &header->start) ? &header->start : NULL;
}
