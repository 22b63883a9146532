/* SPDX-License-Identifier: BSD-3-Clause */
/* adversary: a forger against a critic. Singular values and the gradient of a normalised matrix; gradients of both
 * objectives against differences, on cut lattices too; the critic is as even as its theory, its layers are normalised;
 * an untrained forger makes Gaussian fields of its propagator on any lattice; the same bits on any number of replicas,
 * and after a stop.
 */
#include "squall/train.h"
#include "src/adversary/normalise.h"
#include "tests/tap.h"
#include <string.h>

enum { FIELDS = 8, BATCH = 8, MICRO = 2 };

/* ---- a theory, networks, and some fields ---- */

typedef struct {
  const char *name, *theory;
  int dim;
  int64_t extents[SQ_DIM];
  double value[SQ_ACTION_PARAMETERS];
  bool odd, gaussian;
  int levels;
} setting;

static const setting settings[] = {
  {"phi4, odd", "phi4", 2, {8, 8}, {0.21, 0.022}, true, true, 1},
  {"phi4, general networks of two levels, no base", "phi4", 2, {8, 8}, {0.21, 0.022}, false, false, 2},
  {"O(3) in three dimensions", "on", 3, {4, 4, 4}, {3, 0.1, 0.02}, true, true, 1},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_adversary_shape shape;
  sq_dataset data;
  sq_objective forger, critic;
  double *start[2]; /* weights */
} set_up;

static sq_network_shape network(const setting *s, int inputs, int outputs, int components)
{
  return (sq_network_shape){.dim = s->dim,
                            .channels = 16,
                            .blocks = 1,
                            .width = 1,
                            .odd = s->odd,
                            .levels = s->levels,
                            .inputs = inputs,
                            .outputs = outputs,
                            .components = components > 1 ? components : 0};
}

static void describe(const setting *s, const sq_orbits *orbits, sq_adversary_shape *shape)
{
  *shape = (sq_adversary_shape){.gaussian = s->gaussian, .steepness = 2, .scales = {0.8, 1.7}, .orbits = *orbits};
  TAP_CALL(sq_action_make(s->theory, s->dim, s->value, &shape->action));
  shape->outputs = sq_output_kind_for(&shape->action);
  const sq_output_sizes sizes = shape->outputs->sizes(&shape->action);
  shape->forger = network(s, 2, sizes.outputs, sizes.components);
  shape->critic = network(s, sizes.features, 3, sizes.components);
  TAP_CALL(sq_alloc(orbits->count, &shape->propagator));
  for (int64_t o = 0; o < orbits->count; o++) shape->propagator[o] = 1 / (0.5 + orbits->phat2[o]);
}

/* Weights to begin with, moved a little: no layer of zeros, no gains that are all alike. */
static void start(set_up *t, int which, int64_t parameters)
{
  double *noise;
  TAP_CALL(sq_alloc(parameters, &t->start[which]));
  TAP_CALL(sq_alloc(parameters, &noise));
  if (which) TAP_CALL(sq_critic_start(&t->shape, 5, t->start[which]));
  else TAP_CALL(sq_forger_start(&t->shape, 5, t->start[which]));
  sq_rng_normals(sq_stream_make(6, SQ_RNG_TEST, (uint64_t)which), 0, parameters, 0, 0, noise);
  for (int64_t i = 0; i < parameters; i++) t->start[which][i] += 0.05 * noise[i];
  sq_free(&noise);
}

static void begin(const setting *s, MPI_Comm world, int replicas, set_up *t)
{
  const sq_hinge_options options = {.seed = 3, .micro = MICRO};
  TAP_CALL(sq_grid_create(world, replicas, &t->grid));
  TAP_CALL(sq_lattice_create_aligned(t->grid->domain, s->dim, s->extents, s->levels, NULL, &t->lattice));
  TAP_CALL(sq_fft_create(t->lattice, &t->fft));
  describe(s, &t->fft->orbits, &t->shape);
  const int components = sq_action_components(&t->shape.action);
  const int64_t numbers = components * t->lattice->local_volume;
  t->data.count = FIELDS;
  TAP_CALL(sq_alloc(FIELDS * numbers, &t->data.blocks));
  for (int i = 0; i < FIELDS; i++)
    sq_block_random(t->lattice, components, sq_rng_normals, sq_stream_make(1, SQ_RNG_TEST, (uint64_t)i), 0, 0,
                    t->data.blocks + i * numbers);
  start(t, 0, sq_forger_parameters(&t->shape));
  start(t, 1, sq_critic_parameters(&t->shape));
  TAP_CALL(sq_hinge_create(t->fft, &t->shape, &options, &t->data, &t->forger, &t->critic));
}

static void end(set_up *t)
{
  TAP_CALL(sq_hinge_destroy(&t->forger, &t->critic));
  sq_free(&t->start[0]);
  sq_free(&t->start[1]);
  sq_free(&t->data.blocks);
  sq_free(&t->shape.propagator);
  TAP_CALL(sq_fft_destroy(&t->fft));
  TAP_CALL(sq_lattice_destroy(&t->lattice));
  TAP_CALL(sq_grid_destroy(&t->grid));
}

/* ---- normalisation ---- */

/* The largest eigenvalue of w^T w by many squarings of it: another way than power iterations of a vector. */
static double largest_singular(int rows, int columns, const float *w)
{
  enum { MOST = 16, SQUARINGS = 40 };
  double a[MOST][MOST] = {{0}}, b[MOST][MOST], scale = 0, power = 1;
  for (int i = 0; i < columns; i++)
    for (int j = 0; j < columns; j++)
      for (int k = 0; k < rows; k++) a[i][j] += (double)w[k * columns + i] * w[k * columns + j];
  for (int n = 0; n < SQUARINGS; n++, power *= 2) {
    double norm = 0;
    for (int i = 0; i < columns; i++) norm += a[i][i];
    scale += log(norm) / power;
    for (int i = 0; i < columns; i++)
      for (int j = 0; j < columns; j++) {
        b[i][j] = 0;
        for (int k = 0; k < columns; k++) b[i][j] += a[i][k] * a[k][j] / norm / norm;
      }
    memcpy(a, b, sizeof a);
  }
  return sqrt(exp(scale));
}

static void check_norm(void)
{
  enum { ROWS = 27, COLUMNS = 5 };
  double normal[ROWS * COLUMNS], u[COLUMNS], left[ROWS], sigma = 0, worst = 0;
  float w[ROWS * COLUMNS], v[ROWS * COLUMNS], g[ROWS * COLUMNS], slope[ROWS * COLUMNS];
  sq_rng_normals(sq_stream_make(9, SQ_RNG_TEST, 0), 0, ROWS * COLUMNS, 0, 0, normal);
  for (int i = 0; i < ROWS * COLUMNS; i++) w[i] = (float)normal[i], slope[i] = (float)sin(i);
  for (int j = 0; j < COLUMNS; j++) u[j] = 1;
  for (int n = 0; n < 200; n++) sigma = sq_spectral_norm(ROWS, COLUMNS, w, true, u, left);
  tap_near(sigma, largest_singular(ROWS, COLUMNS, w), 1e-6, "power iterations find the largest singular value");
  tap_near(sq_spectral_norm(ROWS, COLUMNS, w, false, u, left), sigma, 1e-12, "which stays without one");
  for (int i = 0; i < ROWS * COLUMNS; i++) v[i] = (float)(w[i] / sigma), g[i] = slope[i];
  sq_spectral_gradient(ROWS, COLUMNS, sigma, v, u, left, g);
  for (int i = 0; i < ROWS * COLUMNS; i += 7) { /* of sum slope w/sigma(w) */
    double f[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
      float moved[ROWS * COLUMNS];
      memcpy(moved, w, sizeof w);
      moved[i] += side ? 0x1p-6f : -0x1p-6f;
      const double norm = largest_singular(ROWS, COLUMNS, moved);
      for (int k = 0; k < ROWS * COLUMNS; k++) f[side] += slope[k] * moved[k] / norm;
    }
    tap_worst(&worst, fabs((f[1] - f[0]) * 0x1p5 - g[i]));
  }
  tap_check(worst < 2e-3, "the gradient of a normalised matrix is that of differences: %.1e", worst);
}

/* Every matrix among the weights in use has the singular value 1, after one iteration for each of some small steps. */
static void check_layers(void)
{
  set_up t = {0};
  sq_normaliser *normaliser;
  sq_network_layer layer;
  double worst = 0, gains = 0;
  begin(&settings[0], MPI_COMM_WORLD, 1, &t);
  const int64_t parameters = sq_critic_parameters(&t.shape), numbers = sq_critic_state(&t.shape);
  double *state;
  float *weight, *w;
  TAP_CALL(sq_alloc(parameters, &weight));
  TAP_CALL(sq_alloc(parameters, &w));
  TAP_CALL(sq_alloc(numbers, &state));
  TAP_CALL(sq_normaliser_create(&t.shape, &normaliser));
  for (int step = 0; step < 20; step++) {
    for (int64_t i = 0; i < parameters; i++) weight[i] = (float)(t.start[1][i] * (1 + 0.005 * step * sin((double)i)));
    sq_normaliser_apply(normaliser, weight, state, true, w);
  }
  for (int i = 0; sq_critic_stretch(&t.shape, i, &layer); i++) {
    const int rows = (int)layer.rows, columns = (int)layer.columns;
    double most = 0;
    if (layer.kind == SQ_LAYER_CONVOLUTION || layer.kind == SQ_LAYER_OUTPUT)
      tap_worst(&worst, fabs(largest_singular(rows, columns, w + layer.at) - 1));
    for (int j = 0; layer.kind != SQ_LAYER_CONVOLUTION && j < columns; j++) most = fmax(most, fabsf(w[layer.at + j]));
    if (layer.kind == SQ_LAYER_GAINS) tap_worst(&gains, fabs(most - 1));
    if (layer.kind == SQ_LAYER_LEVEL) tap_worst(&gains, most);
  }
  tap_check(worst < 0.02, "layers of the critic have the singular value 1 to %.1e, by one iteration a step", worst);
  tap_check(gains < 1e-6, "the largest gain is 1, and nothing depends on a noise level");
  TAP_CALL(sq_normaliser_destroy(&normaliser));
  sq_free(&state);
  sq_free(&weight);
  sq_free(&w);
  end(&t);
}

/* ---- objectives ---- */

/* The loss of a microbatch, and its gradient unless NULL. The state begins anew: singular values are those of the
 * weights. */
static double evaluate(const set_up *t, bool critic, const float *forger, const float *against, float *gradient)
{
  const sq_objective *o = critic ? &t->critic : &t->forger;
  const sq_microbatch m = {.step = 2, .steps = 9, .total = MICRO, .count = MICRO};
  sq_sum loss[SQ_LOSS_SUMS] = {{{0}}};
  double *state;
  float *any = gradient;
  TAP_CALL(sq_alloc(t->critic.numbers, &state));
  if (!gradient) TAP_CALL(sq_alloc(o->parameters, &any));
  t->critic.begin(t->critic.self, against, state, forger, NULL);
  if (!critic) o->begin(o->self, forger, NULL, against, state);
  TAP_CALL(o->evaluate(o->self, &m, critic ? against : forger, loss, any));
  TAP_CALL(sq_sum_reduce(t->lattice->comm, 1, loss));
  if (gradient) (void)MPI_Allreduce(MPI_IN_PLACE, gradient, (int)o->parameters, MPI_FLOAT, MPI_SUM, t->lattice->comm);
  else sq_free(&any);
  sq_free(&state);
  return sq_sum_value(&loss[SQ_LOSS]) / MICRO;
}

/* Along the gradient g, and along g with the signs of some stretches turned, a loss grows by the product with g. */
static void check_gradient(const setting *s, bool critic)
{
  const double h = 0.002;
  set_up t = {0};
  double worst = 0, size = 0;
  float *w[2], *gradient, *moved;
  begin(s, MPI_COMM_WORLD, 1, &t);
  const int64_t count[2] = {t.forger.parameters, t.critic.parameters}, n = count[critic];
  for (int which = 0; which < 2; which++) {
    TAP_CALL(sq_alloc(count[which], &w[which]));
    for (int64_t i = 0; i < count[which]; i++) w[which][i] = (float)t.start[which][i];
  }
  TAP_CALL(sq_alloc(n, &gradient));
  TAP_CALL(sq_alloc(n, &moved));
  (void)evaluate(&t, critic, w[0], w[1], gradient);
  for (int64_t i = 0; i < n; i++) size += (double)gradient[i] * gradient[i];
  size = sqrt(size);
  for (int pattern = 0; pattern < 4; pattern++) {
    double f[2], product = 0;
    for (int side = 0; side < 2; side++) {
      product = 0;
      for (int64_t i = 0; i < n; i++) {
        const double sign = i / 100 >> pattern & 1 ? -1 : 1, along = pattern ? sign : 1;
        moved[i] = w[critic][i] + (float)((side ? h : -h) * along * gradient[i] / size);
        product += along * gradient[i] * gradient[i] / size;
      }
      f[side] = evaluate(&t, critic, critic ? w[0] : moved, critic ? moved : w[1], NULL);
    }
    tap_worst(&worst, fabs((f[1] - f[0]) / (2 * h) - product) / size);
  }
  tap_check(worst < 0.01 && size > 1e-3, "%s: the gradient of the %s is that of differences: %.1e of %.2g", s->name,
            critic ? "critic" : "forger", worst, size);
  sq_free(&gradient);
  sq_free(&moved);
  sq_free(&w[0]);
  sq_free(&w[1]);
  end(&t);
}

/* ---- what they make and see ---- */

/* The critic of an odd network finds a field and its negative as good, on any number of ranks. */
static void check_even(void)
{
  set_up t = {0};
  sq_critic *critic;
  double value[2], *state, *turned;
  float *weight;
  begin(&settings[0], MPI_COMM_WORLD, 1, &t);
  const int64_t parameters = t.critic.parameters, numbers = t.lattice->local_volume;
  TAP_CALL(sq_critic_create(t.lattice, &t.shape, 1, &critic));
  TAP_CALL(sq_alloc(parameters, &weight));
  TAP_CALL(sq_alloc(t.critic.numbers, &state));
  TAP_CALL(sq_alloc(numbers, &turned));
  for (int64_t i = 0; i < parameters; i++) weight[i] = (float)t.start[1][i];
  for (int64_t i = 0; i < numbers; i++) turned[i] = -t.data.blocks[i];
  sq_critic_load(critic, weight, state, true);
  TAP_CALL(sq_critic_value(critic, 1, t.data.blocks, &value[0]));
  TAP_CALL(sq_critic_value(critic, 1, turned, &value[1]));
  tap_check(value[0] == value[1] && value[0] != 0, "the critic of an even theory is even");
  TAP_CALL(sq_critic_destroy(&critic));
  sq_free(&weight);
  sq_free(&state);
  sq_free(&turned);
  end(&t);
}

/* As it begins, on a lattice of its own or of other extents; the false-alarm rate is 1e-4. */
static void check_gaussian(const int64_t extents[2])
{
  enum { MANY = 2000, AT_ONCE = 20 };
  set_up t = {0};
  sq_lattice *lattice;
  sq_fft *fft;
  sq_forger *forger;
  float *weight;
  double *blocks, sum = 0, squares = 0;
  begin(&settings[0], MPI_COMM_WORLD, 1, &t);
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, extents, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_forger_create(fft, &t.shape, AT_ONCE, false, &forger));
  TAP_CALL(sq_alloc(t.forger.parameters, &weight));
  TAP_CALL(sq_alloc(AT_ONCE * lattice->local_volume, &blocks));
  TAP_CALL(sq_forger_start(&t.shape, 1, t.start[0]));
  for (int64_t i = 0; i < t.forger.parameters; i++) weight[i] = (float)t.start[0][i];
  sq_forger_load(forger, weight);
  for (int n = 0; n < MANY; n += AT_ONCE) {
    TAP_CALL(sq_forger_draw(forger, 8, n, AT_ONCE, blocks));
    for (int b = 0; b < AT_ONCE; b++) {
      double M;
      TAP_CALL(sq_block_sum(lattice, blocks + b * lattice->local_volume, &M));
      sum += M * M / (double)lattice->volume, squares += pow(M * M / (double)lattice->volume, 2);
    }
  }
  const double chi2 = sum / MANY, error = sqrt((squares / MANY - chi2 * chi2) / MANY);
  tap_check(fabs(chi2 - 2) < 4 * error, "%lldx%lld: an untrained forger has the propagator: chi2 = %.3f(%.3f), is 2",
            (long long)extents[0], (long long)extents[1], chi2, error);
  sq_free(&blocks);
  sq_free(&weight);
  TAP_CALL(sq_forger_destroy(&forger));
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
  end(&t);
}

/* ---- two learners ---- */

typedef struct {
  sq_learner *forger, *critic;
} pair;

static pair make_pair(const set_up *t)
{
  const sq_learner_options options = {
    .steps = 6, .batch = BATCH, .warm_up = 2, .adam = {0.002, 0, 0.9, 1e-9, 1}, .final_rate = 0.1, .average = 3};
  pair p;
  TAP_CALL(sq_learner_create(t->grid, &options, &t->forger, t->start[0], &p.forger));
  TAP_CALL(sq_learner_create(t->grid, &options, &t->critic, t->start[1], &p.critic));
  sq_learner_pair(p.forger, p.critic);
  return p;
}

static void steps(const pair *p, int count, sq_train_record record[2])
{
  for (int i = 0; i < count; i++) {
    TAP_CALL(sq_learner_step(p->critic, &record[1]));
    TAP_CALL(sq_learner_step(p->forger, &record[0]));
  }
}

static void end_pair(pair *p)
{
  TAP_CALL(sq_learner_destroy(&p->forger));
  TAP_CALL(sq_learner_destroy(&p->critic));
}

/* Six steps, or three, a stop, and three. */
static void learn(MPI_Comm world, int replicas, bool stop, sq_train_record record[2], double *weight)
{
  set_up t = {0};
  begin(&settings[0], world, replicas, &t);
  pair p = make_pair(&t);
  steps(&p, 3, record);
  if (stop) {
    sq_store *store;
    TAP_CALL(sq_store_create("checkpoint", &store));
    TAP_CALL(sq_learner_put(p.forger, "state", store));
    TAP_CALL(sq_learner_put(p.critic, "rival", store));
    end_pair(&p);
    p = make_pair(&t);
    TAP_CALL(sq_learner_get(p.forger, "state", store));
    TAP_CALL(sq_learner_get(p.critic, "rival", store));
    TAP_CALL(sq_store_destroy(&store));
  }
  steps(&p, 3, record);
  memcpy(weight, sq_learner_weight(p.forger), 100 * sizeof *weight);
  memcpy(weight + 100, sq_learner_weight(p.critic), 100 * sizeof *weight);
  end_pair(&p);
  end(&t);
}

static void check_bits(void)
{
  sq_train_record record[4][2];
  double weight[4][200], worst = 0;
  learn(MPI_COMM_SELF, 1, false, record[0], weight[0]);
  learn(MPI_COMM_WORLD, tap.size, false, record[1], weight[1]);
  learn(MPI_COMM_WORLD, tap.size, true, record[2], weight[2]);
  learn(MPI_COMM_WORLD, 1, false, record[3], weight[3]);
  for (int i = 0; i < 200; i++) tap_worst(&worst, fabs(weight[3][i] - weight[0][i]));
  tap_check(!memcmp(weight[0], weight[1], sizeof weight[0]) && record[0][0].loss == record[1][0].loss &&
              record[0][1].loss == record[1][1].loss,
            "the same bits of both on any number of replicas: losses %.4f and %.4f", record[0][0].loss,
            record[0][1].loss);
  tap_check(!memcmp(weight[1], weight[2], sizeof weight[1]) && record[1][1].loss == record[2][1].loss, "and after a "
                                                                                                       "stop");
  tap_check(worst < 2e-3, "and nearly so on a cut lattice: %.1e", worst);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_norm();
  check_layers();
  for (int i = 0; i < SETTINGS; i++)
    for (int critic = 0; critic < 2; critic++) check_gradient(&settings[i], critic);
  check_even();
  check_gaussian((int64_t[]){8, 8});
  check_gaussian((int64_t[]){12, 8});
  check_bits();
  return tap_end();
}
