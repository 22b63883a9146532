/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be told of a run's directory from outside: whether it is one, whether a squall is at work there. */
#include "src/upkeep/upkeep.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool sq_upkeep_is_run(const char *directory)
{
  static const char first[] = "# The effective deck of the run";
  char path[SQ_PATH], line[sizeof first] = "";
  struct stat about;
  snprintf(path, sizeof path, "%.950s/deck.yaml", directory);
  if (stat(path, &about) || !S_ISREG(about.st_mode)) return false;
  FILE *file = fopen(path, "r");
  if (file && !fgets(line, sizeof line, file)) line[0] = 0;
  if (file) fclose(file);
  return !strcmp(line, first);
}

bool sq_upkeep_is_left_over(const char *path)
{
  int digits = 0;
  const size_t length = strlen(path);
  if (length < 6 || strcmp(path + length - 4, ".tmp") != 0) return false;
  const char *c = path + length - 5;
  for (; c > path && *c >= '0' && *c <= '9'; c--) digits++;
  if (*c != '.' || digits < 1 || digits > 10) return false;
  const long process = strtol(c + 1, NULL, 10);
  if (process < 1 || !kill((pid_t)process, 0) || errno != ESRCH) return false;
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return false;
  const bool alone = flock(file, LOCK_SH | LOCK_NB) == 0;
  close(file);
  return alone;
}

bool sq_upkeep_hold(const char *directory, int *lock)
{
  char path[SQ_PATH];
  snprintf(path, sizeof path, "%.950s/lock", directory);
  *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  return *lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

bool sq_upkeep_is_busy(const char *directory)
{
  char path[SQ_PATH];
  snprintf(path, sizeof path, "%.950s/lock", directory);
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return false;
  bool busy = flock(file, LOCK_SH | LOCK_NB) != 0;
  close(file);
  return busy;
}
