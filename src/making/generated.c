/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of a generator, made in batches of fixed size that are shared out to the replicas: field n is a function of
 * (generator, seed, n), so one that was interrupted fills in the batches that are missing. */
#include "src/making/generated.h"
#include "src/making/fields.h"
#include <math.h>

enum { LOG_WEIGHT, FIRST_OBS };

typedef struct {
  const sq_site *site;
  uint64_t stream;
  double *minus_log_q;   /* [batch] */
  sq_running log_weight; /* by this replica, for the progress line */
} maker;

static PetscErrorCode make(void *context, int64_t first, int count, double *blocks, double *columns)
{
  PetscFunctionBeginUser;
  maker *m = context;
  const sq_site *site = m->site;
  PetscCall(sq_generator_generate(&site->generator, m->stream, first, count, blocks, m->minus_log_q, NULL, NULL));
  for (int b = 0; b < count; b++) {
    double *row = columns + b * SQ_IO_COLUMNS;
    PetscCall(sq_obs_measure(site->obs, blocks + b * sq_generator_numbers(&site->generator), row + FIRST_OBS));
    row[LOG_WEIGHT] = m->minus_log_q[b] - sq_obs_action(site->obs, row + FIRST_OBS);
    if (site->generator.has_density && sq_action_known(&site->run->action))
      sq_running_add(&m->log_weight, row[LOG_WEIGHT]);
  }
  PetscFunctionReturn(0);
}

static void progress(const void *context, char text[64])
{
  const sq_running *w = &((const maker *)context)->log_weight;
  if (w->n) snprintf(text, 64, "log w %.2f, spread %.2f", w->mean, sqrt(fmax(0, sq_running_variance(w))));
  else snprintf(text, 64, "no path weights");
}

/* Whether the file that is to be made has room, and what comes beside it. */
static PetscErrorCode check_space(const sq_generated *what, const char *path, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  char part[SQ_PATH + 8];
  bool begun;
  snprintf(part, sizeof part, "%s.part", path);
  PetscCall(sq_file_exists(what->site->run->world, part, &begun));
  PetscCall(sq_space_check(what->site->run->world, path, what->further + (begun ? 0 : (double)sq_records_bytes(info)),
                           what->further > 0 ? "the fields and some on their way from noise" : "the fields"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_generated_make(const sq_generated *what, const char *path, sq_records **records)
{
  PetscFunctionBeginUser;
  const sq_site *site = what->site;
  maker m = {.site = site, .stream = what->streams.own};
  sq_records_info info;
  char *deck;
  sq_fields fields = {.run = site->run,
                      .stage = what->stage,
                      .path = path,
                      .grid = site->grid,
                      .lattice = site->lattice,
                      .batch = site->generator.batch,
                      .extend = what->extend,
                      .context = &m,
                      .make = make,
                      .text = progress};
  PetscCall(sq_deck_text_of(site->run->deck, NULL, false, &deck));
  sq_describe_records(site->run, "samples", site->lattice->extent, what->fingerprint, &what->streams, deck, &info);
  sq_describe_group(what->group, what->count, FIRST_OBS, (const char *const[]){"log_weight"}, true, &info);
  PetscCall(check_space(what, path, &info));
  PetscCall(sq_alloc(fields.batch, &m.minus_log_q));
  PetscCall(sq_fields_make(&fields, &info));
  *records = fields.records;
  const bool none = !site->generator.has_density && !site->generator.levels; /* nor has a way that made them */
  if (site->generator.density || none) PetscCall(sq_records_put_real(*records, "density_of_fields", none ? 0 : 1));
  sq_free(&m.minus_log_q);
  sq_free(&deck);
  PetscFunctionReturn(0);
}

/* ---- ways ---- */

enum { WAY_SAMPLE, WAY_LEVEL, WAY_S, WAY_COLUMNS };

typedef struct {
  const sq_site *site;
  uint64_t stream;
  sq_records *records;
  int64_t first;
  int count;
} watcher;

static PetscErrorCode store_level(void *context, int level, const double *blocks)
{
  PetscFunctionBeginUser;
  watcher *w = context;
  const sq_generator *g = &w->site->generator;
  for (int b = 0; b < g->batch; b++) {
    const double columns[WAY_COLUMNS] = {
      [WAY_SAMPLE] = (double)(w->first + b), [WAY_LEVEL] = (double)level, [WAY_S] = g->s[level]};
    int64_t index = b < w->count ? (w->first + b) * (g->levels + 1) + g->levels - level : -1;
    PetscCall(sq_records_write(w->records, 0, index, blocks + b * sq_generator_numbers(g), columns));
  }
  PetscFunctionReturn(0);
}

/* a and s of every level. */
static PetscErrorCode store_levels(const sq_generator *g, sq_records *records)
{
  PetscFunctionBeginUser;
  static const char *const names[2] = {"a", "s"};
  double *rows;
  PetscCall(sq_alloc(2 * (g->levels + 1), &rows));
  for (int k = 0; k <= g->levels; k++) rows[2 * k] = g->a[k], rows[2 * k + 1] = g->s[k];
  PetscCall(sq_records_put_series(records, "levels", g->levels + 1, 2, names, rows));
  sq_free(&rows);
  PetscFunctionReturn(0);
}

/* Every replica runs a full batch each time, so that all take part in every write. */
static PetscErrorCode watch_all(const sq_site *site, int64_t wanted, watcher *w)
{
  PetscFunctionBeginUser;
  int batch = site->generator.batch;
  double *blocks, *minus_log_q;
  PetscCall(sq_alloc(batch * sq_generator_numbers(&site->generator), &blocks));
  PetscCall(sq_alloc(batch, &minus_log_q));
  for (int64_t i = 0; i < wanted; i += (int64_t)batch * site->grid->replicas) {
    int64_t left = wanted - (i + (int64_t)site->grid->replica * batch);
    w->first = left > 0 ? wanted - left : 0;
    w->count = left <= 0 ? 0 : (int)PetscMin(left, batch);
    PetscCall(sq_generator_generate(&site->generator, w->stream, w->first, batch, blocks, minus_log_q, store_level, w));
  }
  sq_free(&blocks);
  sq_free(&minus_log_q);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_generated_ways(const sq_generated *what, int64_t wanted, const char *path)
{
  PetscFunctionBeginUser;
  static const char *const names[WAY_COLUMNS] = {"sample", "level", "s"};
  const sq_site *site = what->site;
  watcher w = {.site = site, .stream = what->streams.own};
  sq_records_info info;
  char *deck;
  bool exists;
  uint64_t theirs = 0;
  if (wanted > what->count) wanted = what->count;
  PetscCall(sq_file_exists(site->run->world, path, &exists));
  if (exists) PetscCall(sq_run_fingerprint_of(site->run, path, &theirs));
  if (!wanted || !site->generator.levels || (exists && theirs == what->fingerprint))
    PetscFunctionReturn(0); /* those of other fields are made anew */
  PetscCall(sq_deck_text_of(site->run->deck, NULL, false, &deck));
  sq_describe_records(site->run, "trajectories", site->lattice->extent, what->fingerprint, &what->streams, deck, &info);
  sq_describe_group("levels", wanted * (site->generator.levels + 1), WAY_COLUMNS, names, false, &info);
  PetscCall(sq_records_create(site->grid, site->lattice, path, &info, &w.records));
  PetscCall(watch_all(site, wanted, &w));
  PetscCall(store_levels(&site->generator, w.records));
  PetscCall(sq_records_publish(&w.records));
  sq_info("%s: %lld trajectories in %s", what->stage, (long long)wanted, path);
  sq_free(&deck);
  PetscFunctionReturn(0);
}

double sq_generated_way_bytes(const sq_site *site, int64_t count)
{
  return 8. * (double)(sq_action_components(&site->run->action) * site->lattice->volume) *
         (double)(count * (site->generator.levels + 1));
}
