/* SPDX-License-Identifier: BSD-3-Clause */
/* train, score matching: the loss where it is known, the same bits on any number of replicas and after a restart,
 * memorising one field; for fields of one number a site, and of several.
 */
#include "squall/train.h"
#include "tests/tap.h"
#include <string.h>

static int components = 1;

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_dataset data;
  sq_diffusion_model *model;
  sq_objective objective;
  sq_learner *learner;
} set_up;

static sq_learner_options learner_options(int64_t steps)
{
  return (sq_learner_options){
    .steps = steps, .batch = 64, .warm_up = 10, .adam = {3e-3, 0.9, 0.99, 1e-9, 1}, .final_rate = 0.1, .average = 20};
}

static void create_learner(const sq_train_options *options, set_up *t)
{
  TAP_CALL(sq_score_matching_create(t->fft, options, &t->data, &t->data, t->model, &t->objective));
  TAP_CALL(sq_learner_create(t->grid, &options->learner, &t->objective, t->model->weight, &t->learner));
}

static void destroy_learner(set_up *t)
{
  TAP_CALL(sq_learner_destroy(&t->learner));
  TAP_CALL(sq_score_matching_destroy(&t->objective));
}

/* phi4, or its vectors. */
static void make_action(double kappa, double lambda, sq_action *action)
{
  if (components == 1) TAP_CALL(sq_action_make("phi4", 2, (double[]){kappa, lambda, 0, 0}, action));
  else TAP_CALL(sq_action_make("on", 2, (double[]){components, kappa, lambda, 0}, action));
}

/* Free fields (exact draws) on a 6x4 lattice, learned with the action phi4 at (kappa, lambda). replicas of world. */
static void begin(MPI_Comm world, int replicas, double lambda, bool mixed, int64_t fields, int64_t steps, set_up *t)
{
  const double kappa = 0.15;
  TAP_CALL(sq_grid_create(world, replicas, &t->grid));
  TAP_CALL(sq_lattice_create(t->grid->domain, 2, (int64_t[]){6, 4}, NULL, &t->lattice));
  TAP_CALL(sq_fft_create(t->lattice, &t->fft));
  int64_t orbits = t->fft->orbits.count, volume = t->lattice->local_volume, numbers = components * volume;
  double *root;
  TAP_CALL(sq_alloc(orbits, &root));
  t->data.count = fields;
  TAP_CALL(sq_alloc(fields * numbers, &t->data.blocks));
  for (int64_t o = 0; o < orbits; o++) root[o] = sqrt(1 / (2 - 4 * kappa * t->fft->orbits.phase_cos[o]));
  for (int64_t i = 0; i < fields; i++) {
    double *block = t->data.blocks + i * numbers;
    sq_block_random(t->lattice, components, sq_rng_normals, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)i), 0, 0, block);
    for (int c = 0; c < components; c++) TAP_CALL(sq_fft_filter(t->fft, root, block + c * volume, block + c * volume));
  }
  sq_diffusion_model *m;
  TAP_CALL(sq_alloc(1, &m));
  m->shape = (sq_network_shape){
    .dim = 2, .channels = 16, .blocks = 1, .width = 8, .odd = true, .levels = 1, .inputs = 2, .outputs = 1};
  if (components > 1) m->shape.components = components;
  make_action(kappa, lambda, &m->action);
  TAP_CALL(sq_orbits_create(2, t->lattice->extent, &m->orbits));
  TAP_CALL(sq_alloc(orbits, &m->propagator));
  TAP_CALL(sq_alloc(orbits, &m->force_power));
  for (int64_t o = 0; o < orbits; o++) m->force_power[o] = 1 / (m->propagator[o] = root[o] * root[o]);
  m->mixed = mixed, m->s_min = 0.05, m->s_max = 4;
  m->parameters = sq_network_parameters(&m->shape);
  TAP_CALL(sq_alloc(m->parameters, &m->weight));
  TAP_CALL(sq_network_init(&m->shape, 1, m->weight));
  t->model = m;
  sq_train_options options = {.seed = 5, .learner = learner_options(steps)};
  create_learner(&options, t);
  sq_free(&root);
}

static void end(set_up *t)
{
  destroy_learner(t);
  TAP_CALL(sq_diffusion_model_destroy(&t->model));
  sq_free(&t->data.blocks);
  TAP_CALL(sq_fft_destroy(&t->fft));
  TAP_CALL(sq_lattice_destroy(&t->lattice));
  TAP_CALL(sq_grid_destroy(&t->grid));
}

static double learn(set_up *t, int steps, double *loss)
{
  sq_train_record record = {0};
  double mean = 0;
  for (int i = 0; i < steps; i++) {
    TAP_CALL(sq_learner_step(t->learner, &record));
    if (loss) loss[i] = record.loss;
    mean += record.loss / steps;
  }
  return mean;
}

/* A Gaussian field leaves nothing to learn: with the plain target the loss is 1, with the mixed one the target is
 * exact. */
static void check_free_field(void)
{
  set_up t;
  double before, after;
  begin(MPI_COMM_WORLD, tap.size, 0, false, 2000, 100, &t);
  TAP_CALL(sq_learner_validate(t.learner, 2000, &before));
  tap_near(before, 1, 0.03, "plain target, free field: the loss is 1");
  learn(&t, 100, NULL);
  TAP_CALL(sq_learner_validate(t.learner, 2000, &after));
  tap_check(after > before - 0.02 && after < before + 0.05, "and stays there");
  end(&t);
  begin(MPI_COMM_WORLD, tap.size, 0, true, 100, 10, &t);
  TAP_CALL(sq_learner_validate(t.learner, 100, &before));
  tap_near(before, 0, 1e-18, "mixed target, free field: the target is the Gaussian solution");
  end(&t);
}

/* Replicas share out the batch without changing a bit; a split lattice changes rounding only. */
static void check_parallel(void)
{
  enum { STEPS = 8 };
  double alone[STEPS], replicas[STEPS], split[STEPS], apart = 0;
  set_up t;
  begin(MPI_COMM_SELF, 1, 0.1, false, 50, STEPS, &t);
  learn(&t, STEPS, alone);
  end(&t);
  begin(MPI_COMM_WORLD, tap.size, 0.1, false, 50, STEPS, &t);
  learn(&t, STEPS, replicas);
  end(&t);
  begin(MPI_COMM_WORLD, 1, 0.1, false, 50, STEPS, &t);
  learn(&t, STEPS, split);
  end(&t);
  tap_check(!memcmp(alone, replicas, sizeof alone), "replicas give the losses of one rank to the bit");
  for (int i = 0; i < STEPS; i++) tap_worst(&apart, fabs(split[i] / alone[i] - 1));
  tap_check(apart < 1e-6, "a lattice split over ranks gives them to 1e-6");
}

static void check_resume(void)
{
  enum { STEPS = 10 };
  double straight[STEPS], resumed[STEPS];
  set_up t;
  sq_store *store;
  begin(MPI_COMM_WORLD, tap.size, 0.1, true, 50, STEPS, &t);
  learn(&t, STEPS, straight);
  end(&t);
  begin(MPI_COMM_WORLD, tap.size, 0.1, true, 50, STEPS, &t);
  learn(&t, STEPS / 2, resumed);
  TAP_CALL(sq_store_create("checkpoint", &store));
  TAP_CALL(sq_learner_put(t.learner, "state", store));
  end(&t);
  begin(MPI_COMM_WORLD, tap.size, 0.1, true, 50, 1, &t);
  TAP_CALL(sq_learner_get(t.learner, "state", store));
  learn(&t, STEPS / 2, resumed + STEPS / 2);
  tap_check(!memcmp(straight, resumed, sizeof straight), "a resumed training goes on to the bit");
  TAP_CALL(sq_store_destroy(&store));
  end(&t);
}

/* One field, taken as all there is: the network must beat the Gaussian solution by far. */
static void check_memorising(void)
{
  set_up t;
  begin(MPI_COMM_WORLD, tap.size, 0, false, 1, 1000, &t);
  double first = learn(&t, 10, NULL);
  learn(&t, 970, NULL);
  double last = learn(&t, 20, NULL);
  if (tap.rank == 0) printf("# loss %g -> %g\n", first, last);
  tap_check(last < 0.5 * first, "one field can be memorised");
  end(&t);
}

/* Spectra of free fields are the propagator and its inverse. */
static void check_spectra(void)
{
  set_up t;
  begin(MPI_COMM_WORLD, tap.size, 0, true, 2000, 1, &t);
  int64_t orbits = t.fft->orbits.count;
  double *G, *A, worst = 0;
  TAP_CALL(sq_alloc(orbits, &G));
  TAP_CALL(sq_alloc(orbits, &A));
  TAP_CALL(sq_measure_spectra(t.grid, t.fft, &t.model->action, &t.data, G, A));
  for (int64_t o = 0; o < orbits; o++) {
    double sigma = sqrt(2. / (2000. * components * (double)t.fft->orbits.multiplicity[o]));
    tap_worst(&worst, fabs(G[o] / t.model->propagator[o] - 1) / sigma);
    tap_worst(&worst, fabs(A[o] * t.model->propagator[o] - 1) / sigma);
  }
  tap_check(worst < 5, "measured spectra of a free field are G and 1/G");
  sq_free(&G);
  sq_free(&A);
  end(&t);
}

/* DDPM's algorithm 1, and others: levels as a schedule draws them, the loss of the noise or the score. For free fields
 * the error of the Gaussian solution is known at every level, so the loss is 1 whatever the weights. */
static void check_schedule(const char *name, const char *loss)
{
  set_up t;
  double before, after;
  begin(MPI_COMM_WORLD, tap.size, 0, false, 2000, 60, &t);
  sq_train_options options = {
    .seed = 5,
    .learner = learner_options(60),
    .schedule = {.type = sq_schedule_find(name), .sigma = 25, .beta_min = 0.1, .beta_max = 20, .timesteps = 1000},
    .loss = sq_parametrisation_find(loss)};
  t.model->s_min = sq_schedule_ratio(&options.schedule, 0.02);
  t.model->s_max = sq_schedule_ratio(&options.schedule, 1);
  destroy_learner(&t);
  create_learner(&options, &t);
  TAP_CALL(sq_learner_validate(t.learner, 2000, &before));
  tap_near(before, 1, 0.06, "levels of a schedule, another parametrisation: the loss is 1");
  learn(&t, 60, NULL);
  TAP_CALL(sq_learner_validate(t.learner, 2000, &after));
  tap_check(after > before - 0.05 && after < before + 0.1, "%s, %s: and stays there (%.3f, %.3f)", name, loss, before,
            after);
  end(&t);
}

/* Spectra know no direction. */
static void check_symmetry(void)
{
  const double cosine = 0.6, sine = 0.8;
  set_up t;
  double worst = 0;
  begin(MPI_COMM_WORLD, tap.size, 0.1, true, 40, 1, &t);
  int64_t orbits = t.fft->orbits.count, volume = t.lattice->local_volume;
  double *spectrum[4];
  for (int i = 0; i < 4; i++) TAP_CALL(sq_alloc(orbits, &spectrum[i]));
  TAP_CALL(sq_measure_spectra(t.grid, t.fft, &t.model->action, &t.data, spectrum[0], spectrum[1]));
  for (int64_t b = 0; b < t.data.count; b++) {
    double *x = t.data.blocks + b * components * volume, *y = x + (components - 1) * volume;
    for (int64_t i = 0; i < volume; i++) {
      double was = x[i];
      x[i] = cosine * was - sine * y[i], y[i] = sine * was + cosine * y[i];
    }
  }
  TAP_CALL(sq_measure_spectra(t.grid, t.fft, &t.model->action, &t.data, spectrum[2], spectrum[3]));
  for (int i = 0; i < 2; i++)
    for (int64_t o = 0; o < orbits; o++) tap_worst(&worst, fabs(spectrum[i][o] / spectrum[2 + i][o] - 1));
  tap_near(worst, 0, 1e-11, "turned fields have the spectra of fields");
  for (int i = 0; i < 4; i++) sq_free(&spectrum[i]);
  end(&t);
}

/* A model's file says its components, and must be of a theory that has them. */
static void check_refused(void)
{
  set_up t;
  sq_store *store;
  sq_diffusion_model *again;
  const int right = components;
  begin(MPI_COMM_WORLD, tap.size, 0.1, true, 4, 1, &t);
  TAP_CALL(sq_store_create("model", &store));
  TAP_CALL(sq_diffusion_model_put(t.model, store));
  TAP_CALL(sq_diffusion_model_get(MPI_COMM_WORLD, store, "memory", &again));
  tap_check(again->shape.components == right && sq_action_components(&again->action) == right, "a model with its "
                                                                                               "components survives "
                                                                                               "its file");
  TAP_CALL(sq_diffusion_model_destroy(&again));
  TAP_CALL(sq_store_destroy(&store));
  for (int wrong = 0; wrong < 2; wrong++) {
    TAP_CALL(sq_store_create("model", &store));
    if (wrong) t.model->shape.components = right + 1;
    else t.model->shape.components = 0;
    TAP_CALL(sq_diffusion_model_put(t.model, store));
    PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
    PetscErrorCode code = sq_diffusion_model_get(MPI_COMM_WORLD, store, "memory", &again);
    PetscPopErrorHandler();
    tap_check(code == SQ_ERR_DATA, "a file of %s components than its action's is refused", wrong ? "more" : "fewer");
    TAP_CALL(sq_store_destroy(&store));
  }
  t.model->shape.components = right;
  end(&t);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_spectra();
  check_free_field();
  check_schedule("ddpm", "epsilon");
  check_schedule("ve", "score");
  check_schedule("vp-cosine", "denoiser");
  check_parallel();
  check_resume();
  check_memorising();
  components = 3;
  check_spectra();
  check_free_field();
  check_symmetry();
  components = 2;
  check_parallel();
  check_resume();
  check_refused();
  return tap_end();
}
