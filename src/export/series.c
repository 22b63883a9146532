/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers of an ensemble, record by record, sorted by chain. */
#include "squall/stats.h"
#include "src/export/export.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static void free_series(sq_export_series *s)
{
  for (int c = 0; c < s->columns; c++) sq_free(&s->value[c]);
  sq_free(&s->length);
  sq_free(&s->label);
  sq_free(&s->trajectory);
  *s = (sq_export_series){0};
}

static int column_of(const sq_export_series *s, const char *name)
{
  for (int c = 0; c < s->columns; c++)
    if (!strcmp(s->column[c], name)) return c;
  return -1;
}

/* A chain's own counters, which a restart needs and nobody else. */
static bool counts(const char *name)
{
  static const char *const counter[] = {"chain",         "trajectory", "proposed_count", "accepted_count",
                                        "invalid_count", "sum_exp",    "sum_exp2"};
  for (size_t i = 0; i < sizeof counter / sizeof *counter; i++)
    if (!strcmp(name, counter[i])) return true;
  return false;
}

static PetscErrorCode add(sq_records *records, int group, const sq_chains *chains, const char *name,
                          sq_export_series *s)
{
  PetscFunctionBeginUser;
  double *as_stored;
  PetscCall(sq_records_find_column(records, group, name, &as_stored));
  if (!as_stored || s->columns == SQ_EXPORT_COLUMNS) {
    sq_free(&as_stored);
    PetscFunctionReturn(0);
  }
  s->column[s->columns] = name;
  PetscCall(sq_alloc(s->count, &s->value[s->columns]));
  sq_chains_gather(chains, as_stored, s->value[s->columns++]);
  sq_free(&as_stored);
  PetscFunctionReturn(0);
}

/* A new column as a function of one that is there. */
static PetscErrorCode derive(sq_export_series *s, const char *name, int from, double (*function)(double))
{
  PetscFunctionBeginUser;
  if (s->columns == SQ_EXPORT_COLUMNS) PetscFunctionReturn(0);
  const int to = s->columns++;
  s->column[to] = name;
  PetscCall(sq_alloc(s->count, &s->value[to]));
  for (int64_t i = 0; i < s->count; i++) s->value[to][i] = function(s->value[from][i]);
  PetscFunctionReturn(0);
}

/* exp(log w) relative to the largest, in place of log w. */
static void exponentiate(sq_export_series *s, int column)
{
  double *x = s->value[column];
  int64_t numbers = 0;
  for (int64_t i = 0; i < s->count; i++) numbers += !isnan(x[i]);
  s->column[column] = "weight";
  if (numbers) sq_weights_relative(s->count, x, x);
  else sq_free(&s->value[--s->columns]); /* of a sampler without weights */
}

static PetscErrorCode add_observables(sq_records *records, int group, const sq_chains *chains, sq_export_series *s)
{
  PetscFunctionBeginUser;
  const sq_action_type *theory = sq_action_described(sq_records_about(records)->action);
  SqCheck(theory, MPI_COMM_SELF, SQ_ERR_DATA, "%s: there is no theory of that kind: %s", s->name,
          sq_records_about(records)->action);
  for (int c = 0; theory->columns[c]; c++) PetscCall(add(records, group, chains, theory->columns[c], s));
  for (const sq_obs_series_type *d = sq_obs_series_types; d->name; d++) {
    const int from = column_of(s, d->from);
    if (from >= 0 && column_of(s, d->name) < 0) PetscCall(derive(s, d->name, from, d->function));
  }
  PetscCall(add(records, group, chains, "log_weight", s));
  const int weight = column_of(s, "log_weight");
  if (weight >= 0) exponentiate(s, weight);
  PetscFunctionReturn(0);
}

/* The numbers of trajectories where they ascend, else those of records in their chain. */
static PetscErrorCode number(const sq_chains *chains, const double *stored, sq_export_series *s)
{
  PetscFunctionBeginUser;
  bool ascend = stored != NULL;
  double *sorted = NULL;
  PetscCall(sq_alloc(s->count, &s->trajectory));
  if (stored) {
    PetscCall(sq_alloc(s->count, &sorted));
    sq_chains_gather(chains, stored, sorted);
  }
  for (int64_t r = 0, at = 0; r < s->chains; at += s->length[r++])
    for (int64_t i = 0; ascend && i < s->length[r]; i++)
      ascend = sorted[at + i] >= 0 && sorted[at + i] < 1e15 && (i == 0 || sorted[at + i] >= sorted[at + i - 1] + 1);
  for (int64_t r = 0, at = 0; r < s->chains; at += s->length[r++])
    for (int64_t i = 0; i < s->length[r]; i++) s->trajectory[at + i] = ascend ? (int64_t)sorted[at + i] : i;
  sq_free(&sorted);
  PetscFunctionReturn(0);
}

static PetscErrorCode sort(sq_records *records, int group, bool observables, const sq_chains *chains,
                           const double *chain, sq_export_series *s)
{
  PetscFunctionBeginUser;
  double *trajectory;
  s->chains = chains->chains;
  PetscCall(sq_alloc(s->chains, &s->length));
  PetscCall(sq_alloc(s->chains, &s->label));
  for (int64_t r = 0, at = 0; r < s->chains; at += s->length[r++]) {
    s->length[r] = chains->length[r];
    s->label[r] = chain && fabs(chain[chains->order[at]]) < 1e9 ? (int)chain[chains->order[at]] : (int)r;
  }
  PetscCall(sq_records_find_column(records, group, "trajectory", &trajectory));
  PetscCall(number(chains, trajectory, s));
  sq_free(&trajectory);
  if (observables) PetscCall(add_observables(records, group, chains, s));
  for (int c = 0; !observables && c < s->about.columns; c++)
    if (!counts(s->about.column[c])) PetscCall(add(records, group, chains, s->about.column[c], s));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_series(sq_records *records, int group, bool observables, sq_export_series *s)
{
  PetscFunctionBeginUser;
  const sq_record_group *about = &sq_records_about(records)->group[group];
  sq_chains chains;
  double *chain;
  *s = (sq_export_series){.count = about->count, .about = *about};
  snprintf(s->name, sizeof s->name, "%s", about->name);
  PetscCall(sq_records_find_column(records, group, "chain", &chain));
  PetscErrorCode code = sq_chains_create(s->count, chain, &chains);
  if (!code) {
    code = sort(records, group, observables, &chains, chain, s);
    sq_chains_destroy(&chains);
  }
  sq_free(&chain);
  if (code) free_series(s);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static PetscErrorCode go_through(sq_records *records, bool observables, void *self, sq_export_with_series each)
{
  PetscFunctionBeginUser;
  const sq_records_info *info = sq_records_about(records);
  sq_export_series *series;
  PetscErrorCode code = 0;
  PetscCall(sq_alloc(1, &series));
  for (int g = 0; g < info->groups && !code; g++) {
    code = read_series(records, g, observables, series);
    if (!code) code = each(self, info, g, series);
    free_series(series);
  }
  sq_free(&series);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_export_each_series(const sq_export *e, bool observables, void *self, sq_export_with_series each)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_records *records = NULL;
  PetscCall(sq_grid_create(MPI_COMM_SELF, 1, &grid));
  PetscErrorCode code = sq_records_open(grid, NULL, e->from, &records);
  if (!code) {
    code = go_through(records, observables, self, each);
    PetscCall(sq_records_close(&records));
  }
  PetscCall(sq_grid_destroy(&grid));
  PetscCall(code);
  PetscFunctionReturn(0);
}

bool sq_export_mean(const sq_export_series *s, int column, double *mean)
{
  double sum = 0;
  for (int64_t i = 0; i < s->count; i++) sum += s->value[column][i];
  *mean = sum / (double)s->count;
  return isfinite(*mean);
}

void sq_export_id(const sq_records_info *info, int group, char text[SQ_EXPORT_ID])
{
  char extents[64];
  const sq_action_type *theory = sq_action_described(info->action); /* the text is the file's own */
  const uint64_t key = info->streams.own ? info->streams.own : info->fingerprint;
  sq_extents_text(info->dim, info->extent + SQ_DIM - info->dim, extents, sizeof extents);
  snprintf(text, SQ_EXPORT_ID, "%s-%s-%s-%016" PRIx64, theory ? theory->name : "field", extents,
           info->group[group].name, key);
}
