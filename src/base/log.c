/* Log and progress: what the speaking rank says. The one piece of state below app, because a library that
 * must pass a log through every call says less; it is set once by the program. */
#include "squall/base.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
  bool speaker, terminal, live_line;
  sq_log_level level;
  FILE *file;
} out;

/* Whether somebody watches. A launcher gives its ranks a terminal of their own, whatever its own output is: then ask
 * what that is. */
static bool watched(void)
{
  char link[64], target[64];
  if (!isatty(STDOUT_FILENO)) return false;
  if (!getenv("PMIX_RANK")) return true;
  snprintf(link, sizeof link, "/proc/%ld/fd/1", (long)getppid());
  ssize_t length = readlink(link, target, sizeof target - 1);
  if (length < 0) return false;
  target[length] = 0;
  return !strncmp(target, "/dev/pts/", 9) || !strncmp(target, "/dev/tty", 8);
}

void sq_log_setup(bool speaker, sq_log_level level)
{
  out.speaker = speaker;
  out.level = level;
  out.terminal = speaker && watched();
}

bool sq_log_speaks(void)
{
  return out.speaker;
}

PetscErrorCode sq_log_open(const char *path)
{
  PetscFunctionBeginUser;
  if (out.file) fclose(out.file);
  out.file = NULL;
  if (!path || !out.speaker) PetscFunctionReturn(0);
  out.file = fopen(path, "a");
  SqCheck(out.file, PETSC_COMM_SELF, SQ_ERR_IO, "cannot write the log %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

void sq_log_flush(void)
{
  if (out.live_line) fputc('\n', stdout);
  out.live_line = false;
  fflush(stdout);
}

static void to_file(const char *format, va_list args)
{
  if (!out.file) return;
  time_t now = time(NULL);
  struct tm utc;
  char stamp[32];
  strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ ", gmtime_r(&now, &utc));
  fputs(stamp, out.file);
  vfprintf(out.file, format, args);
  fputc('\n', out.file);
  fflush(out.file);
}

void sq_log_to_file(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  to_file(format, args);
  va_end(args);
}

void sq_log(sq_log_level level, const char *format, ...)
{
  if (!out.speaker || !format) return; /* with sanitizers gcc takes a null format for possible */
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  if (level <= out.level) {
    sq_log_flush();
    FILE *stream = level == SQ_WARN ? stderr : stdout;
    if (level == SQ_WARN) fputs("warning: ", stream);
    vfprintf(stream, format, args);
    fputc('\n', stream);
    fflush(stream);
  }
  to_file(format, again);
  va_end(again);
  va_end(args);
}

/* ---- progress ---- */

void sq_progress_begin(sq_progress *progress, const char *name, int64_t first, int64_t total)
{
  snprintf(progress->name, sizeof progress->name, "%s", name);
  progress->first = first;
  progress->total = total;
  progress->started = progress->shown = sq_now();
}

bool sq_progress_due(const sq_progress *progress)
{
  if (!out.speaker || out.level < SQ_INFO) return false;
  return sq_now() - progress->shown >= (out.terminal ? 0.2 : 30.0);
}

static void duration_text(double seconds, char *text, size_t size)
{
  if (!(seconds < 1e9)) snprintf(text, size, "?");
  else if (seconds < 100) snprintf(text, size, "%.1f s", seconds);
  else if (seconds < 6000) snprintf(text, size, "%.1f min", seconds / 60);
  else snprintf(text, size, "%.1f h", seconds / 3600);
}

void sq_progress_show(sq_progress *progress, int64_t done, const char *format, ...)
{
  if (!out.speaker) return;
  progress->shown = sq_now();
  double elapsed = progress->shown - progress->started,
         rate = elapsed > 0 ? (double)(done - progress->first) / elapsed : 0;
  char figures[256], left[32];
  va_list args;
  va_start(args, format);
  vsnprintf(figures, sizeof figures, format, args);
  va_end(args);
  duration_text(rate > 0 ? (double)(progress->total - done) / rate : 1e30, left, sizeof left);
  const char *line = out.terminal ? "\r\033[K%s %lld/%lld  %.3g/s  %s left  %s" : "%s %lld/%lld  %.3g/s  %s left  %s\n";
  if (out.level >= SQ_INFO) {
    fprintf(stdout, line, progress->name, (long long)done, (long long)progress->total, rate, left, figures);
    fflush(stdout);
    out.live_line = out.terminal;
  }
  if (!out.terminal)
    sq_log_to_file("%s %lld/%lld  %.3g/s  %s left  %s", progress->name, (long long)done, (long long)progress->total,
                   rate, left, figures);
}

void sq_progress_end(sq_progress *progress, int64_t done, const char *format, ...)
{
  if (!out.speaker) return;
  char figures[256], taken[32];
  va_list args;
  va_start(args, format);
  vsnprintf(figures, sizeof figures, format, args);
  va_end(args);
  duration_text(sq_now() - progress->started, taken, sizeof taken);
  if (out.terminal && out.live_line) fputs("\r\033[K", stdout);
  out.live_line = false;
  sq_log(SQ_INFO, "%s %lld/%lld  in %s  %s", progress->name, (long long)done, (long long)progress->total, taken,
         figures);
}
