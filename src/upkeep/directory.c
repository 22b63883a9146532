/* What can be told of a run's directory from outside: whether it is one, whether a squall is at work there. */
#include "src/upkeep/upkeep.h"
#include <fcntl.h>
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
