// The time that libyaml alone needs: every event of every file that is named on standard input, on as many threads as
// there are processors. Prints the number of events.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

static char **paths;
static long count;
static atomic_long next, events;

static void *work(void *unused) {
  for (long index; (index = atomic_fetch_add(&next, 1)) < count;) {
    int descriptor = open(paths[index], O_RDONLY);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) != 0) exit(1);
    unsigned char *bytes = malloc(status.st_size + 1);
    ssize_t size = read(descriptor, bytes, status.st_size);
    close(descriptor);
    if (size < 0) exit(1);
    yaml_parser_t parser;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, bytes, size);
    long seen = 0;
    for (int done = 0; !done; seen++) {
      yaml_event_t event;
      if (!yaml_parser_parse(&parser, &event)) exit(2);
      done = event.type == YAML_STREAM_END_EVENT;
      yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    free(bytes);
    atomic_fetch_add(&events, seen);
  }
  return unused;
}

int main(void) {
  char *line = NULL;
  size_t room = 0;
  long capacity = 0;
  while (getline(&line, &room, stdin) > 0) {
    line[strcspn(line, "\n")] = 0;
    if (count == capacity) paths = realloc(paths, (capacity = capacity * 2 + 64) * sizeof *paths);
    paths[count++] = strdup(line);
  }
  cpu_set_t mask;
  int processors = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 1;
  pthread_t threads[processors];
  for (int i = 0; i < processors; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < processors; i++) pthread_join(threads[i], NULL);
  printf("%ld\n", events);
  return 0;
}
