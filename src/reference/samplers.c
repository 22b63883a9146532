/* SPDX-License-Identifier: BSD-3-Clause */
/* The command samplers: what every sampler makes of a Gaussian field on every family of levels, exactly (no
 * statistics): the error of the covariance with the deck's number of steps, and the order at which it falls. The field
 * is the Gaussian part of the run's model, if there is one, or the deck's own, if its action is quadratic. CSV to the
 * standard output. */
#include "squall/diffusion.h"
#include "src/reference/reference.h"
#include "src/ensemble/load.h"
#include <math.h>
#include <string.h>

static const char *const families[] = {"geometric", "ve", "vp-linear", "vp-cosine", "ddpm"};
enum { FAMILIES = sizeof families / sizeof *families };

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  double *propagator;  /* [orbits] */
  double s_min, s_max; /* of geometric levels, as training and sampling choose them */
  sq_score score;
} table;

static PetscErrorCode from_action(table *t)
{
  PetscFunctionBeginUser;
  const sq_action *action = &t->run->action;
  for (int64_t o = 0; o < t->fft->orbits.count; o++) {
    t->propagator[o] = sq_action_free_propagator(action, t->fft->orbits.phase_cos[o]);
    SqCheck(t->propagator[o] > 0, t->run->world, SQ_ERR_INPUT,
            "squall samplers needs a Gaussian field: a deck whose action is quadratic (phi4 with lambda = 0), or a run "
            "with a model");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode from_model(table *t, const char *path)
{
  PetscFunctionBeginUser;
  sq_model model;
  const sq_diffusion_model *diffusion;
  PetscCall(sq_load_model(t->run, path, &model, NULL));
  PetscCall(sq_model_diffusion(&model, "squall samplers", &diffusion));
  sq_orbits_interpolate(&diffusion->orbits, diffusion->propagator, &t->fft->orbits, t->propagator);
  PetscCall(sq_model_destroy(&model));
  PetscFunctionReturn(0);
}

static PetscErrorCode create(table *t)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool exists;
  double volume = 1, widest = 0, stiffest = INFINITY;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)t->run->padded[mu];
  PetscCall(sq_run_grid(t->run, t->run->extents, 1, 64 * volume, 1, &t->grid, &t->lattice));
  PetscCall(sq_fft_create(t->lattice, &t->fft));
  PetscCall(sq_alloc(t->fft->orbits.count, &t->propagator));
  sq_run_path(t->run, "model.h5", path);
  PetscCall(sq_file_exists(t->run->world, path, &exists));
  if (exists) PetscCall(from_model(t, path));
  else PetscCall(from_action(t));
  for (int64_t o = 0; o < t->fft->orbits.count; o++)
    widest = fmax(widest, sqrt(t->propagator[o])), stiffest = fmin(stiffest, sqrt(t->propagator[o]));
  t->s_min = 0.08 * stiffest;
  t->s_max = 4 * widest;
  PetscCall(sq_gaussian_score_create(t->fft, 1, t->propagator, &t->score));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(table *t)
{
  PetscFunctionBeginUser;
  PetscCall(sq_gaussian_score_destroy(&t->score));
  sq_free(&t->propagator);
  PetscCall(sq_fft_destroy(&t->fft));
  PetscCall(sq_lattice_destroy(&t->lattice));
  PetscCall(sq_grid_destroy(&t->grid));
  PetscFunctionReturn(0);
}

/* Relative errors of the covariance at a level (lowest: s/a that levels of schedules begin at, if not below): of the
 * zero mode, with its sign, and of the worst one; evaluations that a field takes. */
static PetscErrorCode errors(const table *t, const char *family, const sq_sampler_type *type, int steps, double lowest,
                             int level, double *chi2, double *worst, int64_t *evaluations)
{
  PetscFunctionBeginUser;
  int64_t orbits = t->fft->orbits.count;
  double *variance;
  sq_noise_grid levels;
  sq_sampler *sampler;
  sq_schedule schedule;
  PetscCall(sq_schedule_from_deck(t->run->deck, family, &schedule));
  if (schedule.type) PetscCall(sq_noise_grid_scheduled(&schedule, steps, lowest, &levels));
  else PetscCall(sq_noise_grid_geometric(steps, t->s_min, t->s_max, &levels));
  PetscCall(sq_diffusion_sampler(&t->run->sample, &t->score, &levels, 1, &sampler));
  PetscCall(sq_sampler_set_type(sampler, type, sampler->corrections, sampler->snr));
  PetscCall(sq_alloc((steps + 1) * orbits, &variance));
  PetscCall(sq_sampler_variance(sampler, variance));
  *worst = 0;
  *evaluations = type->evaluations(sampler);
  for (int64_t o = orbits - 1; o >= 0; o--) {
    *chi2 = variance[level * orbits + o] / (pow(levels.a[level], 2) * t->propagator[o] + pow(levels.s[level], 2)) - 1;
    *worst = fmax(*worst, fabs(*chi2));
  }
  sq_free(&variance);
  PetscCall(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  PetscFunctionReturn(0);
}

/* The order above the lowest level of so many steps, which stays where it is: the last step is of an order of its own.
 */
static PetscErrorCode order(const table *t, const char *family, const sq_sampler_type *type, int steps, double *result)
{
  PetscFunctionBeginUser;
  double chi2, coarse = 1, fine = 1, lowest;
  int64_t evaluations;
  sq_schedule schedule;
  PetscCall(sq_schedule_from_deck(t->run->deck, family, &schedule));
  bool enough = strcmp(family, "ddpm") || 10 * steps < schedule.timesteps; /* levels */
  if (!type->order || !enough) PetscFunctionReturn(0); /* order 0: nothing but rounding to compare */
  lowest = schedule.type ? sq_schedule_ratio(&schedule, 1. / steps) : 0;
  PetscCall(errors(t, family, type, 4 * steps + 1, lowest, 1, &chi2, &coarse, &evaluations));
  PetscCall(errors(t, family, type, 8 * steps + 1, lowest, 1, &chi2, &fine, &evaluations));
  *result = log2(coarse / fine);
  PetscFunctionReturn(0);
}

static PetscErrorCode samplers(sq_run *run)
{
  PetscFunctionBeginUser;
  table t = {.run = run};
  int steps = run->sample.steps;
  PetscCall(create(&t));
  if (sq_log_speaks()) printf("levels,sampler,steps,evaluations,chi2_error,worst_error,order\n");
  for (int f = 0; f < FAMILIES; f++)
    for (int i = 0; sq_sampler_types[i]; i++) {
      double chi2 = NAN, worst = NAN, measured = NAN;
      int64_t evaluations = 0;
      PetscCall(errors(&t, families[f], sq_sampler_types[i], steps, 0, 0, &chi2, &worst, &evaluations));
      PetscCall(order(&t, families[f], sq_sampler_types[i], steps, &measured));
      if (sq_log_speaks())
        printf("%s,%s,%d,%lld,%.3g,%.3g,%.2f\n", families[f], sq_sampler_types[i]->name, steps, (long long)evaluations,
               chi2, worst, measured);
    }
  PetscCall(destroy(&t));
  PetscFunctionReturn(0);
}

const sq_command sq_samplers_command = {
  .name = "samplers",
  .place = SQ_PLACE_LATE,
  .usage = "DECK",
  .summary = "exact errors of every sampler on a Gaussian field, with the deck's steps, and their order; CSV",
  .sections = SQ_DECK("run", "lattice", "action", "parallel", "schedule", "sample"),
  .make = samplers,
  .prints = true,
  .serial = true};
