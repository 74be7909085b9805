// System calls that leave errno alone. The program's side shares the first process's memory, and with it errno, while
// both are at work: it must neither change what the other is about to read, nor read what the other has left.
#pragma once

#include <asm/unistd.h>

#if defined(__x86_64__)
static inline long raw5(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long raw5(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
#elif defined(__riscv)
static inline long raw5(long number, long a, long b, long c, long d, long e) {
  register long a7 __asm__("a7") = number;
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
  return a0;
}
#else
#error "no filters are generated for this architecture"
#endif

// The result, or a negative errno; arguments that are left out are 0.
#define RAW_PICK(number, a, b, c, d, e, ...) \
  raw5((long)(number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define raw(...) RAW_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

// Included last, so that whoever forgets learns it from the compiler: what sets or reads errno is not to be had here.
#undef errno
#pragma GCC poison errno fail open openat close read write fcntl ioctl socket bind listen connect send recv sendmsg
#pragma GCC poison recvmsg setsockopt prctl unshare chdir execve syscall stat fstat mmap
