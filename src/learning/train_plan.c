/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage train as a row: what its model depends on, whether its deck fits, what it would take. */
#include "squall/hmc.h"
#include "squall/train.h"
#include "src/learning/refresh.h"
#include "src/learning/weigh.h"
#include "src/ensemble/load.h"
#include "src/import/import.h"
#include <string.h>

PetscErrorCode sq_halves_fit(const sq_run *run)
{
  PetscFunctionBeginUser;
  if (!run->train.halves) PetscFunctionReturn(0);
  SqCheck(run->train.minutes <= 0, run->world, SQ_ERR_INPUT,
          "%s: train.halves: all three models learn equally long: give train.steps instead of train.minutes",
          sq_deck_where(run->deck, "train", "halves"));
  SqCheck(!run->sample.model[0], run->world, SQ_ERR_INPUT,
          "%s: train.halves: belongs to the model that this run trains, but sample.model names another file",
          sq_deck_where(run->deck, "train", "halves"));
  PetscFunctionReturn(0);
}

/* What learning begins with may be in a file, which is read now, before an ensemble is made. Without one nothing is
 * made: weights can be many. */
static PetscErrorCode check_beginning(const sq_run *run)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_run_model_type(run);
  sq_grid grid = {.world = run->world};
  const sq_model_data data = {.grid = &grid, .action = &run->action, .set = &run->train};
  char path[SQ_PATH];
  bool made;
  void *model;
  sq_run_path(run, "model.h5", path);
  PetscCall(sq_file_exists(run->world, path, &made));
  if (made || !type->tractable || !sq_model_start(run->deck)[0]) PetscFunctionReturn(0);
  PetscCall(type->create(run->deck, &data, &model));
  PetscCall(type->destroy(&model));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_train_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  PetscCall(sq_weigh_check(run));
  PetscCall(check_beginning(run));
  if (!sq_train_has_fields(run)) PetscFunctionReturn(0);
  double alpha = run->langevin.set[0].alpha;
  SqCheck(!sq_run_ensemble_is_langevin(run) || alpha == 1, run->world, SQ_ERR_INPUT,
          "%s: langevin.alpha: %g, but models are of exp(-S): learn from an ensemble with alpha = 1",
          sq_deck_where(run->deck, "langevin", "alpha"), alpha);
  PetscCall(sq_halves_fit(run));
  if (sq_run_model_type(run)->tractable)
    PetscCall(sq_refresh_check(&run->action, sq_refresh_units(&run->action, run->train.refresh)));
  if (!run->train.scan[0]) PetscCall(sq_run_need_ensemble(run, "to learn from"));
  PetscFunctionReturn(0);
}

static const char *const train_sections[] = {"lattice", "action", "hmc", "model", "schedule", "train", NULL};
static const char *const no_sections[] = {"lattice", "action", "model", "train", NULL}; /* learned without fields */
static const char *const mc_sections[] = {"lattice", "action", "mc", "model", "schedule", "train", NULL};
static const char *const import_sections[] = {"lattice", "action", "ensemble", "model", "schedule", "train", NULL};
static const char *const langevin_sections[] = {"lattice", "action", "langevin", "model", "schedule", "train", NULL};

/* Of a Langevin equation, the smallest step counts. */
uint64_t sq_train_fingerprint(const sq_run *run)
{
  const sq_langevin_settings *set = &run->langevin;
  if (!sq_train_has_fields(run)) return sq_run_fingerprint(run, no_sections);
  if (sq_run_ensemble_is_langevin(run))
    return sq_run_fingerprint_step(run, langevin_sections, set->eps[set->count - 1]);
  const char *section = sq_run_ensemble_section(run); /* fingerprints of one know nothing of the others */
  if (!strcmp(section, "ensemble")) return sq_run_fingerprint(run, import_sections);
  return sq_run_fingerprint(run, !strcmp(section, "mc") ? mc_sections : train_sections);
}

/* Fields of the ensemble that is learned from, or of each. */
static PetscErrorCode count_fields(const sq_run *run, int64_t *training, int64_t *testing)
{
  PetscFunctionBeginUser;
  if (sq_train_has_fields(run)) PetscCall(sq_import_planned(run, training, testing));
  PetscFunctionReturn(0);
}

sq_plan sq_train_plan(const sq_run *run, const sq_generator_needs *needs)
{
  sq_plan plan = sq_plan_needs(needs, run->train.options.learner.batch);
  plan.stage = "train";
  plan.pieces = "microbatches";
  plan.extents = run->extents;
  return plan;
}

/* Fields weighed along training (train.weigh); a diffusion model calibrates its kernel for each of these. */
static void plan_weighings(const sq_run *run, double flops, int64_t testing, sq_budget *budget)
{
  enum { CALIBRATION_FIELDS = 256 };
  const bool tractable = sq_run_model_type(run)->tractable;
  int times = 0;
  char text[80];
  while (times < run->train.weigh && run->train.options.learner.steps >> times > 0) times++;
  const double generated = (double)(run->sample.weighed * (tractable ? 1 : run->sample.steps)),
               calibrated = tractable ? 0 : (double)(PetscMin(testing, CALIBRATION_FIELDS) * SQ_DIFFUSION_CALIBRATION);
  snprintf(text, sizeof text, "%lld fields weighed %d times", (long long)run->sample.weighed, times);
  if (times && run->train.minutes <= 0) sq_budget_flops(run, budget, flops * times * (generated + calibrated), text);
}

PetscErrorCode sq_train_plan_show(const sq_run *run, int places, sq_budget *budget)
{
  PetscFunctionBeginUser;
  /* Arrays of the learner, the checkpoint's among them: 7 in double, 4 in float. */
  const double bytes_a_weight = 7 * sizeof(double) + 4 * sizeof(float);
  int64_t steps = run->train.options.learner.steps, fields = run->train.options.learner.batch, training = 0,
          testing = 0;
  sq_generator_needs needs;
  char text[80];
  const sq_model_type *type = sq_run_model_type(run);
  PetscCall(type->needed(run->deck, &run->action, run->padded, true, &needs));
  PetscCall(count_fields(run, &training, &testing));
  double numbers = sq_volume(run->padded) * sq_action_components(&run->action), models = run->train.halves ? 3 : 1,
         flops = 3 * models * needs.flops * (double)(steps * fields);
  int64_t held_out = PetscMin(testing, PetscMax(256, run->train.calibrate));
  sq_plan work = sq_train_plan(run, &needs);
  work.kept = numbers * (100 + 8 * (double)(training + held_out) * places);
  work.tables += 60 * sq_plan_orbits(run->padded) + bytes_a_weight * needs.weights;
  PetscCall(sq_plan_show(run, &work, budget));
  if (run->train.minutes > 0)
    sq_budget_flops(run, budget, 60 * run->train.minutes * run->size * budget->network, "train.minutes");
  else {
    snprintf(text, sizeof text, "%lld steps of %lld fields", (long long)steps, (long long)fields);
    sq_budget_flops(run, budget, flops, text);
  }
  plan_weighings(run, needs.flops, testing, budget);
  if (type->tractable || type->rival) {
    sq_budget_records(budget, "model.h5", 1, needs.weights, type->rival ? sq_plan_orbits(run->padded) : 0);
    PetscFunctionReturn(0);
  }
  const double each = SQ_DIFFUSION_CALIBRATION * places;
  snprintf(text, sizeof text, "the calibration of the kernel on held-out fields%s",
           places > 1 ? " of all couplings" : "");
  sq_budget_flops(run, budget, needs.flops * (double)PetscMin(testing, run->train.calibrate) * each, text);
  sq_budget_records(budget, "model.h5", 1, needs.weights,
                    (SQ_DIFFUSION_CALIBRATION + 3) * sq_plan_orbits(run->padded) * (places > 1 ? 1 + places : 1));
  PetscFunctionReturn(0);
}
