/* SPDX-License-Identifier: BSD-3-Clause */
/* divergence: reverse and forward Kullback-Leibler divergences of independent spins from the Ising model: losses and
 * gradients against the sum over all states, on cut lattices too; the same bits on any number of replicas; annealing,
 * the switch from forward to reverse, no noise where the model is exact, what is refused. Of normal numbers in phi^4
 * the gradient along paths against the closed form and against that without paths.
 */
#include "squall/train.h"
#include "src/train/translate.h"
#include "tests/spins.h"
#include "tests/tap.h"
#include "tests/widths.h"

enum { SITES = 8, STATES = 1 << SITES, BATCH = 512 };
static const double beta = 0.4;

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_tractable model;
  sq_action action;
  sq_objective objective;
  sq_dataset data;
} set_up;

/* With a model and an action: the objective on stored fields, which are states of spins. */
static void begin_objective(const sq_divergence_options *options, set_up *t)
{
  t->data.count = 3;
  TAP_CALL(sq_alloc(3 * t->lattice->local_volume, &t->data.blocks));
  for (int i = 0; i < 3; i++) spins_state(t->lattice, 7 + 45 * i, t->data.blocks + i * t->lattice->local_volume);
  TAP_CALL(sq_divergence_create(&t->model, false, &t->action, options, &t->data, &t->data, &t->objective));
}

static void begin(MPI_Comm world, int replicas, double coupling, const sq_divergence_options *options, set_up *t)
{
  TAP_CALL(sq_grid_create(world, replicas, &t->grid));
  TAP_CALL(sq_lattice_create(t->grid->domain, 2, (int64_t[]){2, 4}, NULL, &t->lattice));
  TAP_CALL(sq_action_make("ising", 2, (double[]){coupling, 0, 0, 0}, &t->action));
  TAP_CALL(spins_create(t->lattice, SPINS_BATCH, &t->model));
  begin_objective(options, t);
}

static void end(set_up *t)
{
  TAP_CALL(sq_divergence_destroy(&t->objective));
  TAP_CALL(sq_tractable_destroy(&t->model));
  sq_free(&t->data.blocks);
  TAP_CALL(sq_lattice_destroy(&t->lattice));
  TAP_CALL(sq_grid_destroy(&t->grid));
}

/* log q, S and d log q/dw of every state, on one rank. */
typedef struct {
  double log_q[STATES], S[STATES], slope[STATES][SPINS_WEIGHTS];
} table;

static void tabulate(const float *weight, table *all)
{
  sq_lattice *lattice;
  sq_tractable model;
  sq_action action;
  sq_field *phi;
  sq_halo *halo;
  double block[SITES];
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 2, (int64_t[]){2, 4}, NULL, &lattice));
  TAP_CALL(spins_create(lattice, 1, &model));
  TAP_CALL(sq_action_make("ising", 2, (double[]){beta, 0, 0, 0}, &action));
  TAP_CALL(sq_field_create(lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, sq_action_reach(&action), &halo));
  model.load(model.self, weight);
  for (int state = 0; state < STATES; state++) {
    sq_sum sum = {{0}};
    spins_state(lattice, state, block);
    TAP_CALL(model.density(model.self, 1, block, &all->log_q[state]));
    memcpy(all->slope[state], ((spins *)model.self)->rest[0], sizeof all->slope[state]);
    sq_field_from_block(phi, block);
    TAP_CALL(sq_halo_exchange(halo, phi->data));
    action.type->energy(&action, phi, &sum);
    all->S[state] = sq_sum_value(&sum);
  }
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
  TAP_CALL(sq_tractable_destroy(&model));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* The mean loss of steps first .. first + steps - 1 and its gradient, with their errors. */
typedef struct {
  double loss, loss_error, gradient[SPINS_WEIGHTS], error[SPINS_WEIGHTS];
} measured;

static void measure(set_up *t, const float *weight, int64_t first, int64_t steps, int64_t of, measured *m)
{
  enum { N = SPINS_WEIGHTS + 1 };
  const double V = (double)t->lattice->volume;
  double sum[N] = {0}, squares[N] = {0};
  for (int64_t step = first; step < first + steps; step++) {
    double x[N] = {0};
    for (int64_t at = 0; at < BATCH; at += t->objective.micro) {
      const sq_microbatch micro = {step, of, BATCH, at, (int)PetscMin((int64_t)t->objective.micro, BATCH - at)};
      float gradient[SPINS_WEIGHTS] = {0};
      sq_sum loss[SQ_LOSS_SUMS] = {{{0}}};
      TAP_CALL(t->objective.evaluate(t->objective.self, &micro, weight, loss, gradient));
      TAP_CALL(sq_sum_reduce(t->lattice->comm, SQ_LOSS_SUMS, loss));
      (void)MPI_Allreduce(MPI_IN_PLACE, gradient, SPINS_WEIGHTS, MPI_FLOAT, MPI_SUM, t->lattice->comm);
      x[0] += sq_sum_value(&loss[SQ_LOSS]) / BATCH / V;
      for (int k = 0; k < SPINS_WEIGHTS; k++) x[1 + k] += (double)gradient[k];
    }
    for (int i = 0; i < N; i++) sum[i] += x[i] / (double)steps, squares[i] += x[i] * x[i] / (double)steps;
  }
  double error[N];
  for (int i = 0; i < N; i++) error[i] = sqrt(fmax(0, squares[i] - sum[i] * sum[i]) / (double)(steps - 1));
  *m = (measured){sum[0], error[0], {sum[1], sum[2]}, {error[1], error[2]}};
}

static void compare(const measured *m, double loss, const double slope[], const char *what)
{
  bool same = fabs(m->loss - loss) <= 4 * m->loss_error + 1e-9;
  for (int k = 0; k < SPINS_WEIGHTS; k++) same = same && fabs(m->gradient[k] - slope[k]) <= 4 * m->error[k] + 1e-7;
  tap_check(same, "%s: loss %.5f(%.5f), exact %.5f; gradient %.5f(%.5f) %.5f(%.5f), exact %.5f %.5f", what, m->loss,
            m->loss_error, loss, m->gradient[0], m->error[0], m->gradient[1], m->error[1], slope[0], slope[1]);
}

/* sum over all states of q grad log q (log q + scale S), on a lattice that all ranks share; annealed: half-way, in so
 * many steps that S hardly grows. */
static void check_reverse(bool annealed)
{
  const float weight[SPINS_WEIGHTS] = {0.35f, -0.1f};
  const sq_divergence_options options = {.seed = 3, .batch = BATCH, .anneal = annealed ? 0.5 : 0};
  const int64_t many = (int64_t)1 << 40;
  const double scale = annealed ? 0.5 : 1;
  double loss = 0, slope[SPINS_WEIGHTS] = {0};
  table all;
  set_up t = {0};
  measured m;
  tabulate(weight, &all);
  for (int s = 0; s < STATES; s++) {
    const double f = all.log_q[s] + scale * all.S[s], q = exp(all.log_q[s]);
    loss += q * f / SITES;
    for (int k = 0; k < SPINS_WEIGHTS; k++) slope[k] += q * f * all.slope[s][k] / SITES;
  }
  begin(MPI_COMM_WORLD, 1, beta, &options, &t);
  measure(&t, weight, many / 4, 60, many, &m);
  compare(&m, loss, slope, annealed ? "annealed" : "reverse");
  tap_check(fabs(((spins *)t.model.self)->scale - scale) < 1e-6, "the model knows the scale of S");
  end(&t);
}

/* The mean over the stored fields and their mirror images of -(log q + S), and of -grad log q. */
static void check_forward(void)
{
  const float weight[SPINS_WEIGHTS] = {0.2f, 0.3f};
  const sq_divergence_options options = {.seed = 3, .batch = BATCH, .forward = 0.5};
  double loss = 0, slope[SPINS_WEIGHTS] = {0}, held = 0;
  table all;
  set_up t = {0};
  measured m;
  tabulate(weight, &all);
  for (int i = 0; i < 6; i++) {
    const int s = i % 3 * 45 + 7, state = i < 3 ? s : STATES - 1 - s;
    loss -= (all.log_q[state] + all.S[state]) / SITES / 6;
    if (i < 3) held -= (all.log_q[state] + all.S[state]);
    for (int k = 0; k < SPINS_WEIGHTS; k++) slope[k] -= all.slope[state][k] / SITES / 6;
  }
  begin(MPI_COMM_WORLD, 1, beta, &options, &t);
  measure(&t, weight, 0, 60, 121, &m);
  compare(&m, loss, slope, "forward, of stored fields");
  const sq_microbatch micro = {0, 1, 3, 0, 3};
  sq_sum sums[SQ_LOSS_SUMS] = {{{0}}};
  TAP_CALL(t.objective.validate(t.objective.self, &micro, weight, sums));
  TAP_CALL(sq_sum_reduce(t.lattice->comm, SQ_LOSS_SUMS, sums));
  tap_near(sq_sum_value(&sums[SQ_LOSS]), held, 1e-9, "and of held-out ones");
  measure(&t, weight, 61, 2, 121, &m);
  tap_check(m.loss < loss - 0.05 && sq_divergence_is_forward(&options, 60, 121) &&
              !sq_divergence_is_forward(&options, 61, 121),
            "and after its share of the steps reverse");
  end(&t);
}

/* beta = 0 and no bias: q is exact. */
static void check_no_noise(void)
{
  const float weight[SPINS_WEIGHTS] = {0, 0};
  const sq_divergence_options options = {.seed = 5, .batch = BATCH};
  set_up t = {0};
  measured m;
  begin(MPI_COMM_WORLD, 1, 0, &options, &t);
  measure(&t, weight, 0, 3, 3, &m);
  tap_check(fabs(m.loss + log(2)) < 1e-12 && fabs(m.gradient[0]) < 1e-9 && fabs(m.gradient[1]) < 1e-9,
            "where the model is exact its gradient has no noise: %.1e %.1e", m.gradient[0], m.gradient[1]);
  end(&t);
}

/* Independent normal numbers in a theory; paths: whether the model has pull. */
static void measure_widths(const char *theory, const double value[], bool paths, const float *weight, measured *m)
{
  const sq_divergence_options options = {.seed = 11, .batch = BATCH};
  set_up t = {0};
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &t.grid));
  TAP_CALL(sq_lattice_create(t.grid->domain, 2, (int64_t[]){2, 4}, NULL, &t.lattice));
  TAP_CALL(sq_action_make(theory, 2, value, &t.action));
  TAP_CALL(widths_create(t.lattice, &t.model));
  if (!paths) t.model.pull = NULL;
  begin_objective(&options, &t);
  measure(&t, weight, 0, 60, 60, m);
  end(&t);
}

/* The neighbours' product has the mean 0: what is left of <S> are the moments of a number of width s,
 * (1 - 2 lambda) s^2 + 3 lambda s^4. */
static void check_paths(void)
{
  const double lambda = 0.3;
  const float weight[SPINS_WEIGHTS] = {-0.2f, -0.7f};
  double loss = -0.5 * (1 + log(2 * M_PI)), slope[SPINS_WEIGHTS];
  measured along, without;
  for (int k = 0; k < SPINS_WEIGHTS; k++) {
    const double s2 = exp(2 * (double)weight[k]);
    loss += ((1 - 2 * lambda) * s2 + 3 * lambda * s2 * s2 - (double)weight[k]) / 2;
    slope[k] = (2 * (1 - 2 * lambda) * s2 + 12 * lambda * s2 * s2 - 1) / 2;
  }
  measure_widths("phi4", (double[]){0.2, lambda, 0, 0, 0}, true, weight, &along);
  measure_widths("phi4", (double[]){0.2, lambda, 0, 0, 0}, false, weight, &without);
  compare(&along, loss, slope, "along paths");
  compare(&without, loss, slope, "the same fields without paths");
  tap_check(along.error[0] < 0.7 * without.error[0] && along.error[1] < 0.7 * without.error[1],
            "and paths have less noise: %.5f, %.5f", along.error[0], without.error[0]);
  const float exact[SPINS_WEIGHTS] = {-0.34657359f, -0.34657359f}; /* s^2 = 1/2 */
  measure_widths("phi4", (double[]){0, 0, 0, 0, 0}, true, exact, &along);
  tap_check(fabs(along.gradient[0]) < 1e-6 && along.error[0] < 1e-6, "none where the model is exact: %.1e",
            along.error[0]);
  const float unit[SPINS_WEIGHTS] = {0, 0};
  measure_widths("quartic", (double[]){1, 0, 0, 0, 0}, true, unit, &along);
  tap_check(along.gradient[0] == 0 && along.gradient[1] == 0, "and no gradient at all where all fields have the same f "
                                                              "to rounding");
}

static void learn(MPI_Comm world, int replicas, double weight[SPINS_WEIGHTS], sq_train_record *record)
{
  enum { STEPS = 40 };
  const sq_divergence_options options = {.seed = 9, .batch = BATCH, .forward = 0.4};
  const sq_learner_options usual = {
    .steps = STEPS, .batch = BATCH, .warm_up = 2, .adam = {0.05, 0.9, 0.99, 1e-9, 0}, .final_rate = 0.1, .average = 5};
  const double zero[SPINS_WEIGHTS] = {0.3, -0.2};
  set_up t = {0};
  sq_learner *learner;
  begin(world, replicas, beta, &options, &t);
  TAP_CALL(sq_learner_create(t.grid, &usual, &t.objective, zero, &learner));
  for (int i = 0; i < STEPS; i++) TAP_CALL(sq_learner_step(learner, record));
  memcpy(weight, sq_learner_weight(learner), SPINS_WEIGHTS * sizeof *weight);
  TAP_CALL(sq_learner_destroy(&learner));
  end(&t);
}

static void check_bits(void)
{
  double alone[SPINS_WEIGHTS], shared[SPINS_WEIGHTS], cut[SPINS_WEIGHTS];
  sq_train_record records[3];
  learn(MPI_COMM_SELF, 1, alone, &records[0]);
  learn(MPI_COMM_WORLD, tap.size, shared, &records[1]);
  learn(MPI_COMM_WORLD, 1, cut, &records[2]);
  tap_check(!memcmp(alone, shared, sizeof alone) && !memcmp(&records[0], &records[1], sizeof records[0]),
            "the same bits of weights and records on any number of replicas");
  tap_check(fabs(alone[0] - cut[0]) < 1e-6 && fabs(alone[1] - cut[1]) < 1e-6, "and nearly so on a cut lattice: %.1e",
            alone[0] - cut[0]);
  tap_check(records[0].spread > 0 && fabs(records[0].f / SITES - records[0].loss) < 1e-12, "records have mean and "
                                                                                           "spread of f");
}

static void check_refusals(void)
{
  const sq_divergence_options one = {.batch = 1}, forward = {.batch = 4, .forward = 1};
  sq_objective none = {0};
  set_up t = {0};
  begin(MPI_COMM_WORLD, 1, beta, &(sq_divergence_options){.batch = 8}, &t);
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  const PetscErrorCode alone = sq_divergence_create(&t.model, false, &t.action, &one, NULL, NULL, &none);
  const PetscErrorCode empty = sq_divergence_create(&t.model, false, &t.action, &forward, NULL, NULL, &none);
  PetscPopErrorHandler();
  tap_check(alone == SQ_ERR_INPUT && empty == SQ_ERR_INPUT && !none.self, "a batch of one entry and forward steps "
                                                                          "without fields are refused");
  TAP_CALL(sq_divergence_destroy(&none));
  end(&t);
  bool fine = true;
  for (int64_t batch = 2; batch < 3000; batch++) {
    const int micro = sq_divergence_micro(batch, 64);
    fine = fine && micro >= 2 && micro <= 64 && micro <= batch && batch % micro != 1;
  }
  tap_check(fine, "no entry is alone in its microbatch, for batches of any size");
}

/* Two numbers a site that say where they are, moved over a lattice. */
static void check_translation(void)
{
  const int64_t extent[] = {3, 4, 5}, shift[SQ_DIM] = {0, 2, 3, 1};
  sq_lattice *l;
  double *block, *whole;
  bool right = true;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 3, extent, NULL, &l));
  TAP_CALL(sq_alloc(2 * l->local_volume, &block));
  TAP_CALL(sq_alloc(l->volume, &whole));
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t i = 0; i < 2 * l->local_volume; i++) {
      int64_t x[SQ_DIM], site = 0;
      for (int64_t mu = SQ_DIM - 1, rest = i % l->local_volume; mu >= 0; rest /= l->local[mu--])
        x[mu] = (l->start[mu] + rest % l->local[mu] + pass * shift[mu]) % l->extent[mu];
      for (int mu = 0; mu < SQ_DIM; mu++) site = site * l->extent[mu] + x[mu];
      const double number = (double)(site + 1000 * (i / l->local_volume));
      if (pass == 0) block[i] = number;
      else right = right && block[i] == number;
    }
    if (pass == 0) TAP_CALL(sq_translate(l, 2, shift, block, whole));
  }
  tap_check(right, "a translation takes every number to its place");
  sq_free(&block);
  sq_free(&whole);
  TAP_CALL(sq_lattice_destroy(&l));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_reverse(false);
  check_reverse(true);
  check_forward();
  check_no_noise();
  check_paths();
  check_bits();
  check_refusals();
  check_translation();
  return tap_end();
}
