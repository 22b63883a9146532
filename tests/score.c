/* SPDX-License-Identifier: BSD-3-Clause */
/* score: the Gaussian score and the learned one; model files. */
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

static void toy_model(const sq_lattice *lattice, sq_diffusion_model **out)
{
  sq_diffusion_model *model;
  TAP_CALL(sq_alloc(1, &model));
  model->shape = (sq_network_shape){
    .dim = 2, .channels = 16, .blocks = 1, .width = 8, .odd = true, .levels = 1, .inputs = 2, .outputs = 1};
  model->s_min = 0.1, model->s_max = 10, model->mixed = true;
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.2, 0.1, 0, 0}, &model->action));
  TAP_CALL(sq_orbits_create(2, lattice->extent, &model->orbits));
  model->parameters = sq_network_parameters(&model->shape);
  TAP_CALL(sq_alloc(model->orbits.count, &model->propagator));
  TAP_CALL(sq_alloc(model->orbits.count, &model->force_power));
  TAP_CALL(sq_alloc(model->parameters, &model->weight));
  for (int64_t o = 0; o < model->orbits.count; o++) {
    model->propagator[o] = 1 / (0.3 + model->orbits.phat2[o]);
    model->force_power[o] = 0.5 + model->orbits.phat2[o];
  }
  TAP_CALL(sq_network_init(&model->shape, 5, model->weight));
  *out = model;
}

/* The tangent of a learned score, three directions where two go at a time, against differences of what it denoises. */
static void check_score_tangent(void)
{
  enum { DIRECTIONS = 3 };
  const double s = 0.7, h = 0.02;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_diffusion_model *model;
  sq_score score;
  double *noisy, *along, *clean, *moved, *extra, worst[2] = {0, 0};
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){6, 5}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  toy_model(lattice, &model);
  TAP_CALL(sq_alloc(model->parameters, &extra));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 0), 0, model->parameters, 0, 0, extra);
  for (int64_t i = 0; i < model->parameters; i++) model->weight[i] += 0.05 * extra[i];
  TAP_CALL(sq_learned_score_create(fft, model, 3, false, &score));
  int64_t volume = lattice->local_volume;
  TAP_CALL(sq_alloc((1 + DIRECTIONS) * volume, &noisy));
  TAP_CALL(sq_alloc(DIRECTIONS * volume, &along));
  TAP_CALL(sq_alloc(volume, &clean));
  TAP_CALL(sq_alloc(2 * volume, &moved));
  for (int i = 0; i <= DIRECTIONS; i++)
    sq_block_normals(lattice, sq_stream_make(1, SQ_RNG_TEST, (uint64_t)i), 0, 0, noisy + i * volume);
  TAP_CALL(score.tangent(score.self, 1, s, noisy, DIRECTIONS, noisy + volume, clean, along));
  TAP_CALL(score.denoise(score.self, 1, s, 1, noisy, moved));
  tap_check(!memcmp(clean, moved, (size_t)volume * sizeof *clean), "a score denoises alike with tangents and without");
  for (int d = 0; d < DIRECTIONS; d++) {
    for (int side = 0; side < 2; side++) {
      for (int64_t i = 0; i < volume; i++) moved[i] = noisy[i] + (side ? -h : h) * noisy[(1 + d) * volume + i];
      TAP_CALL(score.denoise(score.self, 1, s, 1, moved, side ? moved + volume : clean));
    }
    for (int64_t i = 0; i < volume; i++) {
      tap_worst(&worst[0], fabs((clean[i] - moved[volume + i]) / (2 * h) - along[d * volume + i]));
      tap_worst(&worst[1], fabs(along[d * volume + i]));
    }
  }
  (void)MPI_Allreduce(MPI_IN_PLACE, worst, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  tap_near(worst[0], 0, 1e-3 * worst[1], "its tangents are the derivatives");
  TAP_CALL(sq_learned_score_destroy(&score));
  TAP_CALL(sq_diffusion_model_destroy(&model));
  double **array[] = {&noisy, &along, &clean, &moved, &extra};
  for (int i = 0; i < 5; i++) sq_free(array[i]);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* Before training the learned score is the Gaussian one; a model read back is the model written. */
static void check_model(void)
{
  sq_lattice *lattice;
  sq_fft *fft;
  sq_diffusion_model *model, *again;
  sq_store *store;
  sq_score gaussian, learned;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){6, 5}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  toy_model(lattice, &model);
  TAP_CALL(sq_gaussian_score_create(fft, 1, model->propagator, &gaussian));
  TAP_CALL(sq_learned_score_create(fft, model, 2, false, &learned));
  double *noisy, *a, *b;
  int64_t volume = lattice->local_volume;
  TAP_CALL(sq_alloc(3 * volume, &noisy));
  TAP_CALL(sq_alloc(3 * volume, &a));
  TAP_CALL(sq_alloc(3 * volume, &b));
  for (int i = 0; i < 3; i++)
    sq_block_normals(lattice, sq_stream_make(1, SQ_RNG_TEST, (uint64_t)i), 0, 0, noisy + i * volume);
  TAP_CALL(gaussian.denoise(gaussian.self, 1, 0.7, 3, noisy, a));
  TAP_CALL(learned.denoise(learned.self, 1, 0.7, 3, noisy, b));
  tap_check(!memcmp(a, b, (size_t)(3 * volume) * sizeof *a), "an untrained score is the Gaussian one");
  TAP_CALL(sq_store_create("model", &store));
  TAP_CALL(sq_diffusion_model_put(model, store));
  TAP_CALL(sq_diffusion_model_get(MPI_COMM_WORLD, store, "memory", &again));
  tap_check(!memcmp(model->weight, again->weight, (size_t)model->parameters * sizeof(double)) &&
              again->s_max == model->s_max && again->mixed && sq_action_equal(&model->action, &again->action) &&
              again->orbits.count == model->orbits.count,
            "a model survives its file");
  TAP_CALL(sq_store_destroy(&store));
  TAP_CALL(sq_gaussian_score_destroy(&gaussian));
  TAP_CALL(sq_learned_score_destroy(&learned));
  TAP_CALL(sq_diffusion_model_destroy(&model));
  TAP_CALL(sq_diffusion_model_destroy(&again));
  sq_free(&noisy);
  sq_free(&a);
  sq_free(&b);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* A network with weights that are not zero, at any a: D(phi; a, s) = D(phi/a; 1, s/a), and the posterior too. */
static void check_scaling(void)
{
  const double a = 0.03, s = 0.6;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_score score;
  sq_diffusion_model model = {
    .shape = {.dim = 2, .channels = 16, .blocks = 1, .width = 8, .odd = true, .levels = 1, .inputs = 2, .outputs = 1},
    .s_min = 0.1,
    .s_max = 50,
    .mixed = true,
    .levels = 3};
  double *noisy, *scaled, *one, *two, worst = 0, largest = 0;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){6, 5}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.2, 0.1, 0, 0}, &model.action));
  TAP_CALL(sq_orbits_create(2, lattice->extent, &model.orbits));
  int64_t orbits = model.orbits.count, volume = lattice->local_volume;
  double **array[] = {&noisy, &scaled, &one, &two};
  for (int i = 0; i < 4; i++) TAP_CALL(sq_alloc(volume + orbits, array[i]));
  model.parameters = sq_network_parameters(&model.shape);
  TAP_CALL(sq_alloc(orbits, &model.propagator));
  TAP_CALL(sq_alloc(orbits, &model.force_power));
  TAP_CALL(sq_alloc(3 * orbits, &model.ratio));
  TAP_CALL(sq_alloc(model.parameters, &model.weight));
  for (int64_t o = 0; o < orbits; o++) {
    model.propagator[o] = 1 / (0.3 + model.orbits.phat2[o]);
    model.force_power[o] = 0.5 + model.orbits.phat2[o];
    for (int k = 0; k < 3; k++) model.ratio[k * orbits + o] = 0.3 + 0.2 * k;
  }
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 1), 0, model.parameters, 0, 0, model.weight);
  for (int64_t i = 0; i < model.parameters; i++) model.weight[i] *= 0.1;
  TAP_CALL(sq_learned_score_create(fft, &model, 1, false, &score));
  sq_block_normals(lattice, sq_stream_make(1, SQ_RNG_TEST, 0), 0, 0, noisy);
  for (int64_t i = 0; i < volume; i++) scaled[i] = noisy[i] / a;
  TAP_CALL(score.denoise(score.self, a, s, 1, noisy, one));
  TAP_CALL(score.denoise(score.self, 1, s / a, 1, scaled, two));
  for (int64_t i = 0; i < volume; i++) tap_worst(&worst, fabs(one[i] - two[i])), tap_worst(&largest, fabs(two[i]));
  tap_check(worst < 1e-5 * largest && largest > 0, "a network trained at a = 1 serves every a (off by %.1e of %.1e)",
            worst, largest);
  score.posterior(score.self, a, s, one);
  score.posterior(score.self, 1, s / a, two);
  worst = 0;
  for (int64_t o = 0; o < orbits; o++) tap_worst(&worst, fabs(one[o] / two[o] - 1));
  tap_check(worst < 1e-12, "and what it leaves open too");
  TAP_CALL(sq_learned_score_destroy(&score));
  double **owned[] = {&noisy, &scaled, &one, &two, &model.propagator, &model.force_power, &model.ratio, &model.weight};
  for (int i = 0; i < 8; i++) sq_free(owned[i]);
  sq_orbits_destroy(&model.orbits);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_score_tangent();
  check_model();
  check_scaling();
  return tap_end();
}
