// What is opened in the app's network while the app runs. What is opened here is handed to the broker, which alone
// decides what a connection becomes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "internal.h"

struct network_order {
  int32_t kind;
  int32_t port;
};

// A listener for a port on every address of the namespace, of both versions where there are two.
static int open_listener(uint16_t port) {
  int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1, off = 0;
  if (listener >= 0) {
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (bind(listener, (struct sockaddr *)&any, sizeof any) == 0 && listen(listener, 4096) == 0) return listener;
    int error = errno;
    close(listener);
    if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return -error;
  }
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -errno;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (bind(listener, (struct sockaddr *)&any, sizeof any) == 0 && listen(listener, 4096) == 0) return listener;
  int error = errno;
  close(listener);
  return -error;
}

// A connection to what the app itself listens on. Over loopback there is nothing to wait for.
static int open_connection(uint16_t port) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  const struct sockaddr *addresses[2] = {(struct sockaddr *)&four, (struct sockaddr *)&six};
  const socklen_t sizes[2] = {sizeof four, sizeof six};
  int error = ECONNREFUSED;
  for (int index = 0; index < 2; index++) {
    int descriptor = socket(addresses[index]->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) continue;
    if (connect(descriptor, addresses[index], sizes[index]) == 0) return descriptor;
    error = errno;
    if (error == EINPROGRESS) {
      // A full queue may keep it waiting; then it is handed over on its way.
      struct pollfd event = {.fd = descriptor, .events = POLLOUT};
      socklen_t size = sizeof error;
      if (poll(&event, 1, 20) == 0) return descriptor;
      if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) return descriptor;
    }
    close(descriptor);
  }
  return -error;
}

static void serve_orders(int channel) {
  for (;;) {
    struct network_order order;
    ssize_t length = recv(channel, &order, sizeof order, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length != sizeof order) _exit(0);
    int opened = order.kind == LOCARA_NETWORK_LISTEN ? open_listener((uint16_t)order.port)
                                                     : open_connection((uint16_t)order.port);
    int32_t answer = opened < 0 ? opened : 0;
    struct iovec data = {.iov_base = &answer, .iov_len = sizeof answer};
    union {
      struct cmsghdr header;
      char space[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr packet = {.msg_iov = &data, .msg_iovlen = 1};
    if (opened >= 0) {
      packet.msg_control = &control;
      packet.msg_controllen = sizeof control;
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN(sizeof(int));
      memcpy(CMSG_DATA(&control.header), &opened, sizeof opened);
    }
    sendmsg(channel, &packet, MSG_NOSIGNAL);
    if (opened >= 0) close(opened);
  }
}

int locara_network_start(int user_namespace, int network_namespace, int *process) {
  int channel[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0) return -errno;
  pid_t child = fork();
  if (child < 0) {
    int error = errno;
    close(channel[0]);
    close(channel[1]);
    return -error;
  }
  if (child == 0) {
    // It ends with the supervisor, whose end of the channel is the only other one.
    sigset_t every;
    sigfillset(&every);
    sigprocmask(SIG_SETMASK, &every, NULL);
    // Whoever made a user namespace has every right in it, user_namespaces(7).
    if (setns(user_namespace, CLONE_NEWUSER) != 0 || setns(network_namespace, CLONE_NEWNET) != 0) _exit(1);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (channel[1] > 0) syscall(SYS_close_range, 0, channel[1] - 1, 0);
    syscall(SYS_close_range, channel[1] + 1, ~0U, 0);
    serve_orders(channel[1]);
  }
  close(channel[1]);
  *process = child;
  return channel[0];
}

int locara_network_open(int channel, int kind, uint16_t port) {
  struct network_order order = {.kind = kind, .port = port};
  if (send(channel, &order, sizeof order, MSG_NOSIGNAL) != sizeof order) return -errno;
  int32_t answer = -EPIPE;
  struct iovec data = {.iov_base = &answer, .iov_len = sizeof answer};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr packet = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t length;
  do length = recvmsg(channel, &packet, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length <= 0) return length < 0 ? -errno : -EPIPE;
  int opened = -1;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&packet); header; header = CMSG_NXTHDR(&packet, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      memcpy(&opened, CMSG_DATA(header), sizeof opened);
  return answer < 0 ? answer : opened < 0 ? -EPROTO : opened;
}
