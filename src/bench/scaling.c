/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark scaling: hybrid Monte Carlo, training and sampling on 1, 2, 4, ... ranks of one launch, on the deck's
 * lattice and larger ones; strong and weak sweeps. Ranks that are not in a measurement wait for it without using their
 * core. */
#include "squall/dynamics.h"
#include "src/bench/scaling.h"
#include <math.h>
#include <string.h>
#include <time.h>

enum { MOST_POINTS = 1024, TRAJECTORY_STEPS = 8, SAMPLING_STEPS = 4 };

typedef struct {
  sq_bench *bench;
  sq_scaling_set set;
  sq_scaling_point *points;
  int count, sweeps;
} sweep;

/* ---- one measurement ---- */

typedef struct {
  sq_chain *chain;
  double eps;
} moving;

static PetscErrorCode trajectory(void *context)
{
  moving *m = context;
  return sq_chain_trajectory(m->chain, m->eps, TRAJECTORY_STEPS);
}

static PetscErrorCode time_hmc(sq_bench *bench, sq_scaling_point *p)
{
  PetscFunctionBeginUser;
  sq_run *run = bench->run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_md *md;
  moving m = {.eps = 0.02};
  PetscCall(sq_grid_create(run->world, p->replicas, &grid));
  PetscCall(sq_lattice_create(grid->domain, run->dim, run->extents, NULL, &lattice));
  PetscCall(sq_md_create(lattice, &run->action, sq_integrators[0], &md));
  PetscCall(sq_chain_create(md, 1, (uint64_t)grid->replica, &m.chain));
  PetscCall(sq_chain_start(m.chain, SQ_START_HOT));
  PetscCall(sq_bench_time(bench, trajectory, &m, &p->seconds));
  PetscCall(sq_chain_destroy(&m.chain));
  PetscCall(sq_md_destroy(&md));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

/* On this rank's communicator of point->ranks ranks, with the run's lattice that of the point. */
static PetscErrorCode measure(const sweep *s, MPI_Comm comm, sq_scaling_point *p, sq_scaling_point *also)
{
  PetscFunctionBeginUser;
  sq_run run = *s->bench->run;
  sq_bench bench = *s->bench;
  run.world = comm;
  run.size = p->ranks;
  memcpy(run.padded, p->extent, sizeof run.padded);
  memcpy(run.extents, p->extent + SQ_DIM - run.dim, (size_t)run.dim * sizeof *run.extents);
  bench.run = &run;
  if (p->kind == SQ_SCALING_HMC) PetscCall(time_hmc(&bench, p));
  else
    PetscCall(sq_bench_learning(&bench, p->fields, SAMPLING_STEPS, p->mode == SQ_SCALING_CUT, &p->seconds,
                                &also->seconds, &p->replicas, &p->fields));
  PetscFunctionReturn(0);
}

/* Waits for all ranks without spinning. */
static PetscErrorCode wait_for_all(MPI_Comm comm)
{
  PetscFunctionBeginUser;
  MPI_Request request;
  int done = 0;
  PetscCallMPI(MPI_Ibarrier(comm, &request));
  for (;;) {
    PetscCallMPI(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
    if (done) break;
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  }
  PetscFunctionReturn(0);
}

static void note(sweep *s, sq_scaling_point *p)
{
  char text[64], what[200];
  sq_extents_text(p->dim, p->extent + SQ_DIM - p->dim, text, sizeof text);
  snprintf(what, sizeof what, "%s %s; %s; %lld %s; ranks: %d; replicas: %d", sq_scaling_name[p->kind],
           sq_scaling_mode_name[p->mode], text, (long long)p->fields, p->kind == SQ_SCALING_HMC ? "chains" : "fields",
           p->ranks, p->replicas);
  if (!sq_scaling_cost(&s->set, p) || s->count >= MOST_POINTS) return;
  s->points[s->count++] = *p;
  sq_bench_row(s->bench, what, p->seconds, NAN, "", NAN);
}

/* Measures the point where its ranks are there and can share the lattice; for training also sampling, whose points
 * follow. */
static PetscErrorCode take(sweep *s, sq_scaling_point p)
{
  PetscFunctionBeginUser;
  sq_run *run = s->bench->run;
  sq_scaling_point also = p;
  MPI_Comm part;
  int rank;
  if (!sq_scaling_cost(&s->set, &p)) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  PetscCallMPI(MPI_Comm_split(run->world, rank < p.ranks ? 0 : MPI_UNDEFINED, rank, &part));
  if (part != MPI_COMM_NULL) {
    PetscCall(measure(s, part, &p, &also));
    PetscCallMPI(MPI_Comm_free(&part));
  }
  PetscCall(wait_for_all(run->world));
  PetscCallMPI(MPI_Bcast(&p, (int)sizeof p, MPI_BYTE, 0, run->world));
  PetscCallMPI(MPI_Bcast(&also, (int)sizeof also, MPI_BYTE, 0, run->world));
  also.kind = SQ_SCALING_SAMPLING;
  also.replicas = p.replicas;
  also.fields = p.fields;
  note(s, &p);
  if (p.kind == SQ_SCALING_TRAINING) note(s, &also);
  PetscFunctionReturn(0);
}

/* ---- sweeps ---- */

/* ranks = 1, 2, 4, ... up to those there are; grown: for each doubling the next direction doubles. */
static PetscErrorCode sweep_hmc(sweep *s, const sq_scaling_point *base, sq_scaling_mode mode)
{
  PetscFunctionBeginUser;
  sq_scaling_point p = *base;
  int mu = SQ_DIM - p.dim;
  p.kind = SQ_SCALING_HMC;
  p.mode = mode;
  p.sweep = s->sweeps++;
  for (p.ranks = 1; p.ranks <= s->bench->run->size; p.ranks *= 2) {
    p.replicas = mode == SQ_SCALING_CHAINS ? p.ranks : 1;
    p.fields = p.replicas;
    PetscCall(take(s, p));
    if (mode != SQ_SCALING_WEAK) continue;
    p.extent[mu] *= 2;
    mu = mu + 1 < SQ_DIM ? mu + 1 : SQ_DIM - p.dim;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode sweep_learning(sweep *s, const sq_scaling_point *base, sq_scaling_mode mode)
{
  PetscFunctionBeginUser;
  sq_scaling_point p = *base;
  double volume = 1;
  int64_t batch = s->bench->run->train.options.learner.batch;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)p.extent[mu];
  int micro = sq_network_batch(&s->set.shape, (int64_t)volume);
  p.kind = SQ_SCALING_TRAINING;
  p.mode = mode;
  p.sweep = s->sweeps++;
  for (p.ranks = 1; p.ranks <= s->bench->run->size; p.ranks *= 2) {
    p.fields = mode == SQ_SCALING_WEAK ? batch * p.ranks : batch;
    p.replicas = mode == SQ_SCALING_CUT ? 1 : sq_scaling_replicas(&s->set, &p, PetscMax((int64_t)1, p.fields / micro));
    if (p.replicas) PetscCall(take(s, p));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode sweep_all(sweep *s, const sq_scaling_point *base)
{
  PetscFunctionBeginUser;
  static const sq_scaling_mode hmc[] = {SQ_SCALING_STRONG, SQ_SCALING_WEAK, SQ_SCALING_CHAINS},
                               learning[] = {SQ_SCALING_STRONG, SQ_SCALING_WEAK, SQ_SCALING_CUT};
  for (int i = 0; i < 3; i++) PetscCall(sweep_hmc(s, base, hmc[i]));
  for (int i = 0; i < 3; i++) PetscCall(sweep_learning(s, base, learning[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_scaling(sq_bench *bench)
{
  PetscFunctionBeginUser;
  sq_run *run = bench->run;
  sweep s = {.bench = bench,
             .set = {.forces = TRAJECTORY_STEPS * (sq_integrators[0]->count / 2), .steps = SAMPLING_STEPS}};
  sq_scaling_point base = {.dim = run->dim};
  SqCheck(!sq_deck_given(run->deck, "parallel", "replicas"), run->world, SQ_ERR_INPUT,
          "%s: parallel.replicas: bench scaling tries all, leave it out",
          sq_deck_where(run->deck, "parallel", "replicas"));
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &s.set.shape));
  PetscCall(sq_alloc(MOST_POINTS, &s.points));
  for (int i = 0; i < bench->set.scales; i++) {
    memcpy(base.extent, run->padded, sizeof base.extent);
    for (int mu = SQ_DIM - run->dim; mu < SQ_DIM; mu++) base.extent[mu] *= bench->set.scale[i];
    PetscCall(sweep_all(&s, &base));
  }
  PetscCall(sq_scaling_report(bench, &s.set, s.points, s.count));
  sq_free(&s.points);
  PetscFunctionReturn(0);
}
