/* SPDX-License-Identifier: BSD-3-Clause */
/* What a stored field of hybrid Monte Carlo costs: its trajectories, and measuring, hashing, writing and verifying it;
 * and which share of that is dynamics, random numbers, exact sums and the rest. Parts are timed by themselves;
 * dynamics is what trajectories take without the two others. */
#include "src/bench/stored.h"
#include "squall/obs.h"
#include "src/trial/trial.h"
#include <math.h>

enum { APART = 5, STEPS = 4, SUMS = 5, FIELDS = 2 }; /* sums of a trajectory: S, two kinetic energies, M, phi F */

typedef struct {
  const sq_grid *grid;
  sq_chain *chain;
  sq_obs *obs;
  sq_records *records;
  int64_t numbers, made;
  double eps, *block, number[SQ_CHAIN_NUMBERS], column[SQ_IO_COLUMNS];
  sq_sum sum;
} storing;

static PetscErrorCode add_up(void *context)
{
  storing *s = context;
  for (int i = 0; i < SUMS; i++) sq_sum_add_array(&s->sum, s->numbers, s->block);
  return 0;
}

static PetscErrorCode measure(void *context)
{
  storing *s = context;
  PetscFunctionBeginUser;
  sq_chain_save(s->chain, s->block, s->number);
  PetscCall(sq_obs_measure(s->obs, s->block, s->column + 1));
  PetscFunctionReturn(0);
}

/* A file is read once more before it gets its name. */
static PetscErrorCode store(void *context)
{
  storing *s = context;
  PetscFunctionBeginUser;
  const int64_t index = s->made++ % FIELDS * s->grid->replicas + s->grid->replica;
  PetscCall(sq_records_write(s->records, 0, index, s->block, s->column));
  PetscCall(sq_records_read(s->records, 0, index, s->block, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode all(void *context)
{
  storing *s = context;
  PetscFunctionBeginUser;
  for (int i = 0; i < APART; i++) PetscCall(sq_chain_trajectory(s->chain, s->eps, STEPS));
  PetscCall(measure(s));
  PetscCall(store(s));
  PetscFunctionReturn(0);
}

/* normals: seconds for the random numbers of a trajectory. */
static PetscErrorCode time_parts(const sq_bench *bench, storing *s, double normals)
{
  PetscFunctionBeginUser;
  double whole, sums, measuring, writing;
  char what[240];
  const double numbers = (double)s->numbers;
  PetscCall(measure(s));
  PetscCall(sq_bench_time(bench, add_up, s, &sums));
  sq_bench_row(bench, "exact sums of a trajectory", sums, SUMS * numbers / sums / 1e9, "G terms/s", NAN);
  PetscCall(sq_bench_time(bench, measure, s, &measuring));
  sq_bench_row(bench, "measuring a field", measuring, numbers / measuring / 1e9, "G numbers/s", NAN);
  PetscCall(sq_bench_time(bench, store, s, &writing));
  sq_bench_row(bench, "writing and verifying a field", writing, numbers / writing / 1e9, "G numbers/s", NAN);
  PetscCall(sq_bench_time(bench, all, s, &whole));
  const double chance = APART * normals / whole, sum = APART * sums / whole, look = measuring / whole,
               disk = writing / whole;
  snprintf(what, sizeof what,
           "a stored field after %d trajectories of %d steps: dynamics %.2f, noise %.2f, sums %.2f, measuring %.2f, "
           "writing %.2f; share: dynamics and noise",
           APART, STEPS, 1 - chance - sum - look - disk, chance, sum, look, disk);
  sq_bench_row(bench, what, whole, 1 / whole, "fields/s", 1 - sum - look - disk);
  PetscFunctionReturn(0);
}

static PetscErrorCode time_in(const sq_bench *bench, storing *s, const char *dir, double normals)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = s->chain->phi->lattice;
  sq_records_info info;
  sq_streams streams = {0};
  char path[SQ_PATH + 16], *deck;
  PetscCall(sq_deck_text_of(bench->run->deck, NULL, false, &deck));
  snprintf(path, sizeof path, "%s/bench.h5", dir);
  sq_describe_records(bench->run, "ensemble", lattice->extent, 0, &streams, deck, &info);
  sq_describe_group("training", (int64_t)FIELDS * s->grid->replicas, 1, (const char *const[]){"chain"}, true, &info);
  PetscErrorCode code = sq_records_create(s->grid, lattice, path, &info, &s->records);
  if (!code) code = time_parts(bench, s, normals);
  if (s->records) PetscCall(sq_records_close(&s->records));
  sq_free(&deck);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_stored(const sq_bench *bench, const sq_grid *grid, sq_chain *chain, double eps, double normals)
{
  PetscFunctionBeginUser;
  storing s = {.grid = grid, .chain = chain, .eps = eps};
  char dir[SQ_PATH];
  s.numbers = sq_action_components(&bench->run->action) * chain->phi->lattice->local_volume;
  PetscCall(sq_obs_create(chain->phi->lattice, &bench->run->action, &s.obs));
  PetscCall(sq_alloc(s.numbers, &s.block));
  PetscCall(sq_trial_scratch(bench->run->world, dir));
  PetscErrorCode code = time_in(bench, &s, dir, normals);
  sq_trial_sweep(bench->run->world, dir);
  sq_free(&s.block);
  PetscCall(sq_obs_destroy(&s.obs));
  PetscCall(code);
  PetscFunctionReturn(0);
}
