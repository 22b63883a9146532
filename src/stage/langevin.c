/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage langevin: chains that follow the Langevin equation, an ensemble for every step size -> langevin-1.h5,
 * langevin-2.h5, ... Everything but the dynamics is that of the stage hmc. A file depends on its own step size alone,
 * but for the measured mass of Fourier acceleration, which is that of the first: others can be added to the deck later.
 */
#include "src/stage/produce.h"
#include <math.h>

static const char *const langevin_sections[] = {"lattice", "action", "langevin", NULL};

/* Members of a stream are numbered by the step's place (sq_hmc_settings.first_id): it counts as well. */
static uint64_t stream_of(const sq_run *run, int index)
{
  const uint64_t stream = sq_stream_join_real(sq_run_stream(run, "langevin", langevin_sections),
                                              run->langevin.eps[index]);
  return sq_stream_join(stream, (uint64_t)index);
}

/* The averages that are extrapolated are wrong by multiples of eps^n that depend on the kernel: all step sizes have
 * that of the first, which is the longest and, being made first, is there. */
static PetscErrorCode take_mass(const sq_run *run, sq_hmc_settings *set)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  double mass;
  if (set->acceleration != SQ_ACCELERATION_FOURIER || set->mass > 0) PetscFunctionReturn(0);
  sq_run_path(run, "langevin-1.h5", path);
  PetscCall(sq_run_read_reals(run, path, 1, (const char *const[]){"mass"}, &mass));
  SqCheck(mass > 0 && isfinite(mass), run->world, SQ_ERR_DATA,
          "%s: the mass of Fourier acceleration is %g; move the file away to make it anew", path, mass);
  set->mass = mass;
  sq_info("langevin: Fourier acceleration with the mass of %s, %.3g", path, mass);
  PetscFunctionReturn(0);
}

static PetscErrorCode make(sq_run *run, int index)
{
  PetscFunctionBeginUser;
  const sq_langevin_settings *settings = &run->langevin;
  char file[SQ_IO_NAME], checkpoint[SQ_IO_NAME], training[SQ_IO_NAME], testing[SQ_IO_NAME];
  sq_production what = {.name = "langevin",
                        .file = file,
                        .checkpoint = checkpoint,
                        .group = {training, testing},
                        .fingerprint = sq_run_fingerprint_step(run, langevin_sections, settings->eps[index]),
                        .stream = stream_of(run, index)};
  snprintf(file, sizeof file, "langevin-%d", index + 1);
  snprintf(checkpoint, sizeof checkpoint, "langevin-%d", index + 1);
  snprintf(training, sizeof training, "langevin-%.6g", settings->eps[index]);
  snprintf(testing, sizeof testing, "langevin-%.6g-test", settings->eps[index]);
  what.set = settings->set[index];
  if (index > 0) PetscCall(take_mass(run, &what.set));
  sq_info("langevin: steps of %g (%d of %d), scheme %s, alpha %g", settings->eps[index], index + 1, settings->count,
          what.set.scheme->name, what.set.alpha);
  PetscCall(sq_produce(run, &what));
  PetscFunctionReturn(0);
}

/* What the step sizes lead to, at once. */
static PetscErrorCode look(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_ensemble ensembles[SQ_ENSEMBLES] = {0};
  int count;
  PetscCall(sq_ensembles_of_run(run, ensembles, &count));
  PetscCall(sq_langevin_report(run, ensembles, count, true));
  PetscFunctionReturn(0);
}

/* The fields are in the theory's form for the Langevin equation. */
static PetscErrorCode make_all(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_run view;
  PetscCall(sq_run_as(run, SQ_FORM_LANGEVIN, &view));
  for (int i = 0; i < run->langevin.count; i++) PetscCall(make(&view, i));
  PetscCall(look(run));
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_langevin_settings settings;
  sq_run view;
  PetscCall(sq_run_as(run, SQ_FORM_LANGEVIN, &view));
  PetscCall(sq_langevin_settings_from_deck(run->deck, &settings));
  PetscCall(sq_hmc_suit(run->deck, &view.action, &settings.set[0]));
  SqCheck(!view.action.type->complexified || !settings.set[0].scheme->adjusted, run->world, SQ_ERR_INPUT,
          "%s: langevin.scheme: adjusted: the weight of a field of the action %s is complex: there are no Metropolis "
          "decisions; choose euler or second",
          sq_deck_where(run->deck, "langevin", "scheme"), run->action.type->name);
  PetscFunctionReturn(0);
}

/* Every step size has its own chains, one after the other. */
static PetscErrorCode plan(const sq_run *deck, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_run view, *run = &view;
  PetscCall(sq_run_as(deck, SQ_FORM_LANGEVIN, run));
  const sq_langevin_settings *s = &run->langevin;
  const sq_hmc_settings *set = &s->set[0];
  const sq_plan chains = sq_production_plan(run, "langevin", set);
  double volume = sq_volume(run->padded);
  char text[160];
  PetscCall(sq_plan_show(run, &chains, budget));
  for (int i = 0; i < s->count; i++) {
    double forces = (double)s->set[i].steps * (1 + set->scheme->corrector);
    double intervals = (double)(PetscMax(s->set[i].separation, (int64_t)1) * (set->configurations + set->test)) +
                       (double)(set->chains * s->set[i].thermalisation);
    snprintf(text, sizeof text, "steps of %g (%s), %lld in an interval of time %.3g; longer where auto intervals are",
             s->eps[i], set->scheme->name, (long long)s->set[i].steps, s->set[i].length);
    sq_budget_updates(run, budget, forces * volume * intervals, text);
  }
  snprintf(text, sizeof text, "langevin-1.h5 to langevin-%d.h5", s->count);
  sq_budget_records(budget, text, (double)(s->count * (set->configurations + set->test)), sq_production_numbers(run),
                    3 + sq_obs_columns(run->action.type));
  PetscFunctionReturn(0);
}

const sq_stage sq_langevin_stage = {
  .command = {.name = "langevin",
              .usage = "DECK",
              .summary = "make ensembles with the Langevin equation, one for every "
                         "step size, and extrapolate them to "
                         "step size 0",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "langevin"),
              .params = SQ_TABLES(sq_langevin_params),
              .make = make_all},
  .section = "langevin",
  .form = SQ_FORM_LANGEVIN,
  .lacks = sq_lacks_force,
  .fits = fits,
  /* the smallest step first */
  .files = SQ_FILES("langevin-8.h5", "langevin-7.h5", "langevin-6.h5", "langevin-5.h5", "langevin-4.h5",
                    "langevin-3.h5", "langevin-2.h5", "langevin-1.h5"),
  .products = SQ_PRODUCTS({"langevin-*.h5", "ensemble", langevin_sections},
                          {"langevin-*.thermalisation.h5", "thermalisation", langevin_sections},
                          {"langevin-*.checkpoint.h5", "checkpoint", langevin_sections}),
  .files_last = true,
  .plan = plan};
