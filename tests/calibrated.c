/* SPDX-License-Identifier: BSD-3-Clause */
/* What training measures for the sampler's kernels, on fields that are known: of two narrow peaks far apart the zero
 * mode's mixture has their places and widths; a few held-out fields say nothing about the curvature.
 */
#include "squall/model.h"
#include "tests/tap.h"
#include <string.h>

enum { SIDE = 16, TRAINING = 512, TESTING = 128 };
static const double peak = 3.75, width = 0.63; /* of a site; those of the zero mode: SIDE times, and the second */

/* Independent sites about one of two values. */
static void make_fields(const sq_lattice *lattice, int64_t first, int64_t count, sq_dataset *set)
{
  const int64_t volume = lattice->local_volume;
  set->count = count;
  TAP_CALL(sq_alloc(count * volume, &set->blocks));
  for (int64_t i = 0; i < count; i++) {
    double *block = set->blocks + i * volume;
    sq_block_normals(lattice, sq_stream_make(21, SQ_RNG_TEST, (uint64_t)(first + i)), 0, 0, block);
    for (int64_t x = 0; x < volume; x++) block[x] = ((first + i) % 2 ? -peak : peak) + width * block[x];
  }
}

/* What is known after training that moves no weight, on so many held-out fields: the model, the caller's. */
static sq_diffusion_model *calibrate(const sq_grid *grid, sq_fft *fft, int64_t testing)
{
  static const sq_param *const tables[] = {sq_model_params, sq_train_params, sq_schedule_params, NULL};
  sq_action action;
  sq_train_settings set;
  sq_deck *deck;
  void *self;
  int64_t count;
  sq_model_data data = {.grid = grid, .fft = fft, .action = &action, .set = &set, .seed = 4};
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.4, 0.022, 0, 0}, &action));
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", "model: {channels: 16, blocks: 1}\ntrain: {target: plain}",
                         tables, 0, NULL, &deck));
  TAP_CALL(sq_train_settings_from_deck(deck, &set));
  make_fields(fft->lattice, 0, TRAINING, &data.training);
  make_fields(fft->lattice, TRAINING, testing, &data.testing);
  TAP_CALL(sq_model_type_diffusion.create(deck, &data, &self));
  const double *weights = sq_model_type_diffusion.weights(self, &count);
  double *copy;
  TAP_CALL(sq_alloc(count, &copy));
  memcpy(copy, weights, (size_t)count * sizeof *copy);
  TAP_CALL(sq_model_type_diffusion.update(self, &data, copy, testing));
  sq_free(&copy);
  sq_free(&data.training.blocks);
  sq_free(&data.testing.blocks);
  TAP_CALL(sq_deck_destroy(&deck));
  return self;
}

/* Errors of TRAINING numbers. */
static void check_peaks(const sq_mixture *fit)
{
  const double mean = SIDE * peak, variance = width * width;
  tap_check(fit->count == 2, "the zero mode has two peaks: %d", fit->count);
  tap_near(fabs(fit->mean[0]), mean, 4 * width / sqrt(TRAINING), "where they are");
  tap_near(fit->variance[0] / variance, 1, 4 * sqrt(2. / TRAINING) + 0.01,
           "and as narrow, a hundredth of their distance");
}

static void check_few(const sq_diffusion_model *model, int64_t fields)
{
  double most = 0;
  for (int k = 0; k < model->levels; k++) tap_worst(&most, fabs(model->curvature[k]));
  tap_check(model->levels > 0 && most == 0, "%lld held-out fields say nothing about the curvature: %g",
            (long long)fields, most);
}

int main(int argc, char **argv)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  tap_begin(&argc, &argv);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){SIDE, SIDE}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  sq_diffusion_model *model = calibrate(grid, fft, TESTING);
  check_peaks(&model->zero_mode);
  TAP_CALL(sq_diffusion_model_destroy(&model));
  for (int64_t fields = 1; fields < 8; fields += 2) {
    model = calibrate(grid, fft, fields);
    check_few(model, fields);
    TAP_CALL(sq_diffusion_model_destroy(&model));
  }
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
  return tap_end();
}
