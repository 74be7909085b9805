#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CEgress.h"

union address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
  struct sockaddr_storage storage;
};

static socklen_t to_kernel(const struct egress_address *from, union address *to) {
  memset(to, 0, sizeof *to);
  if (from->family == 4) {
    to->four.sin_family = AF_INET;
    to->four.sin_port = htons(from->port);
    memcpy(&to->four.sin_addr, from->bytes, 4);
    return sizeof to->four;
  }
  to->six.sin6_family = AF_INET6;
  to->six.sin6_port = htons(from->port);
  to->six.sin6_scope_id = from->scope;
  memcpy(&to->six.sin6_addr, from->bytes, 16);
  return sizeof to->six;
}

// An address of version 4 that an IPv6 socket shows as mapped is one of version 4, RFC 4291 section 2.5.5.2.
static int from_kernel(const union address *from, struct egress_address *to) {
  memset(to, 0, sizeof *to);
  if (from->any.sa_family == AF_INET) {
    to->family = 4;
    to->port = ntohs(from->four.sin_port);
    memcpy(to->bytes, &from->four.sin_addr, 4);
  } else if (from->any.sa_family == AF_INET6) {
    to->port = ntohs(from->six.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&from->six.sin6_addr)) {
      to->family = 4;
      memcpy(to->bytes, (const uint8_t *)&from->six.sin6_addr + 12, 4);
    } else {
      to->family = 6;
      to->scope = from->six.sin6_scope_id;
      memcpy(to->bytes, &from->six.sin6_addr, 16);
    }
  } else {
    return -EAFNOSUPPORT;
  }
  return 0;
}

int egress_connect(const struct egress_address *address, int is_datagram) {
  union address kernel;
  socklen_t length = to_kernel(address, &kernel);
  int type = (is_datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  int descriptor = socket(kernel.any.sa_family, type, 0);
  if (descriptor < 0) return -errno;
  if (connect(descriptor, &kernel.any, length) == 0 || errno == EINPROGRESS) return descriptor;
  int error = errno;
  close(descriptor);
  return -error;
}

int egress_accept(int listener) {
  int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int egress_socket_error(int descriptor) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

int egress_local_address(int descriptor, struct egress_address *address) {
  union address kernel;
  socklen_t length = sizeof kernel;
  if (getsockname(descriptor, &kernel.any, &length) != 0) return -errno;
  return from_kernel(&kernel, address);
}

int egress_peer_address(int descriptor, struct egress_address *address) {
  union address kernel;
  socklen_t length = sizeof kernel;
  if (getpeername(descriptor, &kernel.any, &length) != 0) return -errno;
  return from_kernel(&kernel, address);
}

void egress_prepare_relay(int descriptor) {
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void egress_keep_little(int descriptor) {
  int size = 256 << 10;
  setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

int egress_round_trip(int descriptor) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -errno;
  return (int)info.tcpi_rtt;
}

int egress_shut_writing(int descriptor) { return shutdown(descriptor, SHUT_WR) == 0 ? 0 : -errno; }

void egress_reset(int descriptor) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(descriptor);
}

ssize_t egress_receive(int descriptor, void *buffer, size_t size) {
  ssize_t count;
  do count = recv(descriptor, buffer, size, MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

ssize_t egress_send(int descriptor, const void *buffer, size_t size) {
  ssize_t count;
  do count = send(descriptor, buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

ssize_t egress_receive_from(int descriptor, void *buffer, size_t size, struct egress_address *from) {
  union address kernel;
  memset(&kernel, 0, sizeof kernel);
  socklen_t length = sizeof kernel;
  ssize_t count;
  do count = recvfrom(descriptor, buffer, size, MSG_DONTWAIT | MSG_TRUNC, &kernel.any, &length);
  while (count < 0 && errno == EINTR);
  if (count < 0) return -errno;
  int result = from_kernel(&kernel, from);
  return result < 0 ? result : count;
}

ssize_t egress_send_to(int descriptor, const void *buffer, size_t size, const struct egress_address *to) {
  union address kernel;
  socklen_t length = to_kernel(to, &kernel);
  ssize_t count;
  do count = sendto(descriptor, buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL, &kernel.any, length);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

int egress_next_datagram(int raw, int family, struct egress_address *destination) {
  uint8_t packet[128];
  memset(destination, 0, sizeof *destination);
  destination->family = (uint8_t)family;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
  } control;
  struct iovec data = {.iov_base = packet, .iov_len = sizeof packet};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t count;
  do count = recvmsg(raw, &message, MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count < 0) return -errno;
  const uint8_t *udp = packet;
  if (family == 4) {
    // ip(7): a raw socket of version 4 shows the header; 20 to 60 bytes of it.
    size_t header = (size_t)(packet[0] & 0xF) * 4;
    if (count < 20 || header < 20 || (size_t)count < header + 8) return -EBADMSG;
    memcpy(destination->bytes, packet + 16, 4);
    udp = packet + header;
  } else {
    if (count < 8) return -EBADMSG;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != IPPROTO_IPV6 || header->cmsg_type != IPV6_PKTINFO) continue;
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      memcpy(destination->bytes, &info.ipi6_addr, 16);
    }
  }
  destination->port = (uint16_t)(udp[2] << 8 | udp[3]);
  return 0;
}
