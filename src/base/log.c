/* SPDX-License-Identifier: BSD-3-Clause */
/* Log and progress: what the speaking rank says. The one piece of state below app, because a library that
 * must pass a log through every call says less; it is set once by the program. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* vasprintf */
#endif
#include "squall/base.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
  bool speaker, terminal, live_line, painted;
  bool holding;
  int watched; /* the terminal */
  sq_log_level level;
  FILE *file;
  char *held; /* what waits for the file to be opened */
  size_t used, room;
} out;

/* The terminal that somebody watches; -1: there is none. A launcher gives its ranks a terminal of their own, whatever
 * its own output is: then what that is counts. */
static int watched(void)
{
  char link[64], target[64];
  if (!isatty(STDOUT_FILENO)) return -1;
  if (!getenv("PMIX_RANK")) return STDOUT_FILENO;
  snprintf(link, sizeof link, "/proc/%ld/fd/1", (long)getppid());
  ssize_t length = readlink(link, target, sizeof target - 1);
  if (length < 0) return -1;
  target[length] = 0;
  if (strncmp(target, "/dev/pts/", 9) != 0 && strncmp(target, "/dev/tty", 8) != 0) return -1;
  int terminal = open(target, O_RDONLY | O_NOCTTY | O_CLOEXEC);
  return terminal < 0 ? STDOUT_FILENO : terminal;
}

/* Cuts a line of figures, which two blanks separate, to what the terminal has room for: a longer one would become a new
 * line each time. */
static void fit(char *line)
{
  struct winsize size = {0};
  if (ioctl(out.watched, TIOCGWINSZ, &size) || size.ws_col < 20) size.ws_col = 80;
  size_t most = (size_t)size.ws_col - 1, length = strlen(line);
  if (length <= most) return;
  line[most] = 0;
  for (size_t at = most; at > most / 2; at--)
    if (!strncmp(line + at, "  ", 2)) {
      line[at] = 0;
      return;
    }
}

void sq_log_setup(bool speaker, sq_log_level level)
{
  out.speaker = speaker;
  out.level = level;
  out.watched = speaker ? watched() : -1;
  out.terminal = out.watched >= 0;
}

void sq_log_paint(bool wanted)
{
  const char *no = getenv("NO_COLOR"), *kind = getenv("TERM"); /* no-color.org */
  out.painted = wanted && !(no && *no) && kind && strcmp(kind, "dumb") != 0;
}

/* The standard output is what somebody watches; a launcher gives its ranks errors that are no terminal's. */
static bool is_painted(FILE *stream)
{
  if (!out.painted) return false;
  return stream == stdout ? out.terminal : isatty(fileno(stream)) && !getenv("PMIX_RANK");
}

/* A word with a colour that text begins with: how long it is, and the colour. */
static size_t coloured(const char *text, const char **colour)
{
  static const struct {
    const char *word, *colour;
  } words[] = {{"squall: ", "1;31"},  {"warning: ", "1;33"}, {"FAILED", "1;31"}, {"NOT THERMALISED", "1;31"},
               {"TOO SHORT", "1;31"}, {"TOO FEW", "1;31"},   {"passed", "32"},   {"The deck is valid", "1;32"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    const size_t length = strlen(words[i].word);
    *colour = words[i].colour;
    if (!strncmp(text, words[i].word, length)) return length;
  }
  return 0;
}

static void print(FILE *stream, bool painted, const char *text)
{
  const char *colour;
  bool begins = true; /* a word does */
  if (!painted) {
    fputs(text, stream);
    return;
  }
  for (; *text; begins = !isalnum((unsigned char)text[-1])) {
    const size_t length = begins ? coloured(text, &colour) : 0;
    if (length) fprintf(stream, "\033[%sm%.*s\033[0m", colour, (int)length, text);
    else fputc(*text, stream);
    text += length ? length : 1;
  }
}

/* In one write: mpirun of Open MPI 5 may put words of the other stream between two. */
void sq_log_line(FILE *stream, const char *word, const char *text)
{
  char *line = NULL;
  size_t length = 0;
  FILE *memory = open_memstream(&line, &length), *to = memory ? memory : stream;
  const bool painted = is_painted(stream);
  print(to, painted, word);
  print(to, painted, text);
  fputc('\n', to);
  if (memory && !fclose(memory)) fwrite(line, 1, length, stream);
  free(line);
  fflush(stream);
}

bool sq_log_speaks(void)
{
  return out.speaker;
}

void sq_log_hold(void)
{
  out.holding = out.speaker;
}

static void drop_held(void)
{
  free(out.held);
  out.held = NULL;
  out.used = out.room = 0;
  out.holding = false;
}

static void hold(const char *text, size_t length)
{
  if (out.used + length > out.room) {
    size_t room = 2 * (out.used + length);
    char *more = realloc(out.held, room);
    if (!more) return;
    out.held = more;
    out.room = room;
  }
  memcpy(out.held + out.used, text, length);
  out.used += length;
}

/* NULL, and errno, unless it is a regular file and no link. */
static FILE *open_regular(const char *path)
{
  struct stat about;
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (file >= 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode)) return fdopen(file, "a");
  if (file >= 0) {
    close(file);
    errno = EINVAL;
  }
  return NULL;
}

PetscErrorCode sq_log_open(const char *path)
{
  PetscFunctionBeginUser;
  if (out.file) fclose(out.file);
  out.file = path && out.speaker ? open_regular(path) : NULL;
  if (out.file && out.used) {
    fwrite(out.held, 1, out.used, out.file);
    fflush(out.file);
  }
  int reason = errno;
  drop_held();
  if (!path || !out.speaker) PetscFunctionReturn(0);
  SqCheck(out.file, PETSC_COMM_SELF, SQ_ERR_IO, "the log %s cannot be written: %s", path,
          reason == ELOOP  ? "it is a symbolic link, which squall does not write through" :
          reason == EINVAL ? "it is not a regular file" :
                             strerror(reason));
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
  if (!out.file && !out.holding) return;
  time_t now = time(NULL);
  struct tm utc;
  char stamp[32], *line = NULL;
  strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ ", gmtime_r(&now, &utc));
  if (out.file) {
    fputs(stamp, out.file);
    vfprintf(out.file, format, args);
    fputc('\n', out.file);
    fflush(out.file);
  } else if (vasprintf(&line, format, args) >= 0) {
    hold(stamp, strlen(stamp));
    hold(line, strlen(line));
    hold("\n", 1);
    free(line);
  }
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
    char *text = NULL;
    const bool made = vasprintf(&text, format, args) >= 0;
    sq_log_line(stream, level == SQ_WARN ? "warning: " : "", made ? text : format);
    if (made) free(text);
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
  return sq_now() - progress->shown >= (out.terminal ? 0.2 : out.level >= SQ_DEBUG ? 2.0 : 30.0);
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
  char figures[256], left[32], of[32] = "";
  va_list args;
  va_start(args, format);
  vsnprintf(figures, sizeof figures, format, args);
  va_end(args);
  duration_text(rate > 0 && progress->total > 0 ? (double)(progress->total - done) / rate : 1e30, left, sizeof left);
  if (progress->total > 0) snprintf(of, sizeof of, "/%lld", (long long)progress->total);
  char line[512];
  snprintf(line, sizeof line, "%s %lld%s  %.3g/s  %s left  %s", progress->name, (long long)done, of, rate, left,
           figures);
  if (!out.terminal) sq_log_to_file("%s", line);
  if (out.level < SQ_INFO) return;
  if (out.terminal) fit(line);
  fprintf(stdout, out.terminal ? "\r\033[K%s" : "%s\n", line);
  fflush(stdout);
  out.live_line = out.terminal;
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
