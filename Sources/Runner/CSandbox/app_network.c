// The network of an app that may reach some hosts: a namespace in which every address is its own loopback, so that
// nothing gets out of it. What is opened here is handed to the broker, which alone decides what a connection becomes.
// It is set up on the program's side of the start, without the C library: raw.h.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "internal.h"
#include "plain.h"
#include "raw.h"

#define LOOPBACK_INDEX 1  // the first interface of every network namespace

struct request {
  char space[1024];
  size_t length;
  uint32_t sequence;
};

// Begins one message of a request; the kernel answers each with an acknowledgement.
static struct nlmsghdr *begin(struct request *request, uint16_t type, uint16_t flags, const void *body, size_t size) {
  struct nlmsghdr *header = (struct nlmsghdr *)(request->space + request->length);
  clear_bytes(header, NLMSG_SPACE(size));
  header->nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
  header->nlmsg_seq = ++request->sequence;
  copy_bytes(NLMSG_DATA(header), body, size);
  return header;
}

static void attribute(struct nlmsghdr *header, uint16_t type, const void *value, size_t size) {
  struct rtattr *attribute = (struct rtattr *)((char *)header + NLMSG_ALIGN(header->nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = (uint16_t)RTA_LENGTH(size);
  copy_bytes(RTA_DATA(attribute), value, size);
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

// Reads the acknowledgements; the errno of each by its sequence number. 0, or a negative errno.
static long read_answers(long netlink, int *errors, uint32_t count) {
  uint32_t seen = 0;
  while (seen < count) {
    char answer[4096];
    long length = raw(SYS_read, netlink, answer, sizeof answer);
    if (length == -EINTR) continue;
    if (length <= 0) return length < 0 ? length : -EPROTO;
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

static long open_raw(int family) {
  long opened = raw(SYS_socket, family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
  int on = 1;
  if (opened >= 0 && family == AF_INET6)
    raw(SYS_setsockopt, opened, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  return opened;
}

static int set_up_loopback(const struct locara_sandbox *sandbox, uint8_t *has_version6, struct locara_message *message) {
  long netlink = raw(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) return fail_with(message, netlink, "open the routing socket", "");
  struct request request;
  request.length = 0;
  request.sequence = 0;
  struct ifinfomsg loopback = {
      .ifi_family = AF_UNSPEC, .ifi_index = LOOPBACK_INDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  finish(&request, begin(&request, RTM_NEWLINK, 0, &loopback, sizeof loopback));
  add_family(&request, AF_INET, sandbox->own_address4, 4);
  add_family(&request, AF_INET6, sandbox->own_address6, 16);
  int errors[5] = {0};
  long result = raw(SYS_write, netlink, request.space, request.length);
  if (result >= 0) result = result == (long)request.length ? read_answers(netlink, errors, request.sequence) : -EPROTO;
  raw(SYS_close, netlink);
  for (int index = 0; result == 0 && index < 3; index++) result = -errors[index];
  if (result != 0) return fail_with(message, result, "set up the loopback", "");
  // A machine without version 6 is as good; the broker then answers with addresses of version 4 alone.
  *has_version6 = errors[3] == 0 && errors[4] == 0;
  return 0;
}

// A socket for the resolver's address; a negative errno.
static long open_resolver(const struct locara_sandbox *sandbox, int type) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
  copy_bytes(&address.sin_addr, sandbox->resolver_address, 4);
  long opened = raw(SYS_socket, AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (opened < 0) return opened;
  long result = raw(SYS_bind, opened, &address, sizeof address);
  if (result == 0 && type == SOCK_STREAM) result = raw(SYS_listen, opened, 128);
  return result < 0 ? result : opened;
}

// `opened` and how many they are go to the supervisor.
static int hand_over(
    const struct locara_sandbox *sandbox, uint8_t has_version6, const int *opened, int count,
    struct locara_message *message) {
  struct iovec data = {.iov_base = &has_version6, .iov_len = 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(6 * sizeof *opened)];
  } control;
  clear_bytes(&control, sizeof control);
  size_t size = sizeof *opened * (size_t)count;
  struct msghdr packet = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)};
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(size);
  copy_bytes(CMSG_DATA(&control.header), opened, size);
  long sent;
  do sent = raw(SYS_sendmsg, sandbox->network_channel, &packet, MSG_NOSIGNAL);
  while (sent == -EINTR);
  return sent < 0 ? fail_with(message, sent, "hand the network to the supervisor", "") : 0;
}

int set_up_network(const struct locara_sandbox *sandbox, struct locara_message *message) {
  uint8_t has_version6 = 0;
  if (set_up_loopback(sandbox, &has_version6, message) != 0) return -1;
  int opened[6], count = 5;
  long result;
  if ((result = open_resolver(sandbox, SOCK_DGRAM)) < 0)
    return fail_with(message, result, "open the resolver's sockets", "");
  opened[2] = (int)result;
  if ((result = open_resolver(sandbox, SOCK_STREAM)) < 0)
    return fail_with(message, result, "open the resolver's sockets", "");
  opened[3] = (int)result;
  // The way back into this network, for whoever made it. By a socket, since /proc may be either the machine's or the
  // app's at this moment: sockets(7), ioctl_ns(2).
  if ((result = raw(SYS_ioctl, opened[2], SIOCGSKNS)) < 0) return fail_with(message, result, "open the namespaces", "");
  opened[1] = (int)result;
  if ((result = raw(SYS_ioctl, opened[1], NS_GET_USERNS)) < 0)
    return fail_with(message, result, "open the namespaces", "");
  opened[0] = (int)result;
  if ((result = open_raw(AF_INET)) < 0) return fail_with(message, result, "open a raw socket", "");
  opened[4] = (int)result;
  if (has_version6) {
    if ((result = open_raw(AF_INET6)) < 0) return fail_with(message, result, "open a raw socket", "");
    opened[count++] = (int)result;
  }
  if (hand_over(sandbox, has_version6, opened, count, message) != 0) return -1;
  for (int index = 0; index < count; index++) raw(SYS_close, opened[index]);
  return 0;
}
