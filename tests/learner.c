/* SPDX-License-Identifier: BSD-3-Clause */
/* train, the learner: least squares with a known solution, the same bits on any number of replicas, after a restart and
 * beside another learner; sums of gradients that cannot overflow. */
#include "squall/train.h"
#include "tests/tap.h"
#include <string.h>

enum { PARAMETERS = 6, MICRO = 4, BATCH = 30, STEPS = 400 };

/* Entry e of a step: (w x - w* x)^2 with random x, so w* has no loss at all. */
typedef struct {
  uint64_t seed;
  float solution[PARAMETERS];
  bool turns;   /* weights, and w* with them, are shifted by the microbatch's number */
  float steady; /* not 0: this is the gradient, of everything */
} toy;

static float value(const toy *t, const float *weight, int shift, uint64_t step, int64_t entry, double x[PARAMETERS])
{
  float sum = 0;
  sq_rng_normals(sq_stream_make(t->seed, SQ_RNG_TEST, (uint64_t)entry), 0, PARAMETERS, step, 0, x);
  for (int i = 0; i < PARAMETERS; i++)
    sum += (weight[i] - t->solution[(i + PARAMETERS - shift) % PARAMETERS]) * (float)x[i];
  return sum;
}

static int shift_of(const toy *t, const sq_microbatch *m)
{
  return t->turns ? (int)(m->first / MICRO % PARAMETERS) : 0;
}

static PetscErrorCode evaluate(void *self, const sq_microbatch *m, const float *weight, sq_sum *loss, float *gradient)
{
  const toy *t = self;
  double x[PARAMETERS];
  for (int b = 0; b < m->count; b++) {
    float error = value(t, weight, shift_of(t, m), (uint64_t)m->step, m->first + b, x);
    sq_sum_add(loss, (double)error * error);
    for (int i = 0; i < PARAMETERS; i++)
      gradient[i] += t->steady != 0 ? t->steady : 2 * error * (float)x[i] / (float)m->total;
  }
  return 0;
}

static PetscErrorCode validate(void *self, const sq_microbatch *m, const float *weight, sq_sum *loss)
{
  const toy *t = self;
  double x[PARAMETERS];
  for (int b = 0; b < m->count; b++) {
    double error = value(t, weight, 0, 1000000, m->first + b, x);
    sq_sum_add(loss, error * error);
  }
  return 0;
}

static PetscErrorCode turn(void *self, const sq_microbatch *m, bool back, const float *from, float *to)
{
  int shift = shift_of(self, m);
  for (int i = 0; i < PARAMETERS; i++) {
    int at = (i + shift) % PARAMETERS;
    if (back) to[i] = from[at];
    else to[at] = from[i];
  }
  return 0;
}

static toy toy_of(uint64_t seed)
{
  toy t = {.seed = seed};
  for (int i = 0; i < PARAMETERS; i++) t.solution[i] = 0.25f * (float)(i - 2) + 0.125f * (float)seed;
  return t;
}

static sq_objective objective_of(toy *t)
{
  return (sq_objective){.self = t,
                        .parameters = PARAMETERS,
                        .held_out = 50,
                        .terms = 1,
                        .micro = MICRO,
                        .evaluate = evaluate,
                        .validate = validate,
                        .turn = t->turns ? turn : NULL};
}

static const sq_learner_options usual = {
  .steps = STEPS, .batch = BATCH, .warm_up = 5, .adam = {0.03, 0.9, 0.99, 1e-9, 0}, .final_rate = 0.001, .average = 10};

/* A learner from weights 0 and its grid: all ranks of world as replicas. */
static sq_learner *begin(MPI_Comm world, const sq_learner_options *options, toy *t, sq_grid **grid)
{
  const double zero[PARAMETERS] = {0};
  sq_objective objective = objective_of(t);
  sq_learner *learner;
  int size;
  (void)MPI_Comm_size(world, &size);
  TAP_CALL(sq_grid_create(world, size, grid));
  TAP_CALL(sq_learner_create(*grid, options, &objective, zero, &learner));
  return learner;
}

static void end(sq_learner *learner, sq_grid *grid)
{
  TAP_CALL(sq_learner_destroy(&learner));
  TAP_CALL(sq_grid_destroy(&grid));
}

static void step(sq_learner *learner, int steps)
{
  sq_train_record record;
  for (int i = 0; i < steps; i++) TAP_CALL(sq_learner_step(learner, &record));
}

static double distance(const double *weight, const toy *t)
{
  double worst = 0;
  for (int i = 0; i < PARAMETERS; i++) tap_worst(&worst, fabs(weight[i] - (double)t->solution[i]));
  return worst;
}

static void check_solution(bool turns)
{
  toy t = toy_of(1);
  double before, after;
  sq_grid *grid;
  t.turns = turns;
  sq_learner *learner = begin(MPI_COMM_WORLD, &usual, &t, &grid);
  TAP_CALL(sq_learner_validate(learner, 50, &before));
  step(learner, STEPS);
  TAP_CALL(sq_learner_validate(learner, 50, &after));
  tap_near(distance(sq_learner_weight(learner), &t), 0, 1e-4,
           turns ? "with turned weights too" : "least squares solved");
  tap_near(distance(sq_learner_average(learner), &t), 0, 1e-3, "and by the average");
  tap_check(before > 0.1 && after < 1e-6 * before, "held-out entries see it (%.2g -> %.2g)", before, after);
  end(learner, grid);
}

/* One rank, all ranks as replicas, interrupted half-way, and beside another learner: the same bits. */
static void check_bits(void)
{
  toy t = toy_of(1), other = toy_of(2);
  double alone[PARAMETERS];
  sq_grid *grid, *second_grid;
  sq_store *store;
  sq_learner *learner = begin(MPI_COMM_SELF, &usual, &t, &grid);
  step(learner, 20);
  memcpy(alone, sq_learner_weight(learner), sizeof alone);
  end(learner, grid);
  learner = begin(MPI_COMM_WORLD, &usual, &t, &grid);
  sq_learner *second = begin(MPI_COMM_WORLD, &usual, &other, &second_grid);
  for (int i = 0; i < 10; i++) {
    step(learner, 1);
    step(second, 2);
  }
  TAP_CALL(sq_store_create("checkpoint", &store));
  TAP_CALL(sq_learner_put(learner, "state", store));
  TAP_CALL(sq_learner_put(second, "critic", store));
  step(learner, 10);
  tap_check(!memcmp(alone, sq_learner_weight(learner), sizeof alone), "replicas and another learner change no bit");
  end(learner, grid);
  learner = begin(MPI_COMM_WORLD, &usual, &t, &grid);
  TAP_CALL(sq_learner_get(learner, "state", store));
  tap_check(sq_learner_steps(learner) == 10, "a restored learner knows its steps");
  step(learner, 10);
  tap_check(!memcmp(alone, sq_learner_weight(learner), sizeof alone), "and goes on to the bit");
  memcpy(alone, sq_learner_weight(second), sizeof alone);
  TAP_CALL(sq_learner_get(second, "critic", store));
  tap_check(sq_learner_steps(second) == 20 && !memcmp(alone, sq_learner_weight(second), sizeof alone),
            "so does the other, from the same store");
  TAP_CALL(sq_store_destroy(&store));
  end(second, second_grid);
  end(learner, grid);
}

/* Too many microbatches are refused; gradients whose sum would wrap around are an error, not a small gradient. */
static void check_overflow(void)
{
  toy t = toy_of(1);
  sq_learner_options options = usual;
  const double zero[PARAMETERS] = {0};
  sq_objective objective = objective_of(&t);
  sq_grid *grid;
  sq_learner *learner = NULL;
  sq_train_record record;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, tap.size, &grid));
  options.batch = ((int64_t)1 << 20) * MICRO + 1;
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  PetscErrorCode refused = sq_learner_create(grid, &options, &objective, zero, &learner);
  PetscPopErrorHandler();
  tap_check(refused == SQ_ERR_INPUT && !learner, "more microbatches than integers can sum are refused");
  t.steady = 60000 / MICRO;
  options.batch = 200 * MICRO; /* 2^40 times the sum is beyond 2^63 */
  TAP_CALL(sq_learner_create(grid, &options, &objective, zero, &learner));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  PetscErrorCode diverged = sq_learner_step(learner, &record);
  PetscPopErrorHandler();
  tap_check(diverged == SQ_ERR_DATA, "gradients too large for the sum are an error");
  end(learner, grid);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_solution(false);
  check_solution(true);
  check_bits();
  check_overflow();
  return tap_end();
}
