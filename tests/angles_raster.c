/* SPDX-License-Identifier: BSD-3-Clause */
/* angles by autoregressive networks: the density of all fields of 2x2 angles is one, turned and mirrored fields have
 * the same; trained without data by the reverse divergence, weights give the exact log Z (Bessel functions, the
 * transfer matrix of currents) in one to three dimensions, at couplings of either sign, with von Mises densities and
 * with the published Beta densities; replicas share the work and change nothing.
 */
#include "squall/exact.h"
#include "squall/raster.h"
#include "squall/train.h"
#include "tests/tap.h"
#include <string.h>

enum { BATCH = 64, STEP = 128, FIELDS = 200 * BATCH };

typedef struct {
  const char *law;
  int dim;
  int64_t extent[SQ_DIM]; /* dim of them */
  double beta;
  int64_t steps;
  double least; /* effective sample size */
} kind;

static const kind kinds[] = {
  {"von-mises", 2, {4, 4}, 0.5, 150, 0.98},      {"von-mises", 2, {4, 4}, 1.0, 400, 0.95},
  {"von-mises", 2, {4, 4}, 1.119946, 400, 0.95}, {"von-mises", 2, {3, 3}, 1.0, 300, 0.95},
  {"von-mises", 2, {4, 2}, -0.7, 200, 0.95},     {"von-mises", 1, {9}, 1.5, 300, 0.95},
  {"von-mises", 3, {1, 5, 3}, 0.8, 300, 0.95},   {"beta", 2, {2, 2}, 0.3, 600, 0.2},
};

typedef struct {
  const kind *kind;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_raster_model model;
  sq_tractable t;
  double *weight;
} world;

static void begin(const kind *k, world *w)
{
  const double value[SQ_ACTION_PARAMETERS] = {k->beta};
  *w = (world){.kind = k};
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, tap.size, &w->grid));
  TAP_CALL(sq_lattice_create(w->grid->domain, k->dim, k->extent, NULL, &w->lattice));
  w->model = (sq_raster_model){.law = sq_conditional_find(k->law), .mixture = 3};
  w->model.shape = (sq_raster_shape){.dim = k->dim,
                                     .network = sq_raster_networks[0],
                                     .radius = 1,
                                     .channels = 16,
                                     .blocks = 1,
                                     .odd = w->model.law->covariant,
                                     .positions = true};
  memcpy(w->model.shape.extent, w->lattice->extent, sizeof w->lattice->extent);
  TAP_CALL(sq_action_make("xy", k->dim, value, &w->model.action));
  if (!sq_raster_fit(&w->model)) printf("# %s does not fit\n", k->law);
  TAP_CALL(sq_raster_tractable(&w->model, w->lattice, BATCH, true, &w->t));
  TAP_CALL(sq_alloc(w->t.parameters, &w->weight));
  TAP_CALL(sq_raster_init(&w->model.shape, 3, w->weight));
}

static void load(world *w)
{
  float *weight;
  TAP_CALL(sq_alloc(w->t.parameters, &weight));
  for (int64_t i = 0; i < w->t.parameters; i++) weight[i] = (float)w->weight[i];
  w->t.load(w->t.self, weight);
  sq_free(&weight);
}

static void end(world *w)
{
  TAP_CALL(sq_tractable_destroy(&w->t));
  TAP_CALL(sq_lattice_destroy(&w->lattice));
  TAP_CALL(sq_grid_destroy(&w->grid));
  sq_free(&w->weight);
}

/* ---- with random weights ---- */

static void randomise(world *w)
{
  double *noise;
  TAP_CALL(sq_alloc(w->t.parameters, &noise));
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 0), 0, w->t.parameters, 0, 0, noise);
  for (int64_t i = 0; i < w->t.parameters; i++) w->weight[i] += 0.1 * noise[i];
  sq_free(&noise);
  load(w);
}

/* The first angle is 0, for all are turned alike; trapezoids over the others are exact as soon as they are many. */
static void test_normalised(void)
{
  enum { POINTS = 28, ALL = POINTS * POINTS * POINTS };
  const kind k = {"von-mises", 2, {2, 2}, 0.6, 0, 0};
  world w;
  double sum = 0, block[BATCH * 4], log_q[BATCH];
  begin(&k, &w);
  randomise(&w);
  for (int state = 0; state < ALL; state += BATCH) {
    const int count = PetscMin(BATCH, ALL - state);
    for (int b = 0; b < count; b++) {
      const int s = state + b, place[] = {0, s % POINTS, s / POINTS % POINTS, s / POINTS / POINTS};
      for (int x = 0; x < 4; x++) block[4 * b + x] = remainder(2 * PETSC_PI * place[x] / POINTS, 2 * PETSC_PI);
    }
    TAP_CALL(w.t.density(w.t.self, count, block, log_q));
    for (int b = 0; b < count; b++) sum += exp(log_q[b]) / ALL;
  }
  tap_near(sum, 1, 1e-6, "the density of all fields of 2x2 angles is 1");
  end(&w);
}

/* The first angle of the network is uniform; turned by anything, the others follow. */
static void test_turned(void)
{
  const kind k = {"von-mises", 2, {5, 4}, 1.1, 0, 0};
  world w;
  double block[BATCH * 20], log_q[BATCH], again[BATCH], worst = 0;
  begin(&k, &w);
  randomise(&w);
  TAP_CALL(w.t.draw(w.t.self, 1, 0, BATCH, block, log_q));
  for (int turn = 0; turn < 6; turn++) {
    for (int i = 0; i < BATCH * 20; i++) block[i] = remainder(turn - block[i], 2 * PETSC_PI);
    TAP_CALL(w.t.density(w.t.self, BATCH, block, again));
    for (int b = 0; b < BATCH; b++) tap_worst(&worst, fabs(again[b] - log_q[b]) / (1 + fabs(log_q[b])));
  }
  tap_check(worst < 1e-5, "turned and mirrored fields have the same density, to %.1e", worst);
  end(&w);
}

/* ---- trained ---- */

static double log_Z_of(const kind *k)
{
  sq_exact_angles exact;
  TAP_CALL(sq_exact_xy(k->dim, k->extent, k->beta, &exact));
  return exact.thermal.log_Z;
}

static double action_of(const world *w, const double *block)
{
  double sum = 0;
  for (int64_t x = 0; x < w->lattice->volume; x++)
    for (int64_t mu = SQ_DIM - 1, stride = 1; mu >= w->lattice->first_dir; stride *= w->lattice->extent[mu--]) {
      const int64_t n = w->lattice->extent[mu], c = x / stride % n;
      sum -= w->kind->beta * cos(block[x] - block[x + ((c + 1) % n - c) * stride]);
    }
  return sum;
}

static void train(world *w)
{
  const sq_learner_options options = {
    .steps = w->kind->steps,
    .batch = STEP,
    .warm_up = 20,
    .adam = {.learning_rate = 0.01, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-9, .clip = 1},
    .final_rate = 0.01,
    .average = 20};
  const sq_divergence_options divergence = {.seed = 1, .batch = STEP, .anneal = 0.1};
  sq_objective objective;
  sq_learner *learner;
  sq_train_record record;
  TAP_CALL(sq_divergence_create(&w->t, false, &w->model.action, &divergence, NULL, NULL, &objective));
  TAP_CALL(sq_learner_create(w->grid, &options, &objective, w->weight, &learner));
  for (int64_t step = 0; step < options.steps; step++) TAP_CALL(sq_learner_step(learner, &record));
  memcpy(w->weight, sq_learner_average(learner), (size_t)w->t.parameters * sizeof *w->weight);
  TAP_CALL(sq_learner_destroy(&learner));
  TAP_CALL(sq_divergence_destroy(&objective));
  TAP_CALL(w->t.anneal(w->t.self, 1));
}

/* log of the mean weight of FIELDS fields, within 4 errors: false once in 16000. */
static void test_trained(const kind *k)
{
  world w;
  double *block, log_q[BATCH], sum = 0, squares = 0, exact = log_Z_of(k);
  begin(k, &w);
  train(&w);
  load(&w);
  TAP_CALL(sq_alloc(BATCH * w.lattice->volume, &block));
  for (int64_t first = 0; first < FIELDS; first += BATCH) {
    TAP_CALL(w.t.draw(w.t.self, 2, first, BATCH, block, log_q));
    for (int b = 0; b < BATCH; b++) {
      const double weight = exp(-log_q[b] - action_of(&w, block + b * w.lattice->volume) - exact);
      sum += weight / FIELDS;
      squares += weight * weight / FIELDS;
    }
  }
  const double ess = sum * sum / squares, error = sqrt((1 / ess - 1) / FIELDS);
  if (!(ess > k->least)) printf("# effective sample size %.4f\n", ess);
  tap_check(ess > k->least, "%s, %d directions, beta = %g: effective sample size", k->law, k->dim, k->beta);
  tap_near(log(sum), 0, 4 * error + 1e-6, "log Z beside the exact one");
  sq_free(&block);
  end(&w);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_normalised();
  test_turned();
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) test_trained(&kinds[i]);
  return tap_end();
}
