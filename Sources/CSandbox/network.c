// The network of an app that may reach some hosts: a namespace in which every address is its own loopback, so that
// nothing gets out of it. What is opened here is handed to the broker, which alone decides what a connection becomes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "internal.h"

static int fail(struct locara_message *message, const char *step, const char *path) {
  return fail_with(message, -errno, step, path);
}

#define LOOPBACK_INDEX 1  // the first interface of every network namespace

struct request {
  char space[1024];
  size_t length;
  uint32_t sequence;
};

// Begins one message of a request; the kernel answers each with an acknowledgement.
static struct nlmsghdr *begin(struct request *request, uint16_t type, uint16_t flags, const void *body, size_t size) {
  struct nlmsghdr *header = (struct nlmsghdr *)(request->space + request->length);
  memset(header, 0, NLMSG_SPACE(size));
  header->nlmsg_len = NLMSG_LENGTH(size);
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
  header->nlmsg_seq = ++request->sequence;
  memcpy(NLMSG_DATA(header), body, size);
  return header;
}

static void attribute(struct nlmsghdr *header, uint16_t type, const void *value, size_t size) {
  struct rtattr *attribute = (struct rtattr *)((char *)header + NLMSG_ALIGN(header->nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = (uint16_t)RTA_LENGTH(size);
  memcpy(RTA_DATA(attribute), value, size);
  header->nlmsg_len = (uint32_t)(NLMSG_ALIGN(header->nlmsg_len) + RTA_SPACE(size));
}

static void finish(struct request *request, const struct nlmsghdr *header) {
  request->length += NLMSG_ALIGN(header->nlmsg_len);
}

// The app's own address, and a route by which every other address is here too: a connection to any of them comes to a
// listener in this namespace, or is refused at once because there is none.
static void add_family(struct request *request, int family, const void *own, size_t size) {
  int index = LOOPBACK_INDEX;
  struct ifaddrmsg address = {
      .ifa_family = (uint8_t)family, .ifa_prefixlen = (uint8_t)(size * 8), .ifa_flags = IFA_F_PERMANENT | IFA_F_NODAD,
      .ifa_index = LOOPBACK_INDEX};
  struct nlmsghdr *header = begin(request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address, sizeof address);
  attribute(header, IFA_LOCAL, own, size);
  attribute(header, IFA_ADDRESS, own, size);
  finish(request, header);
  struct rtmsg route = {
      .rtm_family = (uint8_t)family, .rtm_table = RT_TABLE_LOCAL, .rtm_protocol = RTPROT_STATIC,
      .rtm_scope = RT_SCOPE_HOST, .rtm_type = RTN_LOCAL};
  header = begin(request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof route);
  attribute(header, RTA_OIF, &index, sizeof index);
  attribute(header, RTA_PREFSRC, own, size);
  finish(request, header);
}

// Reads the acknowledgements; the errno of each by its sequence number.
static int read_answers(int netlink, int *errors, uint32_t count) {
  uint32_t seen = 0;
  while (seen < count) {
    char answer[4096];
    ssize_t length = recv(netlink, answer, sizeof answer, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return -1;
    size_t rest = (size_t)length;
    for (struct nlmsghdr *header = (struct nlmsghdr *)answer; NLMSG_OK(header, rest); header = NLMSG_NEXT(header, rest)) {
      if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_seq < 1 || header->nlmsg_seq > count) continue;
      const struct nlmsgerr *error = NLMSG_DATA(header);
      errors[header->nlmsg_seq - 1] = -error->error;
      seen++;
    }
  }
  return 0;
}

static int open_raw(int family) {
  int raw = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
  int on = 1;
  if (raw >= 0 && family == AF_INET6) setsockopt(raw, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  return raw;
}

int set_up_network(const struct locara_sandbox *sandbox, struct locara_message *message) {
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) return fail(message, "open the routing socket", "");
  struct request request = {.length = 0, .sequence = 0};
  struct ifinfomsg loopback = {
      .ifi_family = AF_UNSPEC, .ifi_index = LOOPBACK_INDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  finish(&request, begin(&request, RTM_NEWLINK, 0, &loopback, sizeof loopback));
  add_family(&request, AF_INET, sandbox->own_address4, 4);
  add_family(&request, AF_INET6, sandbox->own_address6, 16);
  int errors[5] = {0};
  if (send(netlink, request.space, request.length, 0) != (ssize_t)request.length
      || read_answers(netlink, errors, request.sequence) != 0)
    return fail(message, "set up the loopback", "");
  close(netlink);
  for (int index = 0; index < 3; index++) {
    errno = errors[index];
    if (errors[index] != 0) return fail(message, "set up the loopback", "");
  }
  // A machine without version 6 is as good; the broker then answers with addresses of version 4 alone.
  uint8_t has_version6 = errors[3] == 0 && errors[4] == 0;

  struct sockaddr_in resolver = {.sin_family = AF_INET, .sin_port = htons(53)};
  memcpy(&resolver.sin_addr, sandbox->resolver_address, 4);
  int opened[6], count = 5;
  opened[2] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  opened[3] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (opened[2] < 0 || opened[3] < 0 || bind(opened[2], (struct sockaddr *)&resolver, sizeof resolver) != 0
      || bind(opened[3], (struct sockaddr *)&resolver, sizeof resolver) != 0 || listen(opened[3], 128) != 0)
    return fail(message, "open the resolver's sockets", "");
  // The way back into this network, for whoever made it. By a socket, since /proc may be either the machine's or the
  // app's at this moment: sockets(7), ioctl_ns(2).
  if ((opened[1] = ioctl(opened[2], SIOCGSKNS)) < 0 || (opened[0] = ioctl(opened[1], NS_GET_USERNS)) < 0)
    return fail(message, "open the namespaces", "");
  if ((opened[4] = open_raw(AF_INET)) < 0) return fail(message, "open a raw socket", "");
  if (has_version6 && (opened[count++] = open_raw(AF_INET6)) < 0) return fail(message, "open a raw socket", "");

  struct iovec data = {.iov_base = &has_version6, .iov_len = 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof opened)];
  } control;
  memset(&control, 0, sizeof control);
  size_t size = sizeof(int) * (size_t)count;
  struct msghdr packet = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)};
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(&control.header), opened, size);
  ssize_t sent;
  do sent = sendmsg(sandbox->network_channel, &packet, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) return fail(message, "hand the network to the supervisor", "");
  for (int index = 0; index < count; index++) close(opened[index]);
  return 0;
}

// --- Opening more in that namespace while the app runs. ---

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
