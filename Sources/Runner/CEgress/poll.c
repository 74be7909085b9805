#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>

#include "CEgress.h"

int egress_poll_create(void) {
  int poll = epoll_create1(EPOLL_CLOEXEC);
  return poll < 0 ? -errno : poll;
}

static int control(int poll, int operation, int descriptor, uint32_t readiness, int is_edge, uint64_t token) {
  struct epoll_event event = {.data.u64 = token};
  if (readiness & EGRESS_READABLE) event.events |= EPOLLIN | EPOLLRDHUP;
  if (readiness & EGRESS_WRITABLE) event.events |= EPOLLOUT;
  if (is_edge) event.events |= EPOLLET;
  return epoll_ctl(poll, operation, descriptor, &event) == 0 ? 0 : -errno;
}

int egress_poll_add(int poll, int descriptor, uint32_t readiness, int is_edge, uint64_t token) {
  return control(poll, EPOLL_CTL_ADD, descriptor, readiness, is_edge, token);
}

int egress_poll_change(int poll, int descriptor, uint32_t readiness, int is_edge, uint64_t token) {
  return control(poll, EPOLL_CTL_MOD, descriptor, readiness, is_edge, token);
}

int egress_poll_remove(int poll, int descriptor) { return control(poll, EPOLL_CTL_DEL, descriptor, 0, 0, 0); }

int egress_poll_wait(int poll, struct egress_event *events, int capacity, int milliseconds) {
  struct epoll_event got[256];
  int count = epoll_wait(poll, got, capacity < 256 ? capacity : 256, milliseconds);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int index = 0; index < count; index++) {
    uint32_t set = got[index].events, readiness = 0;
    if (set & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readiness |= EGRESS_READABLE;
    if (set & (EPOLLOUT | EPOLLHUP | EPOLLERR)) readiness |= EGRESS_WRITABLE;
    if (set & (EPOLLHUP | EPOLLERR)) readiness |= EGRESS_FAILED;
    events[index] = (struct egress_event){.token = got[index].data.u64, .readiness = readiness};
  }
  return count;
}
