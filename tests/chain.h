/* SPDX-License-Identifier: BSD-3-Clause */
/* One chain for the tests of the module dynamics: runs, averages, what they are compared with. */
#ifndef SQUALL_TESTS_CHAIN_H
#define SQUALL_TESTS_CHAIN_H

#include "../src/dynamics/internal.h"
#include "squall/stats.h"
#include "tap.h"
#include <string.h>

typedef struct {
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  int64_t sweeps; /* cluster updates after each trajectory */
} setup;

static setup make(MPI_Comm comm, int dim, const int64_t *extent, double kappa, double lambda,
                  const sq_integrator *integrator, uint64_t id)
{
  setup s = {0};
  const double value[] = {kappa, lambda};
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &s.lattice));
  TAP_CALL(sq_action_make("phi4", dim, value, &s.action));
  TAP_CALL(sq_md_create(s.lattice, &s.action, integrator, &s.md));
  TAP_CALL(sq_chain_create(s.md, 11, id, &s.chain));
  TAP_CALL(sq_chain_start(s.chain, SQ_START_HOT));
  return s;
}

static void clear(setup *s)
{
  TAP_CALL(sq_chain_destroy(&s->chain));
  TAP_CALL(sq_md_destroy(&s->md));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

__attribute__((unused)) static void run(setup *s, int trajectories, double eps, int64_t steps)
{
  for (int i = 0; i < trajectories; i++) {
    TAP_CALL(sq_chain_trajectory(s->chain, eps, steps));
    TAP_CALL(sq_chain_clusters(s->chain, 1, s->sweeps));
    sq_chain_flip(s->chain);
  }
}

__attribute__((unused)) static uint64_t checksum(const sq_chain *chain)
{
  uint64_t sum;
  double *block;
  TAP_CALL(sq_alloc(chain->md->lattice->local_volume, &block));
  sq_field_to_block(chain->phi, block);
  TAP_CALL(sq_block_checksum(chain->md->lattice, 1, block, &sum));
  sq_free(&block);
  return sum;
}

/* 20 trajectories, then one with momenta of its own, forth and back: the largest change at a site on the way, and what
 * is missed of the beginning in units of 1 + the largest value. */
__attribute__((unused)) static void there_and_back(setup *s, int64_t steps_before, int64_t steps, double *moved,
                                                   double *missed)
{
  int64_t n = s->lattice->local_volume;
  double *before, *after, norm = 0;
  TAP_CALL(sq_alloc(n, &before));
  TAP_CALL(sq_alloc(n, &after));
  run(s, 20, 0.1, steps_before);
  sq_field_to_block(s->chain->phi, before);
  sq_block_normals(s->lattice, sq_stream_make(1, SQ_RNG_TEST, 0), 0, 0, s->md->momentum);
  TAP_CALL(sq_md_integrate(s->md, s->chain->phi, s->chain->force, 0.1, steps));
  sq_md_take(s->md, &s->chain->phi, &s->chain->force);
  sq_field_to_block(s->chain->phi, after);
  *moved = *missed = 0;
  for (int64_t i = 0; i < n; i++) {
    tap_worst(moved, fabs(after[i] - before[i]));
    s->md->momentum[i] = -s->md->momentum[i];
  }
  TAP_CALL(sq_md_integrate(s->md, s->chain->phi, s->chain->force, 0.1, steps));
  sq_field_to_block(s->md->end, after);
  for (int64_t i = 0; i < n; i++) {
    tap_worst(missed, fabs(after[i] - before[i]));
    tap_worst(&norm, fabs(before[i]));
  }
  *missed /= 1 + norm;
  sq_free(&before);
  sq_free(&after);
}

/* The rms of dH over unit trajectories from one equilibrated field with different momenta. */
__attribute__((unused)) static double violation(setup *s, const double *block, const double *number, int64_t steps)
{
  double sum = 0, numbers[SQ_CHAIN_NUMBERS];
  memcpy(numbers, number, sizeof numbers);
  for (int i = 0; i < 10; i++) {
    numbers[0] = number[0] + i; /* the trajectory: other momenta */
    TAP_CALL(sq_chain_restore(s->chain, block, numbers));
    TAP_CALL(sq_chain_trajectory(s->chain, 1.0 / (double)steps, steps));
    sum += s->chain->dH * s->chain->dH;
  }
  return sqrt(sum / 10);
}

/* ---- statistics ---- */

enum { M_ABS, M_SQUARE, M_FOURTH, DENSITY, SD, SQUARE, COLUMNS };
static const char *const column_name[COLUMNS] = {"<|M|>", "<M^2>", "<M^4>", "<S>/V", "Schwinger-Dyson", "<phi^2>"};

typedef struct {
  double value[COLUMNS], error[COLUMNS], tau[COLUMNS];
  sq_metropolis counts;
} result;

__attribute__((unused)) static double square_of(setup *s)
{
  double *block, sum;
  TAP_CALL(sq_alloc(s->lattice->local_volume, &block));
  sq_field_to_block(s->chain->phi, block);
  for (int64_t i = 0; i < s->lattice->local_volume; i++) block[i] *= block[i];
  TAP_CALL(sq_block_sum(s->lattice, block, &sum));
  sq_free(&block);
  return sum / (double)s->lattice->volume;
}

__attribute__((unused)) static result measure(setup *s, int warmup, int n, double eps, int64_t steps)
{
  result r;
  double *column[COLUMNS];
  sq_estimate estimate;
  for (int c = 0; c < COLUMNS; c++) TAP_CALL(sq_alloc(n, &column[c]));
  run(s, warmup, eps / 4, 2 * steps); /* far from equilibrium the violation is larger */
  s->chain->counts = (sq_metropolis){0};
  for (int i = 0; i < n; i++) {
    run(s, 1, eps, steps);
    double M = s->chain->magnetisation;
    column[M_ABS][i] = fabs(M);
    column[M_SQUARE][i] = M * M;
    column[M_FOURTH][i] = M * M * M * M;
    column[DENSITY][i] = s->chain->action / (double)s->lattice->volume;
    column[SD][i] = s->chain->schwinger_dyson;
    column[SQUARE][i] = square_of(s);
  }
  for (int c = 0; c < COLUMNS; c++) {
    TAP_CALL(sq_gamma_mean(n, column[c], &estimate));
    r.value[c] = estimate.value;
    r.error[c] = estimate.error;
    r.tau[c] = estimate.tau_int;
    sq_free(&column[c]);
  }
  r.counts = s->chain->counts;
  return r;
}

/* Within four combined errors of what is expected, and precise enough to mean something. */
__attribute__((unused)) static void agrees(const result *r, int c, double expected, double error, double precision,
                                           const char *where)
{
  double combined = hypot(r->error[c], error);
  if (tap.rank == 0)
    printf("# %s: %s = %.6g(%.2g), expected %.6g\n", where, column_name[c], r->value[c], r->error[c], expected);
  tap_check(fabs(r->value[c] - expected) < 4 * combined && combined < precision * fabs(expected), "%s: %s", where,
            column_name[c]);
}

__attribute__((unused)) static void identities(const result *r, const char *where)
{
  double error, mean = sq_metropolis_exp_mean(&r->counts, &error), rate = sq_metropolis_acceptance(&r->counts);
  if (tap.rank == 0) printf("# %s: acceptance %.3f, <exp(-dH)> = %.4f(%.4f)\n", where, rate, mean, error);
  tap_check(fabs(mean - 1) < 3 * error && error < 0.1, "%s: <exp(-dH)> = 1", where);
  tap_check(rate > 0.3 && rate < 0.99, "%s: some are accepted and some rejected", where);
  agrees(r, SD, 1, 0, 0.1, where);
}

#endif
