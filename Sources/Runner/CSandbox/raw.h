// System calls without the C library. What runs between the program's first instruction and the app's may run before the
// library has been set up (start.c), and the program's side shares the first process's memory, errno included: so it
// uses nothing of the library, neither calls nor variables. Results are those of the kernel: a negative errno is a failure.
#pragma once

#include <asm/unistd.h>

#if defined(__x86_64__)
static inline long raw6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long raw6(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#elif defined(__riscv)
static inline long raw6(long number, long a, long b, long c, long d, long e, long f) {
  register long a7 __asm__("a7") = number;
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  register long a5 __asm__("a5") = f;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
  return a0;
}
#else
#error "no filters are generated for this architecture"
#endif

// Arguments that are left out are 0.
#define RAW_PICK(number, a, b, c, d, e, f, ...) \
  raw6((long)(number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define raw(...) RAW_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// clone(2) with a stack of its own for the child, which runs `entry(argument)` there and must not return. `*child_word`
// is cleared, and woken as a futex, when the child executes or ends (CLONE_CHILD_CLEARTID).
static inline long raw_clone(
    unsigned long flags, void *stack_end, void *child_word, int (*entry)(void *), void *argument) {
  void **top = (void **)((unsigned long)stack_end & ~15UL);
  top[-2] = (void *)entry;
  top[-1] = argument;
  top -= 2;
#if defined(__x86_64__)
  long result;
  register void *r10 __asm__("r10") = child_word;
  register long r8 __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n\t"
      "test %%eax, %%eax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "pop %%rax\n\t"
      "pop %%rdi\n\t"
      "call *%%rax\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"((long)__NR_clone), "D"(flags), "S"(top), "d"(0L), "r"(r10), "r"(r8)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = __NR_clone;
  register long x0 __asm__("x0") = (long)flags;
  register void **x1 __asm__("x1") = top;
  register long x2 __asm__("x2") = 0;
  register long x3 __asm__("x3") = 0;
  register void *x4 __asm__("x4") = child_word;
  __asm__ volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "ldp x1, x0, [sp], #16\n\t"
      "blr x1\n\t"
      "brk #1\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
      : "memory");
  return x0;
#else
  register long a7 __asm__("a7") = __NR_clone;
  register long a0 __asm__("a0") = (long)flags;
  register void **a1 __asm__("a1") = top;
  register long a2 __asm__("a2") = 0;
  register long a3 __asm__("a3") = 0;
  register void *a4 __asm__("a4") = child_word;
  __asm__ volatile(
      "ecall\n\t"
      "bnez a0, 1f\n\t"
      "mv s0, zero\n\t"
      "ld a1, 0(sp)\n\t"
      "ld a0, 8(sp)\n\t"
      "jalr a1\n\t"
      "ebreak\n"
      "1:"
      : "+r"(a0)
      : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4)
      : "memory");
  return a0;
#endif
}

// Included last, so that whoever forgets learns it from the compiler.
#undef errno
#pragma GCC poison errno syscall open openat close read write fcntl ioctl prctl unshare chdir execve socket bind listen
#pragma GCC poison connect send recv sendmsg recvmsg setsockopt memcpy memset strlen strncpy
