/* SPDX-License-Identifier: BSD-3-Clause */
/* The command clean: files of runs that can go: checkpoints, files in the making, fields on their way from noise, and
 * what killed processes left, also in RUN_DIR/export and RUN_DIR/report, and those of the runs below RUN_DIR/couplings.
 * While it removes, it holds the lock of the run. It says what each is worth and how large it is, and removes nothing
 * unless it is told to. What a run was made for is not among them: its ensembles, models, samples and tables. */
#include "src/upkeep/upkeep.h"
#include "src/plan/plan.h"
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first row that a name fits decides. */
static const struct {
  const char *pattern, *what;
} rows[] = {
  {"*.checkpoint.h5", "a stage that was stopped goes on from it; without it that stage begins anew"},
  {"*.checkpoint.h5.1", "the checkpoint before the last"},
  {"*.thermalisation.h5", "a thermalisation that was stopped goes on from it"},
  {"*.h5.part", "records of a stage that is not finished; without them it begins anew"},
  {"*.h5.tmp", "left over from a write that did not end"},
  {"*.h5*.data.[0-9]*", "left over by Open MPI from a squall that did not end"},
  {"*.h5*.metadata.[0-9]*", "left over by Open MPI from a squall that did not end"},
  {"status.json.new", "left over from a write that did not end"},
  {"trajectories.h5", "fields on their way from noise, for a figure; made again only when samples.h5 is"},
};
enum { ROWS = sizeof rows / sizeof *rows, PLACE = 2 * SQ_PATH };

/* What can be removed: a regular file that fits a row, if the directory is the run's own, or that a process left; NULL:
 * not this one. */
static const char *what_is(const char *directory, const char *name, bool own, double *bytes)
{
  char path[PLACE];
  struct stat about;
  int row = 0;
  while (row < ROWS && fnmatch(rows[row].pattern, name, 0) != 0) row++;
  if (!own) row = ROWS;
  snprintf(path, sizeof path, "%.1500s/%.255s", directory, name);
  if (lstat(path, &about) || !S_ISREG(about.st_mode)) return NULL;
  *bytes = (double)about.st_size;
  if (row < ROWS) return rows[row].what;
  return sq_upkeep_is_left_over(path) ? "left over from a squall that did not end" : NULL;
}

typedef struct {
  FILE *out;
  bool removes;
  int files;
  double bytes;
  char *message;
  size_t size;
} sweep;

static PetscErrorCode take(sweep *s, const char *directory, const char *name, bool own)
{
  char path[PLACE], text[SQ_BUDGET_TEXT];
  double bytes = 0;
  const char *what = what_is(directory, name, own, &bytes);
  if (!what) return 0;
  snprintf(path, sizeof path, "%.1500s/%.255s", directory, name);
  fprintf(s->out, "%s  %s  %s\n", path, sq_bytes_text(bytes, text), what);
  s->files++;
  s->bytes += bytes;
  if (!s->removes || !unlink(path)) return 0;
  snprintf(s->message, s->size, "%s cannot be removed: %s", path, strerror(errno));
  return SQ_ERR_IO;
}

/* A directory, and those in it as deep as is said. */
static PetscErrorCode sweep_directory(sweep *s, const char *directory, int deep)
{
  const struct dirent *entry;
  struct stat about;
  char inner[PLACE];
  PetscErrorCode code = 0;
  DIR *d = opendir(directory);
  if (!d) snprintf(s->message, s->size, "clean: %.900s cannot be read: %s", directory, strerror(errno));
  if (!d) return SQ_ERR_IO;
  while (!code && (entry = readdir(d))) {
    snprintf(inner, sizeof inner, "%.1500s/%.255s", directory, entry->d_name);
    if (deep && entry->d_name[0] != '.' && !lstat(inner, &about) && S_ISDIR(about.st_mode))
      code = sweep_directory(s, inner, deep - 1);
    else code = take(s, directory, entry->d_name, false);
  }
  closedir(d);
  return code;
}

/* Files in the making in a directory of the run, where there is one. */
static PetscErrorCode sweep_inner(sweep *s, const char *directory, const char *name, int deep)
{
  struct stat about;
  char inner[SQ_PATH];
  snprintf(inner, sizeof inner, "%.900s/%s", directory, name);
  return !lstat(inner, &about) && S_ISDIR(about.st_mode) ? sweep_directory(s, inner, deep) : 0;
}

/* The run's own directory, what was exported there, and its page. */
static PetscErrorCode sweep_run(sweep *s, const char *directory)
{
  const struct dirent *entry;
  PetscErrorCode code = 0;
  DIR *d = opendir(directory);
  if (!d) snprintf(s->message, s->size, "clean: %s cannot be read: %s", directory, strerror(errno));
  if (!d) return SQ_ERR_IO;
  while (!code && (entry = readdir(d))) code = take(s, directory, entry->d_name, true);
  closedir(d);
  if (!code) code = sweep_inner(s, directory, "export", 1);
  if (!code) code = sweep_inner(s, directory, "report", 0);
  return code;
}

static PetscErrorCode clean_one(sweep *s, const char *directory)
{
  int lock = -1;
  if (strlen(directory) > 700) {
    snprintf(s->message, s->size, "clean: a path of more than 700 bytes: go nearer to the run");
    return SQ_ERR_INPUT;
  }
  if (!sq_upkeep_is_run(directory)) {
    snprintf(s->message, s->size, "clean: %.700s is not the directory of a run: it has no deck.yaml of one", directory);
    return SQ_ERR_INPUT;
  }
  const bool busy = s->removes ? !sq_upkeep_hold(directory, &lock) : sq_upkeep_is_busy(directory);
  if (busy) snprintf(s->message, s->size, "clean: another squall is at work in %s: wait for it", directory);
  PetscErrorCode code = busy ? SQ_ERR_INPUT : sweep_run(s, directory);
  if (lock >= 0) close(lock);
  return code;
}

/* A run, and those of its couplings. */
static PetscErrorCode clean_all(sweep *s, const char *directory)
{
  const struct dirent *entry;
  char couplings[SQ_PATH], part[SQ_PATH];
  PetscErrorCode code = clean_one(s, directory);
  snprintf(couplings, sizeof couplings, "%.700s/couplings", directory);
  DIR *d = code ? NULL : opendir(couplings);
  while (!code && d && (entry = readdir(d))) {
    snprintf(part, sizeof part, "%.720s/%.255s", couplings, entry->d_name);
    if (entry->d_name[0] != '.' && sq_upkeep_is_run(part)) code = clean_one(s, part);
  }
  if (d) closedir(d);
  return code;
}

static PetscErrorCode clean(const sq_words *words, FILE *out, char *message, size_t size)
{
  sweep s = {.out = out, .removes = sq_words_value(words, "--yes") != NULL, .message = message, .size = size};
  char text[SQ_BUDGET_TEXT];
  if (!words->operands) {
    snprintf(message, size, "usage: squall clean RUN_DIR... [--yes]");
    return SQ_ERR_INPUT;
  }
  for (int i = 0; i < words->operands; i++) {
    PetscErrorCode code = clean_all(&s, words->operand[i]);
    if (code) return code;
  }
  if (!s.files) fprintf(out, "nothing can go\n");
  else if (s.removes)
    fprintf(out, "%d file%s removed, %s\n", s.files, s.files > 1 ? "s" : "", sq_bytes_text(s.bytes, text));
  else
    fprintf(out, "%d file%s, %s, can go; nothing is removed: --yes removes them\n", s.files, s.files > 1 ? "s" : "",
            sq_bytes_text(s.bytes, text));
  return 0;
}

const sq_command sq_clean_command = {
  .name = "clean",
  .place = SQ_PLACE_LAST,
  .usage = "RUN_DIR...",
  .summary = "files of runs that are no longer needed, listed or removed: checkpoints, files in the making, "
             "trajectories; never an ensemble or a model",
  .options = SQ_OPTIONS({"--yes", NULL, "remove them; without it they are only listed"}),
  .tells = clean};
