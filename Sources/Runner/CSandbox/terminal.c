// The runner's side of a terminal of the app's own.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "internal.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

int locara_open_terminal(int like, int *end) {
  int main_end = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (main_end < 0) return -1;
  struct termios modes;
  int locked = 0, other = -1;
  // The other end by descriptor: a path may be another terminal's in the runner's mount namespace.
  if (ioctl(main_end, TIOCSPTLCK, &locked) == 0) other = ioctl(main_end, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (other < 0 || tcgetattr(like, &modes) != 0 || tcsetattr(other, TCSANOW, &modes) != 0) {
    int saved = errno;
    if (other >= 0) close(other);
    close(main_end);
    errno = saved;
    return -1;
  }
  locara_copy_window_size(like, main_end);
  *end = other;
  return main_end;
}

int locara_copy_window_size(int from, int to) {
  struct winsize size;
  return ioctl(from, TIOCGWINSZ, &size) == 0 && ioctl(to, TIOCSWINSZ, &size) == 0 ? 0 : -1;
}

void locara_stop(int with_group) {
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  // By default this stops, unless nobody is there who could ever go on: the kernel sees to that.
  kill(with_group ? 0 : getpid(), SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, &before);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}
