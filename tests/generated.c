/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of a generator in a file: with the exact score of a free field every log_weight is log Z, the way of a field
 * ends at the field, and a sampler without path weights leaves none. */
#include "src/making/generated.h"
#include "run.h"

enum { COUNT = 11, WAYS = 4, BATCH = 3, STEPS = 2 };

static char deck[] = "lattice: {extents: [4, 6]}\naction: {type: phi4, kappa: 0.2, lambda: 0}\n";

typedef struct {
  sq_site site;
  double *propagator, log_Z;
  sq_score score;
  sq_noise_grid levels;
  sq_sampler *sampler;
} world;

static void begin(const sq_run *run, const char *type, world *w)
{
  const sq_plan plan = {.extents = run->extents, .independent = COUNT, .bytes = 1000};
  TAP_CALL(sq_site_create(run, &plan, &w->site));
  const sq_orbits *orbits = &w->site.fft->orbits;
  TAP_CALL(sq_alloc(orbits->count, &w->propagator));
  w->log_Z = 0;
  for (int64_t o = 0; o < orbits->count; o++) {
    w->propagator[o] = run->action.type->free_propagator(&run->action, orbits->phase_cos[o]);
    w->log_Z += 0.5 * (double)orbits->multiplicity[o] * log(2 * M_PI * w->propagator[o]);
  }
  TAP_CALL(sq_gaussian_score_create(w->site.fft, 1, w->propagator, &w->score));
  TAP_CALL(sq_noise_grid_geometric(STEPS, 0.1, 5, &w->levels));
  TAP_CALL(sq_sampler_create(&w->score, &w->levels, BATCH, &w->sampler));
  TAP_CALL(sq_sampler_set_type(w->sampler, sq_sampler_find(type), 0, 0));
  sq_sampler_generator(w->sampler, &w->site.generator);
}

static void end(world *w)
{
  TAP_CALL(sq_sampler_destroy(&w->sampler));
  sq_noise_grid_destroy(&w->levels);
  TAP_CALL(sq_gaussian_score_destroy(&w->score));
  sq_free(&w->propagator);
  TAP_CALL(sq_site_destroy(&w->site));
}

/* Whether level 0 of every way is the field of that number. */
static bool ways_end_at_fields(const world *w, const char *fields, const char *ways)
{
  sq_records *field, *way;
  double *a, *b, columns[SQ_IO_COLUMNS];
  int64_t volume = w->site.lattice->local_volume;
  bool right = true;
  TAP_CALL(sq_records_open(w->site.grid, w->site.lattice, fields, &field));
  TAP_CALL(sq_records_open(w->site.grid, w->site.lattice, ways, &way));
  TAP_CALL(sq_alloc(volume, &a));
  TAP_CALL(sq_alloc(volume, &b));
  for (int n = 0; n < WAYS; n++) {
    TAP_CALL(sq_records_read(field, 0, n, a, NULL));
    TAP_CALL(sq_records_read(way, 0, n * (STEPS + 1) + STEPS, b, columns));
    right = right && columns[0] == n && columns[1] == 0 && columns[2] == 0;
    right = right && !memcmp(a, b, (size_t)volume * sizeof *a);
  }
  right = right && sq_records_about(way)->group[0].count == WAYS * (STEPS + 1);
  sq_free(&a);
  sq_free(&b);
  TAP_CALL(sq_records_close(&field));
  TAP_CALL(sq_records_close(&way));
  return right;
}

static void check(const sq_run *run, const char *type, bool weighted)
{
  world w;
  sq_records *records;
  double log_weight[COUNT], worst = 0;
  char fields[SQ_PATH], ways[SQ_PATH];
  bool none = true;
  begin(run, type, &w);
  sq_run_path(run, "fields.h5", fields);
  sq_run_path(run, "ways.h5", ways);
  const sq_generated what = {
    .site = &w.site, .stage = "test", .group = "generated", .count = COUNT, .fingerprint = weighted ? 1 : 2};
  TAP_CALL(sq_generated_make(&what, fields, &records));
  TAP_CALL(sq_generated_ways(&what, WAYS, ways));
  TAP_CALL(sq_records_publish(&records));
  TAP_CALL(sq_records_open(w.site.grid, w.site.lattice, fields, &records));
  TAP_CALL(sq_records_column(records, 0, "log_weight", log_weight));
  TAP_CALL(sq_records_close(&records));
  for (int i = 0; i < COUNT; i++) tap_worst(&worst, fabs(log_weight[i] - w.log_Z));
  for (int i = 0; i < COUNT; i++) none = none && isnan(log_weight[i]);
  tap_check(weighted ? worst < 1e-9 : none, "%s: log_weight is %s", type, weighted ? "log Z" : "not a number");
  tap_check(ways_end_at_fields(&w, fields, ways), "%s: the way of a field ends at the field", type);
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, fields));
  end(&w);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  sq_run *run = run_of(deck);
  check(run, "ancestral", true);
  check(run, "heun", false); /* its fingerprint is another one: the ways of before are made anew */
  TAP_CALL(sq_run_destroy(&run));
  return tap_end();
}
