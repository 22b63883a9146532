/* SPDX-License-Identifier: BSD-3-Clause */
/* Models of many couplings: weights of interpolation on polynomials, networks with conditions by finite differences and
 * against what they are at fixed conditions, free fields between the couplings that are known against their exact log
 * Z, files and forged ones.
 */
#include "squall/correct.h"
#include "squall/diffusion.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

static sq_action phi4(double kappa, double lambda)
{
  sq_action action;
  TAP_CALL(sq_action_make("phi4", 2, (double[]){kappa, lambda, 0, 0}, &action));
  return action;
}

static double cubic(double x, double y)
{
  return 1 + x * (2 - x * (3 - 4 * x)) + y * x * x + 5 * y;
}

/* Degree 3 in kappa, 1 in lambda, on axes of 5 and 2 values. */
static void check_weights(void)
{
  const sq_scan scan = {
    .axes = 2, .parameter = {0, 1}, .count = {5, 2}, .value = {{0.1, 0.13, 0.18, 0.2, 0.24}, {0.01, 0.03}}};
  const double at[][2] = {{0.1, 0.01}, {0.18, 0.03}, {0.24, 0.02}, {0.152, 0.013}, {0.2399, 0.0299}};
  double weight[SQ_SCAN_PLACES], position[SQ_SCAN_AXES], worst = 0;
  tap_check(sq_scan_places(&scan) == 10, "places are all combinations");
  for (int i = 0; i < 5; i++) {
    const sq_action here = phi4(at[i][0], at[i][1]);
    double sum = 0, one = 0;
    sq_scan_weights(&scan, &here, weight);
    for (int k = 0; k < 10; k++) {
      sq_action place;
      sq_scan_action(&scan, &here, k, &place);
      sum += weight[k] * cubic(place.value[0], place.value[1]);
      one += weight[k];
    }
    tap_worst(&worst, fabs(sum - cubic(at[i][0], at[i][1])));
    tap_worst(&worst, fabs(one - 1));
  }
  tap_near(worst, 0, 1e-13, "polynomials of degree 3 are interpolated exactly");
  sq_action here = phi4(0.18, 0.03);
  sq_scan_weights(&scan, &here, weight);
  bool alone = true;
  for (int k = 0; k < 10; k++) alone = alone && weight[k] == (k == 5);
  tap_check(alone, "a place has its own weight alone, to the bit");
  sq_scan_position(&scan, &here, position);
  tap_check(fabs(position[0] - 4. / 7) < 1e-15 && position[1] == 1, "positions are shares of the range");
  tap_check(sq_scan_outside(&scan, &here) == -1, "what is inside is inside");
  here.value[1] = 0.031;
  tap_check(sq_scan_outside(&scan, &here) == 1, "what is outside is outside on its axis");
  here.value[0] = NAN;
  tap_check(sq_scan_outside(&scan, &here) == 0, "a NaN is outside");
}

/* Values at unequal distances: what is measured at them has errors, which must not grow between them. */
static void check_uneven(void)
{
  static const sq_scan scans[] = {
    {.axes = 1, .count = {4}, .value = {{0, 0.4, 1.5, 5}}},
    {.axes = 1, .count = {3}, .value = {{0.2, 0.2999, 0.3}}},
    {.axes = 1, .count = {5}, .value = {{0, 0.001, 0.01, 0.1, 1}}},
    {.axes = 1,
     .count = {14},
     .value = {{0.20, 0.215, 0.23, 0.24, 0.25, 0.26, 0.265, 0.27, 0.275, 0.28, 0.285, 0.29, 0.295, 0.30}}}};
  double weight[SQ_SCAN_PLACES], most = 0, worst = 0;
  for (size_t s = 0; s < sizeof scans / sizeof *scans; s++) {
    const double *x = scans[s].value[0], last = x[scans[s].count[0] - 1];
    for (int i = 0; i <= 1000; i++) {
      const double at = fmin(x[0] + (last - x[0]) * i / 1000, last);
      const sq_action here = phi4(at, 0.1);
      double sum = 0, sizes = 0;
      sq_scan_weights(&scans[s], &here, weight);
      for (int k = 0; k < scans[s].count[0]; k++) {
        sum += weight[k] * (1 + 3 * x[k]);
        sizes += fabs(weight[k]);
      }
      tap_worst(&most, sizes);
      tap_worst(&worst, fabs(sum - 1 - 3 * at));
    }
  }
  tap_check(most <= 2, "errors grow by %.3f at most between values at unequal distances", most);
  tap_near(worst, 0, 1e-12, "straight lines are interpolated exactly there");
}

/* ---- the network ---- */

enum { BATCH = 3, SIDE = 8, SITES = SIDE * SIDE };

static const sq_network_shape conditional = {.dim = 2,
                                             .channels = 16,
                                             .blocks = 1,
                                             .width = 8,
                                             .odd = true,
                                             .levels = 1,
                                             .inputs = 1,
                                             .outputs = 1,
                                             .conditions = 2};

static void random_weights(const sq_network_shape *shape, double *weight)
{
  const int64_t count = sq_network_parameters(shape);
  double *extra;
  TAP_CALL(sq_network_init(shape, 3, weight));
  TAP_CALL(sq_alloc(count, &extra));
  sq_rng_normals(sq_stream_make(2, SQ_RNG_TEST, 0), 0, count, 0, 0, extra);
  for (int64_t i = 0; i < count; i++) weight[i] += 0.05 * extra[i];
  sq_free(&extra);
}

/* sum out^2/2 of the network; gradient NULL: no gradient. */
static double square(sq_network *network, const double *weight, int64_t count, const double *level, double *in,
                     float *gradient, double *out)
{
  float *rounded;
  double scale[BATCH] = {1, 1, 1}, sum = 0;
  TAP_CALL(sq_alloc(count, &rounded));
  for (int64_t i = 0; i < count; i++) rounded[i] = (float)weight[i];
  sq_network_load(network, rounded);
  TAP_CALL(sq_network_forward(network, BATCH, (const double *[]){in}, (const double *[]){scale}, level, &out));
  for (int i = 0; i < BATCH * SITES; i++) sum += out[i] * out[i] / 2;
  if (gradient) TAP_CALL(sq_network_backward(network, (const double *[]){out}, NULL, gradient));
  sq_free(&rounded);
  return sum;
}

static void check_network(void)
{
  const double level[BATCH * 3] = {0.1, 0.2, 0.9, 0.5, 0.7, 0.3, 0.8, 0, 1}, h = 4e-3;
  const int64_t count = sq_network_parameters(&conditional);
  sq_network_shape plain = conditional;
  sq_network_layer layer;
  sq_lattice *lattice;
  sq_network *network;
  double *weight, *fixed, in[BATCH * SITES], out[BATCH * SITES], other[BATCH * SITES], worst = 0;
  float *gradient;
  int last = 0;
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 2, (int64_t[]){SIDE, SIDE}, NULL, &lattice));
  TAP_CALL(sq_network_create(lattice, &conditional, BATCH, true, &network));
  TAP_CALL(sq_alloc(count, &weight));
  TAP_CALL(sq_alloc(count, &fixed));
  TAP_CALL(sq_alloc(count, &gradient));
  random_weights(&conditional, weight);
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 0), 0, BATCH * SITES, 0, 0, in);
  (void)square(network, weight, count, level, in, gradient, out);
  while (sq_network_layer_of(&conditional, last, &layer)) last++;
  for (int64_t i = layer.at; i < layer.at + layer.columns; i += 7) { /* what depends on level and conditions */
    double side[2], was = weight[i];
    for (int k = 0; k < 2; k++) {
      weight[i] = was + (k ? -h : h);
      side[k] = square(network, weight, count, level, in, NULL, other);
    }
    weight[i] = was;
    tap_worst(&worst, fabs((side[0] - side[1]) / (2 * h) - gradient[i]) / (1 + fabs((double)gradient[i])));
  }
  tap_near(worst, 0, 5e-3, "gradients of what depends on conditions are derivatives");
  TAP_CALL(sq_network_destroy(&network));
  plain.conditions = 0;
  TAP_CALL(sq_network_create(lattice, &plain, BATCH, false, &network));
  worst = 0;
  for (int b = 0; b < BATCH; b++) {
    const double alone[BATCH] = {level[3 * b], level[3 * b], level[3 * b]};
    sq_network_fix(&conditional, level + 3 * b + 1, weight, fixed);
    (void)square(network, fixed, sq_network_parameters(&plain), alone, in, NULL, other);
    for (int i = b * SITES; i < (b + 1) * SITES; i++) tap_worst(&worst, fabs(other[i] - out[i]));
  }
  tap_near(worst, 0, 1e-5, "at fixed conditions it is a network without any");
  tap_check(sq_network_parameters(&conditional) - sq_network_parameters(&plain) == 2 * SQ_NETWORK_POWERS * 8,
            "conditions have weights of their own");
  TAP_CALL(sq_network_destroy(&network));
  TAP_CALL(sq_lattice_destroy(&lattice));
  sq_free(&weight);
  sq_free(&fixed);
  sq_free(&gradient);
}

/* ---- free fields ---- */

/* What is exact at the places of a free field; the network of the initial weights has no outputs. */
static void free_model(const int64_t extent[2], sq_diffusion_model **out)
{
  sq_diffusion_model *m;
  TAP_CALL(sq_alloc(1, &m));
  m->shape = (sq_network_shape){.dim = 2,
                                .channels = 16,
                                .blocks = 1,
                                .width = 8,
                                .odd = true,
                                .levels = 1,
                                .inputs = 2,
                                .outputs = 1,
                                .conditions = 1};
  m->action = phi4(0.17, 0);
  m->scan = (sq_scan){.axes = 1, .parameter = {0}, .count = {5}, .value = {{0.1, 0.13, 0.16, 0.19, 0.22}}};
  m->parameters = sq_network_parameters(&m->shape);
  TAP_CALL(sq_orbits_create(2, (int64_t[]){1, 1, extent[0], extent[1]}, &m->orbits));
  TAP_CALL(sq_alloc(m->parameters, &m->weight));
  TAP_CALL(sq_network_init(&m->shape, 1, m->weight));
  TAP_CALL(sq_diffusion_model_make_places(m));
  for (int k = 0; k < 5; k++) {
    sq_diffusion_model *at = &m->place[k];
    at->s_min = 0.05;
    at->s_max = 8;
    for (int64_t o = 0; o < m->orbits.count; o++) {
      at->propagator[o] = 1 / (2 - 4 * at->action.value[0] * m->orbits.phase_cos[o]);
      at->force_power[o] = 1 / at->propagator[o];
    }
  }
  TAP_CALL(sq_diffusion_model_settle(m));
  *out = m;
}

/* As if the zero mode had two peaks at two of the places: not true of a free field, which weights must mend. */
static void give_two_peaks(sq_diffusion_model *m)
{
  for (int k = 1; k < 3; k++) {
    const double G = m->place[k].propagator[0], at = 0.6 * sqrt(G);
    m->place[k].zero_mode = (sq_mixture){.count = 2, .weight = {0.5, 0.5}, .mean = {at, -at}, .variance = {G, G}};
  }
  TAP_CALL(sq_diffusion_model_settle(m));
}

/* log Z of the free field: 1/2 sum over momenta of log(2 pi G). */
static double exact_log_Z(const sq_orbits *orbits, double kappa)
{
  double sum = 0;
  for (int64_t o = 0; o < orbits->count; o++)
    sum += 0.5 * (double)orbits->multiplicity[o] * log(2 * M_PI / (2 - 4 * kappa * orbits->phase_cos[o]));
  return sum;
}

/* Weights of fields at one coupling. */
static void weigh(const sq_diffusion_model *model, const sq_grid *grid, const sq_lattice *lattice, double kappa,
                  sq_weights *weights)
{
  enum { FIELDS = 256, TOGETHER = 32 };
  const sq_action action = phi4(kappa, 0);
  sq_fft *fft;
  sq_score score;
  sq_noise_grid levels;
  sq_sampler *sampler;
  sq_generator generator;
  sq_weighed weighed;
  sq_diffusion_model *one;
  TAP_CALL(sq_diffusion_model_at(model, &action, &one));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_learned_score_create(fft, one, TOGETHER, false, &score));
  TAP_CALL(sq_noise_grid_geometric(4, one->s_min, one->s_max, &levels));
  TAP_CALL(sq_sampler_create(&score, &levels, TOGETHER, &sampler));
  sq_sampler_generator(sampler, &generator);
  TAP_CALL(sq_generator_weigh(&generator, grid, &action, 11, FIELDS, &weighed));
  *weights = weighed.weights;
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  TAP_CALL(sq_learned_score_destroy(&score));
  TAP_CALL(sq_diffusion_model_destroy(&one));
  TAP_CALL(sq_fft_destroy(&fft));
}

/* Between places the propagator is interpolated, and what that costs is small; weights know it, and log Z is exact. */
static void check_free_field(void)
{
  const int64_t extent[2] = {8, 4};
  sq_grid *grid;
  sq_lattice *lattice;
  sq_diffusion_model *model;
  sq_weights w;
  char text[80];
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, extent, NULL, &lattice));
  free_model(extent, &model);
  weigh(model, grid, lattice, 0.16, &w);
  tap_near(w.log_mean, exact_log_Z(&model->orbits, 0.16), 1e-9, "log Z of a free field at a place is exact");
  tap_near(w.ess, 1, 1e-9, "and all weights are equal");
  for (int i = 0; i < 4; i++) {
    const double kappa = (double[]){0.1123, 0.147, 0.171, 0.2155}[i];
    weigh(model, grid, lattice, kappa, &w);
    snprintf(text, sizeof text, "log Z between the places, at %g: within 4 errors", kappa);
    tap_near(w.log_mean, exact_log_Z(&model->orbits, kappa), 4 * w.error + 1e-9, text);
    tap_check(w.ess > 0.999, "the effective sample size there, %.5f, is nearly 1", w.ess);
  }
  give_two_peaks(model);
  for (int i = 0; i < 2; i++) {
    const double kappa = (double[]){0.147, 0.171}[i];
    weigh(model, grid, lattice, kappa, &w);
    snprintf(text, sizeof text, "with wrong peaks of the zero mode, at %g: within 4 errors", kappa);
    tap_near(w.log_mean, exact_log_Z(&model->orbits, kappa), 4 * w.error, text);
    tap_check(w.ess > 0.8 && w.ess < 0.999, "the effective sample size there, %.4f, is below 1", w.ess);
  }
  TAP_CALL(sq_diffusion_model_destroy(&model));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* ---- files ---- */

static bool same(const sq_diffusion_model *a, const sq_diffusion_model *b)
{
  bool equal = !memcmp(&a->scan, &b->scan, sizeof a->scan) && a->parameters == b->parameters &&
               !memcmp(a->weight, b->weight, (size_t)a->parameters * sizeof *a->weight);
  for (int k = 0; equal && k < sq_scan_places(&a->scan); k++)
    equal = sq_action_equal(&a->place[k].action, &b->place[k].action) && a->place[k].s_max == b->place[k].s_max &&
            !memcmp(a->place[k].propagator, b->place[k].propagator, (size_t)a->orbits.count * sizeof(double)) &&
            !memcmp(&a->place[k].zero_mode, &b->place[k].zero_mode, sizeof(sq_mixture));
  return equal;
}

/* The model's file with one array replaced: refused with a message. */
static void check_forged(const sq_store *store, const char *name, int64_t count, const double *reals,
                         const int64_t *ints)
{
  sq_store *forged;
  sq_store_value v;
  sq_diffusion_model *model = NULL;
  TAP_CALL(sq_store_create("model", &forged));
  for (int i = 0; sq_store_at(store, i, &v); i++) {
    if (!strcmp(v.name, name)) continue;
    if (v.text) TAP_CALL(sq_store_put_text(forged, v.name, v.text));
    else if (v.reals && !v.rank) TAP_CALL(sq_store_put_real(forged, v.name, *v.reals));
    else if (v.ints && !v.rank) TAP_CALL(sq_store_put_int(forged, v.name, *v.ints));
    else if (v.reals) TAP_CALL(sq_store_put_reals(forged, v.name, v.rank, v.shape, v.reals));
    else TAP_CALL(sq_store_put_ints(forged, v.name, v.rank, v.shape, v.ints));
  }
  if (reals) TAP_CALL(sq_store_put_reals(forged, name, 1, &count, reals));
  if (ints) TAP_CALL(sq_store_put_ints(forged, name, 1, &count, ints));
  PetscPushErrorHandler(PetscReturnErrorHandler, NULL);
  PetscErrorCode code = sq_diffusion_model_get(MPI_COMM_WORLD, forged, "forged", &model);
  PetscPopErrorHandler();
  tap_check(code == SQ_ERR_DATA && !model, "a file with %s of %lld is refused", name, (long long)count);
  TAP_CALL(sq_store_destroy(&forged));
}

static void check_file(void)
{
  sq_diffusion_model *model, *again;
  sq_store *store;
  double values[] = {0.1, 0.13, 0.16, 0.19, 0.22}, minus[5] = {1, 1, -1, 1, 1};
  free_model((int64_t[]){6, 4}, &model);
  give_two_peaks(model);
  TAP_CALL(sq_store_create("model", &store));
  TAP_CALL(sq_diffusion_model_put(model, store));
  TAP_CALL(sq_diffusion_model_get(MPI_COMM_WORLD, store, "memory", &again));
  tap_check(same(model, again), "a model of many couplings survives its file");
  check_forged(store, "scan_counts", 1, NULL, (int64_t[]){4});
  check_forged(store, "scan_counts", 1, NULL, (int64_t[]){1});
  check_forged(store, "scan_counts", 2, NULL, (int64_t[]){5, 5});
  check_forged(store, "scan_parameters", 1, NULL, (int64_t[]){2});
  check_forged(store, "scan_parameters", 1, NULL, (int64_t[]){-1});
  check_forged(store, "scan_parameters", 9, NULL, (int64_t[9]){0});
  check_forged(store, "scan_values", 4, values, NULL);
  values[2] = 0.1;
  check_forged(store, "scan_values", 5, values, NULL);
  values[2] = NAN;
  check_forged(store, "scan_values", 5, values, NULL);
  check_forged(store, "scan_propagator", 3, values, NULL);
  check_forged(store, "scan_s_min", 5, minus, NULL);
  check_forged(store, "scan_s_max", 5, (double[]){1, 1, 1e-9, 1, 1}, NULL);
  check_forged(store, "scan_s_max", 0, NULL, NULL);
  check_forged(store, "scan_zero_mode_counts", 5, NULL, (int64_t[]){0, 2, 9, 0, 0});
  check_forged(store, "scan_zero_mode_counts", 5, NULL, (int64_t[]){0, 2, -1, 0, 0});
  check_forged(store, "scan_zero_mode_counts", 4, NULL, (int64_t[]){0, 2, 2, 0});
  check_forged(store, "scan_zero_mode_mean", 9, (double[9]){0}, NULL);
  check_forged(store, "scan_zero_mode_mean", 10, (double[10]){0, 0, 1, NAN}, NULL);
  check_forged(store, "scan_zero_mode_variance", 10, (double[10]){0}, NULL);
  check_forged(store, "scan_zero_mode_weight", 10, (double[10]){0, 0, 0.5, 0.5, 0.5, 0.6}, NULL);
  TAP_CALL(sq_store_destroy(&store));
  TAP_CALL(sq_diffusion_model_destroy(&model));
  TAP_CALL(sq_diffusion_model_destroy(&again));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_weights();
  check_uneven();
  check_network();
  check_free_field();
  check_file();
  return tap_end();
}
