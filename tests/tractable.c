/* SPDX-License-Identifier: BSD-3-Clause */
/* tractable: independent spins as a model with an exact density: its generator gives the fields and
 * the density of the model, alone as in a batch, and of given fields too; their sum over all states is 1. */
#include "tests/spins.h"
#include "tests/tap.h"

enum { BATCH = 3, SITES = 8 };

static void make(const sq_lattice *lattice, sq_generator *generator)
{
  sq_tractable model;
  TAP_CALL(spins_create(lattice, BATCH, &model));
  model.load(model.self, (const float[]){0.3f, 0.1f});
  TAP_CALL(sq_tractable_generator(&model, true, generator));
}

static void check_normalised(const sq_generator *g)
{
  double block[SITES], minus_log_q, sum = 0;
  for (int state = 0; state < 1 << SITES; state++) {
    spins_state(g->lattice, state, block);
    TAP_CALL(g->density(g->self, 1, block, &minus_log_q));
    sum += exp(-minus_log_q);
  }
  tap_check(fabs(sum - 1) < 1e-12, "the density of all states is 1: %.15f", sum);
}

static void check_fields(const sq_generator *g)
{
  const int64_t n = g->lattice->local_volume;
  double together[BATCH * SITES], alone[SITES], said[BATCH], again[BATCH], one;
  TAP_CALL(sq_generator_generate(g, 5, 7, BATCH, together, said, NULL, NULL));
  TAP_CALL(g->density(g->self, BATCH, together, again));
  TAP_CALL(sq_generator_generate(g, 5, 9, 1, alone, &one, NULL, NULL));
  bool same = one == said[2];
  for (int b = 0; b < BATCH; b++) same = same && said[b] == again[b];
  for (int64_t i = 0; i < n; i++) same = same && alone[i] == together[2 * n + i];
  tap_check(same, "a field has the same bits and density alone, in a batch, and when it is given");
}

int main(int argc, char **argv)
{
  sq_lattice *lattice;
  sq_generator generator;
  tap_begin(&argc, &argv);
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){2, 4}, NULL, &lattice));
  make(lattice, &generator);
  check_normalised(&generator);
  check_fields(&generator);
  tap_check(generator.cost(generator.self) == 1, "it says what a field costs");
  TAP_CALL(sq_generator_destroy(&generator));
  sq_tractable none = {0};
  TAP_CALL(sq_tractable_destroy(&none));
  TAP_CALL(sq_lattice_destroy(&lattice));
  return tap_end();
}
