/* SPDX-License-Identifier: BSD-3-Clause */
/* What stages have cost on this machine: the file, and what is looked up in it. See the header. */
#include "src/costs/costs.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char title[] = "squall-costs 1";

bool sq_costs_path(char path[SQ_COSTS_PATH])
{
  const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  if (config && config[0] == '/') snprintf(path, SQ_COSTS_PATH, "%.900s/squall/costs", config);
  else if (home && home[0] == '/') snprintf(path, SQ_COSTS_PATH, "%.900s/.config/squall/costs", home);
  else return false;
  return true;
}

/* The processor's name, without quotes. */
static void machine_of(char name[96])
{
  char line[256];
  snprintf(name, 96, "unknown");
  FILE *file = fopen("/proc/cpuinfo", "r");
  while (file && fgets(line, sizeof line, file)) {
    const char *colon = strstr(line, ": ");
    if (!colon || (strncmp(line, "model name", 10) && strncmp(line, "cpu model", 9) && strncmp(line, "CPU part", 8)))
      continue;
    snprintf(name, 96, "%.*s", (int)strcspn(colon + 2, "\n\""), colon + 2);
    break;
  }
  if (file) fclose(file);
}

/* A row of any machine. */
static bool read_row(const char *line, char machine[96], sq_cost *c)
{
  int at = 0;
  unsigned long long key;
  if (sscanf(line, "\"%95[^\"]\" %n", machine, &at) != 1 || !at) return false;
  if (sscanf(line + at, "%llx %47s %47s %lf %lf %lf %lf %lf", &key, c->stage, c->kind, &c->network, &c->updates,
             &c->start, &c->factor, &c->extra) != 8)
    return false;
  c->key = key;
  return c->factor >= 0 && isfinite(c->factor) && isfinite(c->start) && isfinite(c->extra) && c->network >= 0 &&
         c->updates >= 0 && isfinite(c->network) && isfinite(c->updates);
}

void sq_costs_read(uint64_t key, const char *kind, struct sq_costs *costs)
{
  char path[SQ_COSTS_PATH], line[512], here[96], machine[96];
  *costs = (struct sq_costs){.key = key};
  snprintf(costs->kind, sizeof costs->kind, "%s", kind);
  machine_of(here);
  FILE *file = sq_costs_path(path) ? fopen(path, "r") : NULL;
  bool ours = file && fgets(line, sizeof line, file) && !strncmp(line, title, sizeof title - 1);
  while (ours && costs->count < SQ_COSTS_MOST && fgets(line, sizeof line, file))
    if (read_row(line, machine, &costs->row[costs->count]) && !strcmp(machine, here)) costs->count++;
  if (file) fclose(file);
}

/* Only the part of the kind that the stage depends on: Monte Carlo has no model. */
static bool like(const struct sq_costs *costs, const sq_cost *row, const char *stage)
{
  const char *mine = strchr(costs->kind, ','), *theirs = strchr(row->kind, ',');
  if (!strcmp(stage, "hmc") || !strcmp(stage, "mc") || !strcmp(stage, "langevin"))
    return mine && theirs && !strcmp(mine, theirs);
  return !strncmp(costs->kind, row->kind, strcspn(costs->kind, ",") + 1) || !strcmp(stage, "measure") ||
         !strcmp(stage, "report");
}

bool sq_costs_find(const struct sq_costs *costs, const char *stage, sq_cost *cost, bool *exact)
{
  int n = 0;
  double logs = 0;
  *cost = (sq_cost){0};
  *exact = false;
  for (int i = 0; i < costs->count; i++) {
    const sq_cost *row = &costs->row[i];
    if (strcmp(row->stage, stage)) continue;
    if (row->key == costs->key) {
      *cost = *row;
      *exact = true;
      return true;
    }
    if (!like(costs, row, stage) || !(row->factor > 0)) continue;
    n++;
    cost->start += row->start;
    cost->extra += row->extra;
    logs += log(row->factor);
  }
  if (!n) return false;
  cost->start /= n;
  cost->extra /= n;
  cost->factor = exp(logs / n);
  return true;
}

/* ---- writing ---- */

static bool is_replaced(const char *line, const char *here, int count, const sq_cost *row)
{
  char machine[96];
  sq_cost old;
  if (!read_row(line, machine, &old)) return true;
  return !strcmp(machine, here) && count && old.key == row[0].key;
}

static PetscErrorCode write_file(const char *path, int count, const sq_cost *row)
{
  char line[512], here[96], fresh[SQ_COSTS_PATH + 8];
  machine_of(here);
  snprintf(fresh, sizeof fresh, "%s.new", path);
  FILE *from = fopen(path, "r"), *to = fopen(fresh, "w");
  bool fine = to && fprintf(to, "%s\n", title) > 0;
  bool ours = from && fgets(line, sizeof line, from) && !strncmp(line, title, sizeof title - 1);
  while (fine && ours && fgets(line, sizeof line, from))
    if (!is_replaced(line, here, count, row)) fine = fputs(line, to) >= 0;
  for (int i = 0; i < count && fine; i++)
    fine = fprintf(to, "\"%s\" %016llx %s %s %.6g %.6g %.6g %.6g %.6g\n", here, (unsigned long long)row[i].key,
                   row[i].stage, row[i].kind, row[i].network, row[i].updates, row[i].start, row[i].factor,
                   row[i].extra) > 0;
  if (from) fclose(from);
  if (to && fclose(to)) fine = false;
  return fine && !rename(fresh, path) ? 0 : SQ_ERR_IO;
}

PetscErrorCode sq_costs_save(MPI_Comm comm, int count, const sq_cost *row, char path[SQ_COSTS_PATH])
{
  PetscFunctionBeginUser;
  char directory[SQ_COSTS_PATH];
  PetscErrorCode code = 0, worst;
  SqCheck(sq_costs_path(path), comm, SQ_ERR_IO, "there is no HOME and no XDG_CONFIG_HOME to keep costs in");
  snprintf(directory, sizeof directory, "%s", path);
  *strrchr(directory, '/') = '\0';
  PetscCall(sq_make_directory(comm, directory));
  if (sq_log_speaks()) code = write_file(path, count, row);
  PetscCall(sq_worst_status(comm, code, &worst));
  SqCheck(!worst, comm, SQ_ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}
