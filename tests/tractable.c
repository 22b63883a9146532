/* tractable: independent spins of one learned bias as a model with an exact density: its generator gives the fields and
 * the density of the model, alone as in a batch, and of given fields too; their sum over all states is 1. */
#include "squall/field.h"
#include "squall/tractable.h"
#include "tests/tap.h"
#include <math.h>

enum { BATCH = 3, SITES = 8 };

typedef struct {
  const sq_lattice *lattice;
  double bias;
} spins;

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  const spins *s = self;
  sq_sum sum[BATCH] = {{{0}}};
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < s->lattice->local_volume; i++)
      sq_sum_add(&sum[b], -log1p(exp(-2 * s->bias * blocks[b * s->lattice->local_volume + i])));
  PetscCall(sq_sum_reduce(s->lattice->comm, count, sum));
  for (int b = 0; b < count; b++) log_q[b] = sq_sum_value(&sum[b]);
  PetscFunctionReturn(0);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  const spins *s = self;
  const int64_t n = s->lattice->local[SQ_DIM - 1];
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < s->lattice->local_volume; i++) {
      const uint64_t site = (uint64_t)(sq_lattice_row_site(s->lattice, i / n) + i % n);
      const sq_stream stream = sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)(first + b));
      blocks[b * s->lattice->local_volume + i] = sq_rng_uniform(stream, site, 0, 0) < 1 / (1 + exp(-2 * s->bias)) ? 1 :
                                                                                                                    -1;
    }
  PetscCall(density(self, count, blocks, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void *self)
{
  sq_free(&self);
  return 0;
}

static void make(const sq_lattice *lattice, sq_generator *generator)
{
  spins *s;
  TAP_CALL(sq_alloc(1, &s));
  *s = (spins){.lattice = lattice, .bias = 0.3};
  const sq_tractable model = {.self = s,
                              .lattice = lattice,
                              .components = 1,
                              .batch = BATCH,
                              .cost = 1,
                              .draw = draw,
                              .density = density,
                              .destroy = destroy};
  TAP_CALL(sq_tractable_generator(&model, true, generator));
}

/* Spins of all states of the lattice, this rank's part. */
static void set_state(const sq_lattice *lattice, int state, double *block)
{
  const int64_t n = lattice->local[SQ_DIM - 1];
  for (int64_t i = 0; i < lattice->local_volume; i++)
    block[i] = state >> (sq_lattice_row_site(lattice, i / n) + i % n) & 1 ? 1 : -1;
}

static void check_normalised(const sq_generator *g)
{
  double block[SITES], minus_log_q, sum = 0;
  for (int state = 0; state < 1 << SITES; state++) {
    set_state(g->lattice, state, block);
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
