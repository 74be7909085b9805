// Attempts at operations, made inside of a sandbox by a program of ours, so that the kernel itself says what it permits.
// Each is undone, or is of no effect: nothing is truncated, nothing is sent, no other program runs an instruction.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "internal.h"

static int answer(int result) { return result < 0 ? errno : 0; }

// O_NONBLOCK, so that a pipe or a device keeps nobody waiting.
static int attempt_open(const char *path, int flags) {
  int descriptor = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
  if (descriptor < 0) return errno;
  char byte;
  int result = 0;
  if ((flags & O_ACCMODE) == O_RDONLY && read(descriptor, &byte, 1) < 0 && errno != EISDIR && errno != EAGAIN)
    result = errno;
  close(descriptor);
  return result;
}

static int attempt_connect(int family, int type, const char *peer, unsigned port) {
  struct sockaddr_storage address = {0};
  socklen_t size = 0;
  if (family == AF_INET) {
    struct sockaddr_in *four = (void *)&address;
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, peer, &four->sin_addr) != 1) return EINVAL;
    size = sizeof *four;
  } else if (family == AF_INET6) {
    struct sockaddr_in6 *six = (void *)&address;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    if (inet_pton(AF_INET6, peer, &six->sin6_addr) != 1) return EINVAL;
    size = sizeof *six;
  } else {
    struct sockaddr_un *local = (void *)&address;
    local->sun_family = AF_UNIX;
    if (strlen(peer) >= sizeof local->sun_path) return ENAMETOOLONG;
    strcpy(local->sun_path, peer);
    size = sizeof *local;
  }
  int descriptor = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  int result = answer(connect(descriptor, (struct sockaddr *)&address, size));
  close(descriptor);
  return result;
}

static int attempt_listen(int type, int on_any, unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(on_any ? INADDR_ANY : INADDR_LOOPBACK);
  int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  int result = answer(bind(descriptor, (struct sockaddr *)&address, sizeof address));
  if (result == 0 && type == SOCK_STREAM) result = answer(listen(descriptor, 1));
  close(descriptor);
  return result;
}

// Starts a program that never runs an instruction. The kernel checks every right before it gives up the old program,
// and only then maps the new one's stack (fs/exec.c), which a limit of no address space does not let it: the child is
// ended by a signal. What is no program at all fails with ENOEXEC, after the same checks.
static int attempt_start(char *path) {
  pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) {
    struct rlimit none = {0, 0};
    char *arguments[] = {path, NULL}, *environment[] = {NULL};
    if (setrlimit(RLIMIT_AS, &none) != 0) _exit(errno);
    execve(path, arguments, environment);
    _exit(errno == ENOEXEC ? 0 : errno);
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static int end_thread(void *unused) {
  (void)unused;
  return 0;
}

static int attempt_thread(void) {
  const size_t size = 64 << 10;
  char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return errno;
  const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  return answer(clone(end_thread, stack + size, flags, NULL));
}

static int attempt_shared_memory(void) {
  int descriptor = open("/dev/shm/locara-attempt", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return errno;
  close(descriptor);
  return answer(unlink("/dev/shm/locara-attempt"));
}

// A device as one file, or as a directory of files of which one has to open.
static int attempt_device(const char *path) {
  int result = attempt_open(path, O_RDWR);
  DIR *directory = result == EISDIR ? opendir(path) : NULL;
  if (directory == NULL) return result;
  result = ENODEV;
  for (struct dirent *entry; result != 0 && (entry = readdir(directory)) != NULL;) {
    if (entry->d_type != DT_CHR) continue;
    int descriptor = openat(dirfd(directory), entry->d_name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    // A device that is in use, or whose driver is gone, was reached.
    result = descriptor >= 0 || errno == EBUSY || errno == ENXIO || errno == EIO ? 0 : errno;
    if (descriptor >= 0) close(descriptor);
  }
  closedir(directory);
  return result;
}

int locara_attempt(int count, char *const words[]) {
  const char *verb = count > 0 ? words[0] : "", *first = count > 1 ? words[1] : "";
  if (count == 2 && !strcmp(verb, "read")) return attempt_open(first, O_RDONLY);
  if (count == 2 && !strcmp(verb, "write")) return attempt_open(first, O_WRONLY);
  if (count == 2 && !strcmp(verb, "create")) return attempt_open(first, O_WRONLY | O_CREAT | O_EXCL);
  if (count == 2 && !strcmp(verb, "remove")) return answer(unlink(first));
  if (count == 2 && !strcmp(verb, "start")) return attempt_start(words[1]);
  if (count == 2 && !strcmp(verb, "device")) return attempt_device(first);
  if (count == 2 && !strcmp(verb, "unix")) return attempt_connect(AF_UNIX, SOCK_STREAM, first, 0);
  if (count == 1 && !strcmp(verb, "thread")) return attempt_thread();
  if (count == 1 && !strcmp(verb, "shared-memory")) return attempt_shared_memory();
  if (count == 3 && !strcmp(verb, "environment")) {
    const char *value = getenv(first);
    return value != NULL && !strcmp(value, words[2]) ? 0 : ENOENT;
  }
  if (count == 4) {
    int type = !strcmp(first, "udp") ? SOCK_DGRAM : SOCK_STREAM;
    unsigned port = (unsigned)strtoul(words[3], NULL, 10);
    if (!strcmp(verb, "connect"))
      return attempt_connect(strchr(words[2], ':') ? AF_INET6 : AF_INET, type, words[2], port);
    if (!strcmp(verb, "listen")) return attempt_listen(type, !strcmp(words[2], "any"), port);
  }
  return LOCARA_NO_ATTEMPT;
}
