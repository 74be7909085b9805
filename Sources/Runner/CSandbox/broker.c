// Starting the egress broker, and what its supervisor asks of the kernel on its behalf.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "internal.h"

extern char **environ;

int locara_channel(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
  for (int index = 0; index < 2; index++) {
    // A verdict or a record must never be cut for want of room.
    int size = 1 << 20;
    setsockopt(ends[index], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
  return 0;
}

int locara_memory_file(const void *content, size_t size) {
  int file = memfd_create("egress", MFD_CLOEXEC);
  if (file < 0) return -errno;
  const char *next = content;
  for (size_t written = 0; written < size;) {
    ssize_t count = write(file, next + written, size - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      int error = errno;
      close(file);
      return -error;
    }
    written += (size_t)count;
  }
  lseek(file, 0, SEEK_SET);
  return file;
}

// Numbers from here on are out of the way of those that a started program gets.
#define FIRST_FREE 32

int locara_open_program(const char *path) {
  int opened = open(path, O_PATH | O_CLOEXEC);
  if (opened < 0) return -errno;
  int program = fcntl(opened, F_DUPFD_CLOEXEC, FIRST_FREE);
  int error = errno;
  close(opened);
  return program < 0 ? -error : program;
}

int locara_start_program(int program, const char *const *arguments, const int *descriptors, int count) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int raised[8];
  char path[32];
  if (count > 8) return -EINVAL;
  snprintf(path, sizeof path, "/proc/self/fd/%d", program);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, 0, 1);
  posix_spawn_file_actions_adddup2(&actions, 0, 2);
  int error = 0;
  for (int index = 0; index < count; index++) {
    raised[index] = fcntl(descriptors[index], F_DUPFD_CLOEXEC, FIRST_FREE);
    if (raised[index] < 0) error = errno;
    posix_spawn_file_actions_adddup2(&actions, raised[index], 3 + index);
  }
  // Keys of the terminal and signals to the app's group are not for this program.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  char *environment[] = {NULL};
  pid_t process = 0;
  if (error == 0)
    error = posix_spawn(&process, path, &actions, &attributes, (char *const *)arguments, environment);
  for (int index = 0; index < count; index++)
    if (raised[index] >= 0) close(raised[index]);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error != 0 ? -error : process;
}

int locara_end_program(int process, int patience) {
  for (int waited = 0;; waited++) {
    pid_t ended = waitpid(process, NULL, WNOHANG);
    if (ended == process || (ended < 0 && errno != EINTR)) return 1;
    if (waited >= patience) return 0;
    struct timespec pause = {.tv_nsec = waited < 10 ? 100000 : 1000000};
    nanosleep(&pause, NULL);
  }
}

int locara_continue(int listener, uint64_t id) {
  union {
    struct seccomp_notif_resp response;
    char space[512];
  } answer;
  memset(&answer, 0, sizeof answer);
  answer.response.id = id;
  answer.response.flags = KERNEL_SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer.response);
}

int locara_listen(const uint8_t *address, int family, uint16_t port) {
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } kernel;
  memset(&kernel, 0, sizeof kernel);
  socklen_t length = sizeof kernel.four;
  kernel.any.sa_family = family == 4 ? AF_INET : AF_INET6;
  if (family == 4) {
    kernel.four.sin_port = htons(port);
    memcpy(&kernel.four.sin_addr, address, 4);
  } else {
    length = sizeof kernel.six;
    kernel.six.sin6_port = htons(port);
    memcpy(&kernel.six.sin6_addr, address, 16);
  }
  int listener = socket(kernel.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -errno;
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == 6) setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(listener, &kernel.any, length) == 0 && listen(listener, 1024) == 0) return listener;
  int error = errno;
  close(listener);
  return -error;
}
