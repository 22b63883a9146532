/* SPDX-License-Identifier: BSD-3-Clause */
/* Benchmarks of molecular dynamics on the deck's lattice and action: site updates, normal numbers, whole trajectories.
 * A site update is one force and the field's and momentum's move with it; beside it the triad of three arrays as long
 * as the field, which moves the same 24 bytes a site. */
#include "src/bench/stored.h"
#include <math.h>
#include <string.h>

enum { SWEEPS = 64 };

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_md *md;
  sq_chain *chain;
  int64_t numbers;   /* of a rank's block */
  double *x, *y, *z; /* [numbers] */
  double eps;
} setting;

/* Two trajectories that differ by SWEEPS site updates. */
static PetscErrorCode trajectory(void *context)
{
  setting *s = context;
  return sq_chain_trajectory(s->chain, s->eps, 4);
}

static PetscErrorCode long_trajectory(void *context)
{
  setting *s = context;
  return sq_chain_trajectory(s->chain, s->eps, 4 + SWEEPS / (sq_integrators[0]->count / 2));
}

static PetscErrorCode normals(void *context)
{
  setting *s = context;
  sq_block_normals(s->lattice, sq_stream_make(1, SQ_RNG_TEST, 0), 0, 0, s->x);
  return 0;
}

SQ_VECTORS static void triad_of(int64_t n, const double *restrict y, const double *restrict z, double *restrict x)
{
  for (int64_t i = 0; i < n; i++) x[i] = y[i] + 0.5 * z[i];
}

static PetscErrorCode triad(void *context)
{
  setting *s = context;
  for (int i = 0; i < SWEEPS; i++) triad_of(s->numbers, s->y, s->z, s->x);
  return 0;
}

PetscErrorCode sq_bench_hmc(sq_bench *bench)
{
  PetscFunctionBeginUser;
  setting s = {.eps = 0.05};
  double triad_seconds, seconds, longer, volume;
  char text[160], what[240];
  sq_run *run = bench->run;
  if (!run->action.type->smooth) PetscFunctionReturn(0);
  PetscCall(sq_run_grid(run, run->extents, run->size, 0, 0, &s.grid, &s.lattice));
  s.numbers = sq_action_components(&run->action) * s.lattice->local_volume;
  volume = (double)s.lattice->volume / s.lattice->size;
  PetscCall(sq_md_create(s.lattice, &run->action, sq_integrators[0], &s.md));
  PetscCall(sq_chain_create(s.md, 1, (uint64_t)s.grid->replica, &s.chain));
  PetscCall(sq_chain_start(s.chain, SQ_START_HOT));
  PetscCall(sq_alloc(s.numbers, &s.x));
  PetscCall(sq_alloc(s.numbers, &s.y));
  PetscCall(sq_alloc(s.numbers, &s.z));
  sq_lattice_describe(s.lattice, text, sizeof text);
  PetscCall(sq_bench_time(bench, triad, &s, &triad_seconds));
  snprintf(what, sizeof what, "triad of %lld numbers a rank", (long long)s.numbers);
  sq_bench_row(bench, what, triad_seconds / SWEEPS, volume * SWEEPS / triad_seconds / 1e9, "G sites/s", NAN);
  PetscCall(sq_bench_time(bench, trajectory, &s, &seconds));
  PetscCall(sq_bench_time(bench, long_trajectory, &s, &longer));
  longer -= seconds;
  snprintf(what, sizeof what, "site updates; replicas: %d; each %s; share: of the triad", s.grid->replicas, text);
  sq_bench_row(bench, what, longer / SWEEPS, volume * SWEEPS / longer / 1e9, "G sites/s", triad_seconds / longer);
  snprintf(what, sizeof what, "whole trajectories of 4 steps (%s)", sq_integrators[0]->name);
  sq_bench_row(bench, what, seconds, volume / seconds / 1e9, "G sites/s", NAN);
  PetscCall(sq_bench_time(bench, normals, &s, &seconds));
  sq_bench_row(bench, "normal numbers", seconds, volume / seconds / 1e9, "G/s", NAN);
  PetscCall(sq_bench_stored(bench, s.grid, s.chain, s.eps, seconds));
  sq_free(&s.x);
  sq_free(&s.y);
  sq_free(&s.z);
  PetscCall(sq_chain_destroy(&s.chain));
  PetscCall(sq_md_destroy(&s.md));
  PetscCall(sq_lattice_destroy(&s.lattice));
  PetscCall(sq_grid_destroy(&s.grid));
  PetscFunctionReturn(0);
}
