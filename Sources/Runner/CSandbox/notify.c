// The supervisor's end of a filter that asks, seccomp_unotify(2).
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "internal.h"

int locara_receive_notification(int listener, struct locara_notification *notification) {
  // The kernel may know longer structs than the headers here; it copies what it knows.
  union {
    struct seccomp_notif notif;
    char space[512];
  } request;
  memset(&request, 0, sizeof request);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request.notif) != 0) return -1;
  notification->id = request.notif.id;
  notification->process = (int32_t)request.notif.pid;
  notification->number = request.notif.data.nr;
  notification->architecture = request.notif.data.arch;
  notification->instruction_pointer = request.notif.data.instruction_pointer;
  memcpy(notification->arguments, request.notif.data.args, sizeof notification->arguments);
  return 0;
}

int locara_notification_is_valid(int listener, uint64_t id) {
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

void locara_wake_in_turn(int listener) {
  ioctl(listener, KERNEL_SECCOMP_IOCTL_NOTIF_SET_FLAGS, KERNEL_SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int locara_deny(int listener, uint64_t id, int error) {
  union {
    struct seccomp_notif_resp response;
    char space[512];
  } answer;
  memset(&answer, 0, sizeof answer);
  answer.response.id = id;
  answer.response.error = -error;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer.response);
}

int locara_open_inside(int root, const char *path) {
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = KERNEL_RESOLVE_IN_ROOT | KERNEL_RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

ssize_t locara_read_memory(int process, uint64_t address, void *buffer, size_t size) {
  struct iovec local = {.iov_base = buffer, .iov_len = size};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
  return process_vm_readv(process, &local, 1, &remote, 1, 0);
}

const char *locara_error_name(int error) { return strerrorname_np(error); }
