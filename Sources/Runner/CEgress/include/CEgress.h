// INVARIANT: the socket calls of the egress broker, without any decision: every function is one or two system calls and
// gives a result that is not negative, or the negative errno. No state, no allocation.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// An Internet address and a port.
struct egress_address {
  uint8_t family;  // 4 or 6
  uint8_t bytes[16];  // in network order; four of them for version 4
  uint16_t port;  // in host order
  uint32_t scope;  // the interface of a link-local address of version 6, else 0
};

// --- Waiting, epoll(7). ---

enum egress_readiness { EGRESS_READABLE = 1, EGRESS_WRITABLE = 2, EGRESS_FAILED = 4 };

struct egress_event {
  uint64_t token;
  uint32_t readiness;
};

int egress_poll_create(void);
/// Watches a descriptor; `is_edge` tells of changes only.
int egress_poll_add(int poll, int descriptor, uint32_t readiness, int is_edge, uint64_t token);
int egress_poll_change(int poll, int descriptor, uint32_t readiness, int is_edge, uint64_t token);
int egress_poll_remove(int poll, int descriptor);
/// The number of events, at most `capacity`, at most 256. -1 milliseconds wait for ever.
int egress_poll_wait(int poll, struct egress_event *events, int capacity, int milliseconds);

// --- Sockets. All are made close-on-exec and non-blocking. ---

/// Begins a connection; it is there when the descriptor is writable and `egress_socket_error` is 0.
int egress_connect(const struct egress_address *address, int is_datagram);
int egress_accept(int listener);
int egress_socket_error(int descriptor);
int egress_local_address(int descriptor, struct egress_address *address);
int egress_peer_address(int descriptor, struct egress_address *address);
/// Small segments leave at once; urgent data stays in its place in the stream.
void egress_prepare_relay(int descriptor);
/// Holds the kernel's buffers of a connection at 256 KiB, so that what goes through stays in the processor's caches. They
/// grow to megabytes by themselves otherwise, and each byte then comes from memory several times.
void egress_keep_little(int descriptor);
/// Microseconds to the other side and back, as TCP measured them.
int egress_round_trip(int descriptor);
int egress_shut_writing(int descriptor);
/// Closes with a reset, so that the other side sees a failure and not an end.
void egress_reset(int descriptor);

ssize_t egress_receive(int descriptor, void *buffer, size_t size);
ssize_t egress_send(int descriptor, const void *buffer, size_t size);
ssize_t egress_receive_from(int descriptor, void *buffer, size_t size, struct egress_address *from);
ssize_t egress_send_to(int descriptor, const void *buffer, size_t size, const struct egress_address *to);
/// The destination of the next datagram that arrived at any port, from a raw socket of IPPROTO_UDP.
int egress_next_datagram(int raw, int family, struct egress_address *destination);

// --- Moving data without copying it, splice(2). ---

/// A pipe of `size` bytes, or of the default size where that is not granted.
int egress_pipe(int *reading, int *writing, int size);
ssize_t egress_splice(int from, int to, size_t size);

// --- Messages with descriptors, unix(7). ---

/// Up to `capacity` descriptors come along. 0 at the end.
ssize_t egress_receive_message(
    int channel, void *buffer, size_t size, int *descriptors, int capacity, int *count);
/// `descriptor` may be -1.
ssize_t egress_send_message(int channel, const void *buffer, size_t size, int descriptor);

// --- The process. ---

int egress_fill_random(void *buffer, size_t size);
/// Raises the limit of open descriptors as far as it goes, and gives it.
int64_t egress_raise_descriptor_limit(int64_t wanted);
/// Gives up every capability and, for good, the way to any; not readable by tracers from here on.
int egress_drop_privileges(void);
/// Enters a Landlock domain in which no file may be opened and no TCP port be listened on.
int egress_confine_files(void);
/// Loads the broker's own system-call filter.
int egress_confine_calls(void);
int64_t egress_monotonic_milliseconds(void);
int64_t egress_unix_milliseconds(void);
