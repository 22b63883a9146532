/* SPDX-License-Identifier: BSD-3-Clause */
/* DIRECTORY/status.json: what a run does and how far it is, for job scripts and dashboards. Replaced by rename, so a
 * reader never sees half of it. */
#include "src/run/run.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Tells whoever started the program where the run's status.json is: its path, one line, into the file that
 * SQUALL_STATUS_FILE names. */
static void tell_starter(const sq_run *run, const char *status)
{
  const char *name = getenv("SQUALL_STATUS_FILE");
  FILE *file = name && name[0] && !run->part_of ? fopen(name, "w") : NULL;
  if (!file) return;
  char *whole = realpath(status, NULL);
  fprintf(file, "%s\n", whole ? whole : status);
  free(whole);
  fclose(file);
}

/* The whole says which part of it is at work; one that is finished does not end it. */
static void report_part(const sq_run *run, const char *stage, const char *state, int64_t done, int64_t total)
{
  char both[64];
  const char *name = strrchr(run->directory, '/');
  snprintf(both, sizeof both, "%.40s %.20s", name ? name + 1 : run->directory, stage);
  sq_run_status(run->part_of, both, strcmp(state, "finished") ? state : "running", done, total, "");
}

void sq_run_status(const sq_run *run, const char *stage, const char *state, int64_t done, int64_t total,
                   const char *members)
{
  char path[SQ_PATH], fresh[SQ_PATH + 8], now[32];
  time_t clock = time(NULL);
  if (!sq_log_speaks()) return;
  sq_run_path(run, "status.json", path);
  snprintf(fresh, sizeof fresh, "%s.new", path);
  strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime(&clock));
  int open = sq_open_new(fresh);
  FILE *file = open < 0 ? NULL : fdopen(open, "w");
  if (!file) return; /* a report is not worth ending a run for */
  fprintf(file,
          "{\"stage\": \"%s\", \"state\": \"%s\", \"done\": %lld, \"total\": %lld, \"ranks\": %d, \"seconds\": %.0f, "
          "\"updated\": \"%s\"%s}\n",
          stage, state, (long long)done, (long long)total, run->size, sq_now() - run->began, now, members);
  if (fclose(file) == 0 && !rename(fresh, path)) tell_starter(run, path);
  if (run->part_of) report_part(run, stage, state, done, total);
}
