/* SPDX-License-Identifier: BSD-3-Clause */
/* Benchmarks of Ising spins on the deck's lattice: sweeps of heat baths and cluster updates of squall, each beside a
 * plain loop on a lattice as large as a rank's part; and the random words of a sweep, which bound it. */
#include "squall/dynamics.h"
#include "src/bench/bench.h"
#include "src/bench/plain.h"
#include <math.h>

typedef struct {
  const sq_action *action;
  sq_chain *chain;
  sq_halo *halo;
  sq_plain_spins plain;
  int64_t sites;
  uint32_t *word;
  uint64_t step;
} setting;

static PetscErrorCode sweep(void *context)
{
  setting *s = context;
  return sq_action_local_sweep(s->action, s->chain->phi, s->halo, sq_stream_make(1, SQ_RNG_LOCAL, 0), s->step++);
}

static PetscErrorCode clusters(void *context)
{
  setting *s = context;
  s->chain->trajectory++;
  return sq_chain_clusters(s->chain, 1, 1);
}

static PetscErrorCode plain_sweep(void *context)
{
  sq_plain_sweep(&((setting *)context)->plain);
  return 0;
}

static PetscErrorCode plain_clusters(void *context)
{
  sq_plain_clusters(&((setting *)context)->plain);
  return 0;
}

static PetscErrorCode words(void *context)
{
  setting *s = context;
  sq_rng_words(sq_stream_make(1, SQ_RNG_LOCAL, 0), 0, (s->sites + 3) / 4, s->step++, 0, s->word);
  return 0;
}

/* squall's work and the plain one, at two rows. */
static PetscErrorCode compare(sq_bench *bench, setting *s, const char *name, sq_bench_work work, sq_bench_work plain)
{
  PetscFunctionBeginUser;
  const double sites = (double)s->sites;
  double seconds, other;
  char what[120];
  PetscCall(sq_bench_time(bench, plain, s, &other));
  PetscCall(sq_bench_time(bench, work, s, &seconds));
  snprintf(what, sizeof what, "%s as a plain loop", name);
  sq_bench_row(bench, what, other, sites / other / 1e9, "G sites/s", NAN);
  snprintf(what, sizeof what, "%s; share: times as fast as the plain loop", name);
  sq_bench_row(bench, what, seconds, sites / seconds / 1e9, "G sites/s", other / seconds);
  PetscFunctionReturn(0);
}

static PetscErrorCode measure(sq_bench *bench, const sq_lattice *lattice, setting *s)
{
  PetscFunctionBeginUser;
  double seconds;
  PetscCall(sq_plain_create(lattice->dim, lattice->local + lattice->first_dir, bench->run->action.value[0], &s->plain));
  PetscCall(sq_alloc(4 * ((s->sites + 3) / 4), &s->word));
  PetscCall(sq_bench_time(bench, words, s, &seconds));
  sq_bench_row(bench, "random words, one a site", seconds, (double)s->sites / seconds / 1e9, "G sites/s", NAN);
  PetscCall(compare(bench, s, "sweeps of heat baths", sweep, plain_sweep));
  PetscCall(compare(bench, s, "Swendsen-Wang updates", clusters, plain_clusters));
  sq_free(&s->word);
  sq_plain_destroy(&s->plain);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_spins(sq_bench *bench)
{
  PetscFunctionBeginUser;
  const sq_run *run = bench->run;
  setting s = {.action = &bench->run->action};
  sq_grid *grid;
  sq_lattice *lattice;
  sq_md *md;
  if (run->action.type->space != &sq_space_sign || !run->action.type->local) PetscFunctionReturn(0);
  PetscCall(sq_run_grid(run, run->extents, run->size, 0, 0, &grid, &lattice));
  PetscCall(sq_md_create(lattice, &run->action, sq_integrators[0], &md));
  PetscCall(sq_chain_create(md, 1, (uint64_t)grid->replica, &s.chain));
  PetscCall(sq_chain_start(s.chain, SQ_START_HOT));
  PetscCall(sq_halo_create_field(s.chain->phi, SQ_HALO_FACES, &s.halo));
  s.sites = lattice->local_volume;
  PetscCall(measure(bench, lattice, &s));
  PetscCall(sq_halo_destroy(&s.halo));
  PetscCall(sq_chain_destroy(&s.chain));
  PetscCall(sq_md_destroy(&md));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}
