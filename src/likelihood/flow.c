/* SPDX-License-Identifier: BSD-3-Clause */
/* The probability flow of a score, from noise to fields and back, with its density; the formulae are in the header.
 *
 * A state is [y on this rank's numbers][log q of each probe]: the logarithms grow from 0 where the flow starts. Fields
 * go one by one, so that what comes out does not depend on which are together.
 */
#include "src/likelihood/flow.h"
#include <math.h>
#include <string.h>

/* ---- set-up ---- */

static PetscErrorCode check(const sq_score *score, const sq_noise_grid *grid, const sq_flow_settings *settings)
{
  PetscFunctionBeginUser;
  MPI_Comm comm = score->fft->lattice->comm;
  SqCheck(sq_flow_integrator_find(settings->integrator), comm, SQ_ERR_INPUT,
          "there is no integrator %s of the flow: heun or dormand-prince", settings->integrator);
  SqCheck(score->tangent, comm, SQ_ERR_INPUT, "this score has no tangents, and no likelihoods without them");
  SqCheck(settings->probes >= 1 && settings->dilution >= 0 && settings->tolerance > 0, comm, SQ_ERR_INPUT,
          "the flow needs probes >= 1, dilution >= 0 and a tolerance > 0");
  for (int k = 0; k <= grid->steps; k++)
    SqCheck(grid->a[k] == 1, comm, SQ_ERR_INPUT, "the flow needs levels whose noise is added (a = 1)");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_flow_create(const sq_score *score, const sq_noise_grid *grid, const sq_flow_settings *settings,
                              int batch, sq_flow **flow)
{
  PetscFunctionBeginUser;
  sq_flow *f;
  PetscCall(check(score, grid, settings));
  PetscCall(sq_alloc(1, &f));
  f->score = *score;
  f->grid = *grid;
  f->settings = *settings;
  f->integrator = sq_flow_integrator_find(settings->integrator);
  f->batch = batch;
  f->cost = NAN;
  f->probes = settings->dilution ? settings->probes : 1;
  f->numbers = sq_score_numbers(score);
  f->orbits = score->fft->orbits.count;
  f->size = f->numbers + f->probes;
  PetscCall(sq_flow_create_divergence(f));
  PetscCall(sq_alloc(batch * f->size, &f->state));
  PetscCall(sq_alloc(f->numbers, &f->phi));
  PetscCall(sq_alloc(f->numbers, &f->noise));
  PetscCall(sq_alloc(f->numbers, &f->jump));
  PetscCall(sq_alloc(f->numbers, &f->noisy));
  PetscCall(sq_alloc(batch * f->numbers, &f->clean));
  PetscCall(sq_alloc(f->orbits, &f->filter));
  PetscCall(sq_alloc(f->orbits, &f->width));
  PetscCall(sq_alloc(batch, &f->error));
  PetscCall(f->integrator->create(f));
  *flow = f;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_flow_destroy(sq_flow **flow)
{
  PetscFunctionBeginUser;
  sq_flow *f = *flow;
  if (!f) PetscFunctionReturn(0);
  double **array[] = {&f->sign,  &f->state,     &f->phi,   &f->clean,  &f->noise,   &f->jump,    &f->noisy, &f->filter,
                      &f->width, &f->direction, &f->along, &f->smooth, &f->rate[0], &f->rate[1], &f->error};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&f->colour);
  PetscCall(TSDestroy(&f->ts));
  PetscCall(VecDestroy(&f->solution));
  sq_free(flow);
  PetscFunctionReturn(0);
}

double sq_flow_error(const sq_flow *f, int b)
{
  return f->error[b];
}

/* ---- the equation ---- */

/* From one level to another, up or down. */
static PetscErrorCode advance(sq_flow *f, int from, int to, double *state)
{
  PetscFunctionBeginUser;
  int step = f->integrator->adaptive ? to - from : to > from ? 1 : -1;
  for (int k = from; k != to; k += step)
    PetscCall(f->integrator->advance(f, log(f->grid.s[k]), log(f->grid.s[k + step]), state));
  PetscFunctionReturn(0);
}

/* The mean over probes of the logarithms, and its error. */
static double mean_of_probes(const sq_flow *f, const double *state, double *error)
{
  const double *x = state + f->numbers;
  double mean = 0, square = 0;
  for (int p = 0; p < f->probes; p++) mean += x[p] / f->probes;
  for (int p = 0; p < f->probes; p++) square += (x[p] - mean) * (x[p] - mean);
  *error = f->settings.dilution == 0 ? 0 : f->probes == 1 ? NAN : sqrt(square / (f->probes * (f->probes - 1.)));
  return mean;
}

/* -log q of phi at level k where y is white at the other end of the flow: without y^2/2. */
static double log_normalisation(sq_flow *f, int k)
{
  const sq_orbits *orbits = &f->score.fft->orbits;
  double sum = 0.5 * log(2 * M_PI) * (double)f->score.fft->lattice->volume;
  sq_flow_set_level(f, f->grid.s[k]);
  for (int64_t o = 0; o < f->orbits; o++) sum += (double)orbits->multiplicity[o] * log(f->width[o]);
  return sum * sq_score_components(&f->score);
}

static PetscErrorCode half_square(const sq_flow *f, const double *x, double *value)
{
  PetscFunctionBeginUser;
  sq_sum sum = {{0}};
  for (int64_t i = 0; i < f->numbers; i++) sq_sum_add(&sum, 0.5 * x[i] * x[i]);
  PetscCall(sq_sum_reduce(f->score.fft->lattice->comm, 1, &sum));
  *value = sq_sum_value(&sum);
  PetscFunctionReturn(0);
}

/* ---- the last step: k(phi_0|phi_1) = N(D(phi_1), R) ---- */

/* filter = R^power; returns half the sum over modes of log R/s^2. */
static double last_spectrum(sq_flow *f, double power)
{
  const sq_orbits *orbits = &f->score.fft->orbits;
  double s = f->grid.s[1], sum = 0;
  f->score.posterior(f->score.self, 1, s, f->filter);
  for (int64_t o = 0; o < f->orbits; o++) {
    sum += 0.5 * (double)orbits->multiplicity[o] * log(f->filter[o] / (s * s));
    f->filter[o] = pow(f->filter[o], power);
  }
  return sum * sq_score_components(&f->score);
}

/* -log k(phi_0|phi_1) + log N(phi_1; phi_0, s_1^2), from the white noise of both, noise and jump. */
static PetscErrorCode last_action(const sq_flow *f, double volumes, double *action)
{
  PetscFunctionBeginUser;
  double drawn, taken;
  PetscCall(half_square(f, f->noise, &drawn));
  PetscCall(half_square(f, f->jump, &taken));
  *action = volumes + drawn - taken;
  PetscFunctionReturn(0);
}

/* block: phi_1 -> phi_0, with clean = D(phi_1). */
static PetscErrorCode last_step(sq_flow *f, uint64_t seed, int64_t sample, const double *clean, double *block,
                                double *action)
{
  PetscFunctionBeginUser;
  double s = f->grid.s[1], volumes = last_spectrum(f, 0.5);
  sq_score_normals(&f->score, sq_stream_make(seed, SQ_RNG_REVERSE, (uint64_t)sample), 1, 0, f->noise);
  PetscCall(sq_score_filter(&f->score, f->filter, 1, f->noise, f->jump));
  for (int64_t i = 0; i < f->numbers; i++) {
    double below = clean[i] + f->jump[i];
    f->jump[i] = (block[i] - below) / s;
    block[i] = below;
  }
  PetscCall(last_action(f, volumes, action));
  PetscFunctionReturn(0);
}

/* noisy = phi_1 of a given phi_0, and what the last step adds to its action. */
static PetscErrorCode undo_last_step(sq_flow *f, uint64_t seed, int64_t number, const double *block, double *action)
{
  PetscFunctionBeginUser;
  double s = f->grid.s[1], volumes = last_spectrum(f, -0.5);
  sq_score_normals(&f->score, sq_stream_make(seed, SQ_RNG_FORWARD, (uint64_t)number), 1, 0, f->jump);
  for (int64_t i = 0; i < f->numbers; i++) f->noisy[i] = block[i] + s * f->jump[i];
  PetscCall(f->score.denoise(f->score.self, 1, s, 1, f->noisy, f->clean));
  for (int64_t i = 0; i < f->numbers; i++) f->clean[i] = block[i] - f->clean[i];
  PetscCall(sq_score_filter(&f->score, f->filter, 1, f->clean, f->noise));
  PetscCall(last_action(f, volumes, action));
  PetscFunctionReturn(0);
}

/* ---- down and up ---- */

/* blocks: the fields of the batch at level k, for the one who watches. */
static PetscErrorCode show(sq_flow *f, int k, int count, double *blocks, sq_generator_watch watch, void *context)
{
  PetscFunctionBeginUser;
  sq_flow_set_level(f, f->grid.s[k]);
  for (int b = 0; b < count; b++)
    PetscCall(sq_score_filter(&f->score, f->width, 1, f->state + b * f->size, blocks + b * f->numbers));
  if (watch) PetscCall(watch(context, k, blocks));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_flow_generate(sq_flow *f, uint64_t seed, int64_t first, int count, double *blocks, double *log_path,
                                sq_generator_watch watch, void *context)
{
  PetscFunctionBeginUser;
  int top = f->grid.steps;
  int64_t before = f->evaluations;
  double start[count], last;
  f->density = log_path != NULL;
  memset(f->state, 0, (size_t)(count * f->size) * sizeof *f->state);
  for (int b = 0; b < count; b++) {
    sq_score_normals(&f->score, sq_stream_make(seed, SQ_RNG_PRIOR, (uint64_t)(first + b)), 0, 0,
                     f->state + b * f->size);
    PetscCall(half_square(f, f->state + b * f->size, &start[b]));
  }
  PetscCall(show(f, top, count, blocks, watch, context));
  for (int k = top; k > 1; k--) {
    for (int b = 0; b < count; b++) {
      if (f->density) sq_flow_draw_signs(f, seed, first + b);
      PetscCall(advance(f, k, k - 1, f->state + b * f->size));
    }
    PetscCall(show(f, k - 1, count, blocks, watch, context));
  }
  double level = log_normalisation(f, 1);
  PetscCall(f->score.denoise(f->score.self, 1, f->grid.s[1], count, blocks, f->clean));
  for (int b = 0; b < count; b++) {
    PetscCall(last_step(f, seed, first + b, f->clean + b * f->numbers, blocks + b * f->numbers, &last));
    double L = mean_of_probes(f, f->state + b * f->size, &f->error[b]);
    if (log_path) log_path[b] = start[b] + level - L + last;
  }
  if (watch) PetscCall(watch(context, 0, blocks));
  f->cost = (double)(f->evaluations - before) / count + 1; /* the last step's */
  PetscFunctionReturn(0);
}

PetscErrorCode sq_flow_level_action(sq_flow *f, uint64_t seed, int64_t number, const double *block, double *action)
{
  PetscFunctionBeginUser;
  double end;
  f->density = true;
  sq_flow_set_level(f, f->grid.s[1]);
  for (int64_t o = 0; o < f->orbits; o++) f->width[o] = 1 / f->width[o];
  PetscCall(sq_score_filter(&f->score, f->width, 1, block, f->state));
  memset(f->state + f->numbers, 0, (size_t)f->probes * sizeof *f->state);
  sq_flow_draw_signs(f, seed, number);
  PetscCall(advance(f, 1, f->grid.steps, f->state));
  PetscCall(half_square(f, f->state, &end));
  *action = end + log_normalisation(f, 1) + mean_of_probes(f, f->state, &f->error[0]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_flow_action(sq_flow *f, uint64_t seed, int64_t first, int count, const double *blocks, double *action)
{
  PetscFunctionBeginUser;
  double last, error[count];
  for (int b = 0; b < count; b++) {
    PetscCall(undo_last_step(f, seed, first + b, blocks + b * f->numbers, &last));
    PetscCall(sq_flow_level_action(f, seed, first + b, f->noisy, &action[b]));
    action[b] += last;
    error[b] = f->error[0];
  }
  memcpy(f->error, error, sizeof error);
  PetscFunctionReturn(0);
}
