/* SPDX-License-Identifier: BSD-3-Clause */
/* The methods mala and hmc of stage correct: every generated field is moved on by a few trajectories of molecular
 * dynamics -> corrected.h5.
 *
 * mala is hmc with one leapfrog step: the Langevin step with a decision (Rossky, Doll, Friedman, J. Chem. Phys. 69
 * (1978) 4628). Every trajectory leaves exp(-S) unchanged, so the fields come from the samples' distribution towards it
 * and never back; after finitely many the slow modes still remember the samples. Observables before, half way and after
 * stand in the columns, so that the drift can be judged. Field n is a function of (samples, seed, n, step size).
 *
 * From far out in a quartic potential every proposal of one step size is refused, for ever (G. O. Roberts, R. L.
 * Tweedie, Bernoulli 2 (1996) 341: MALA is not geometrically ergodic there). So every eighth trajectory of every field
 * takes finer steps. Which ones, is fixed beforehand and knows nothing of the field: each is a valid step, and so are
 * all of them one after the other. To give finer steps only to fields that were refused would not be.
 */
#include "squall/hmc.h"
#include "src/making/fields.h"
#include "src/correction/polish.h"
#include <math.h>
#include <string.h>

/* Polishing chains are numbered from here: those of stage hmc and their probes have other random numbers, and so have
 * the trajectories by which the step size is tuned. */
static const uint64_t first_chain = (uint64_t)1 << 33, first_tuning = (uint64_t)3 << 32;

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_md *md;
  sq_chain *chain;
  sq_obs *obs;
  sq_records *samples;
  sq_correct_settings set;
  bool langevin;
  double eps;
  int64_t proposed, accepted; /* by this process, for the progress line */
  uint64_t fingerprint;
  char checkpoint[SQ_PATH];
} stage;

/* ---- the step size ---- */

/* Towards the acceptance at which molecular dynamics is cheapest: 0.574 for one step (Roberts, Rosenthal, J. R.
 * Statist. Soc. B 60 (1998) 255). */
static PetscErrorCode tune(stage *s)
{
  PetscFunctionBeginUser;
  enum { FIELDS = 64 };
  const sq_integrator *integrator = sq_integrator_find("leapfrog");
  sq_tuning_set set = {.fields = PetscMin(FIELDS, s->set.configurations),
                       .first_id = first_tuning,
                       .trajectories = PetscMin(4, s->set.trajectories),
                       .steps = s->set.md_steps,
                       .target = s->langevin ? 0.574 : integrator->acceptance,
                       .order = s->langevin ? 3 : integrator->order};
  double *blocks, acceptance;
  s->eps = s->set.step_size;
  if (s->eps > 0) PetscFunctionReturn(0);
  s->eps = s->langevin ? 0.3 : 0.1;
  const int64_t numbers = s->chain->phi->components * s->lattice->local_volume;
  PetscCall(sq_alloc(set.fields * numbers, &blocks));
  for (int64_t i = 0; i < set.fields; i++) PetscCall(sq_records_read(s->samples, 0, i, blocks + i * numbers, NULL));
  set.block = blocks;
  PetscCall(sq_tune_step(s->grid, s->chain, &set, &s->eps, &acceptance));
  sq_free(&blocks);
  sq_info("correct: step size %.4g (acceptance %.3f, aimed at %.3f)", s->eps, acceptance, set.target);
  PetscFunctionReturn(0);
}

static PetscErrorCode note(sq_run *run, const sq_correct_settings *set, double eps)
{
  PetscFunctionBeginUser;
  char text[32];
  if (set->step_size > 0) PetscFunctionReturn(0);
  snprintf(text, sizeof text, "%.17g", eps);
  PetscCall(sq_deck_note(run->deck, "correct", "step_size", text));
  PetscCall(sq_run_write_deck(run));
  PetscFunctionReturn(0);
}

/* Tuned once and kept, for a run that is interrupted. */
static PetscErrorCode settle_step(stage *s)
{
  PetscFunctionBeginUser;
  sq_store *store;
  bool found;
  PetscCall(sq_run_read_checkpoint(s->run, s->checkpoint, "checkpoint", false, s->fingerprint, &store, &found));
  if (found) {
    PetscCall(sq_store_real(store, "step_size", &s->eps));
    SqCheck(s->eps > 0 && isfinite(s->eps), s->run->world, SQ_ERR_DATA, "%s: a step size of %g", s->checkpoint, s->eps);
  } else {
    PetscCall(sq_run_accept(s->run));
    PetscCall(tune(s));
    PetscCall(sq_run_checkpoint_create(s->run, s->fingerprint, &store));
    PetscCall(sq_store_put_real(store, "step_size", s->eps));
    PetscCall(sq_store_write(s->run->world, store, s->checkpoint, false));
  }
  PetscCall(sq_store_destroy(&store));
  PetscCall(note(s->run, &s->set, s->eps));
  PetscFunctionReturn(0);
}

/* ---- the fields ---- */

/* Where the field is half way, or at its end. */
static void look(const sq_chain *c, double *abs_M, double *action)
{
  *abs_M = fabs(c->magnetisation);
  *action = c->action / (double)c->phi->lattice->volume;
}

/* Trajectories first .. end - 1, and how many were accepted, of full steps and of finer ones. Collective. */
static PetscErrorCode move(stage *s, int64_t first, int64_t end, int64_t accepted[2])
{
  PetscFunctionBeginUser;
  for (int64_t t = first; t < end; t++) {
    PetscCall(sq_chain_trajectory(s->chain, sq_polish_step(t) * s->eps, s->set.md_steps));
    accepted[sq_polish_step(t) < 1] += s->chain->accepted;
  }
  PetscFunctionReturn(0);
}

static double share(int64_t part, int64_t all)
{
  return all ? (double)part / (double)all : 0;
}

/* Moves field n on; columns of what it becomes. Collective over the domain. */
static PetscErrorCode polish(stage *s, int64_t n, double *block, double columns[SQ_POLISH_COLUMNS])
{
  PetscFunctionBeginUser;
  double ignored[SQ_CHAIN_NUMBERS];
  sq_chain *c = s->chain;
  int64_t all = s->set.trajectories, half = all / 2, full = sq_polish_full_steps(0, all), early[2] = {0}, late[2] = {0};
  c->id = first_chain + (uint64_t)n;
  PetscCall(sq_chain_restore(c, block, (double[SQ_CHAIN_NUMBERS]){0}));
  columns[SQ_POLISH_SAMPLE] = (double)n;
  look(c, &columns[SQ_POLISH_M_START], &columns[SQ_POLISH_ACTION_START]);
  PetscCall(move(s, 0, half, early));
  look(c, &columns[SQ_POLISH_M_HALF], &columns[SQ_POLISH_ACTION_HALF]);
  PetscCall(move(s, half, all, late));
  columns[SQ_POLISH_ACCEPTED] = share(early[0] + late[0], full);
  columns[SQ_POLISH_LATE] = share(late[0], sq_polish_full_steps(half, all));
  columns[SQ_POLISH_FINE] = share(early[1] + late[1], all - full);
  s->proposed += full;
  s->accepted += early[0] + late[0];
  sq_chain_save(c, block, ignored);
  PetscCall(sq_obs_measure(s->obs, block, columns + SQ_POLISH_OWN));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(void *context, int64_t n, int count, double *block, double *columns)
{
  PetscFunctionBeginUser;
  stage *s = context;
  PetscCall(sq_records_read(s->samples, 0, count ? n : -1, block, NULL));
  if (count) PetscCall(polish(s, n, block, columns));
  PetscFunctionReturn(0);
}

static void progress(const void *context, char text[64])
{
  const stage *s = context;
  snprintf(text, 64, "acceptance %.3f", (double)s->accepted / (double)PetscMax(1, s->proposed));
}

static PetscErrorCode finish(const stage *s, sq_records *records)
{
  PetscFunctionBeginUser;
  sq_polish_outcome o;
  PetscCall(sq_polish_look(records, s->run->action.type, s->set.trajectories, &o));
  PetscCall(sq_records_put_real(records, "acceptance", o.acceptance));
  PetscCall(sq_records_put_real(records, "step_size", s->eps));
  PetscCall(sq_records_put_real(records, "md_steps", (double)s->set.md_steps));
  PetscCall(sq_records_put_real(records, "trajectories", (double)s->set.trajectories));
  PetscCall(sq_records_put_real(records, "never_moved", o.never));
  PetscCall(sq_records_put_real(records, "held_back", o.held));
  PetscCall(sq_records_put_real(records, "late_drift", fmax(fabs(o.late_sigmas[0]), fabs(o.late_sigmas[1]))));
  PetscCall(sq_records_publish(&records));
  PetscCall(sq_run_remove_checkpoint(s->run, s->checkpoint));
  PetscFunctionReturn(0);
}

/* ---- the method ---- */

static PetscErrorCode set_up(stage *s, const char *from, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  sq_correct_settings_from_deck(s->run->deck, e->count, &s->set);
  s->langevin = s->set.method == &sq_correction_mala;
  if (s->langevin) s->set.md_steps = 1;
  s->set.configurations = PetscMin(s->set.configurations, e->count);
  const double numbers = sq_action_components(&s->run->action) * sq_volume(e->extent);
  const sq_plan fields = sq_plan_copies(e->extent + SQ_DIM - e->dim, numbers, s->set.configurations);
  PetscCall(sq_plan_grid(s->run, &fields, &s->grid, &s->lattice));
  PetscCall(sq_md_create(s->lattice, &s->run->action, sq_integrator_find("leapfrog"), &s->md));
  PetscCall(sq_chain_create(s->md, sq_correct_stream(s->run, e), first_chain, &s->chain));
  PetscCall(sq_obs_create(s->lattice, &s->run->action, &s->obs));
  PetscCall(sq_records_open(s->grid, s->lattice, from, &s->samples));
  sq_run_path(s->run, "correct.checkpoint.h5", s->checkpoint);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  PetscCall(sq_records_close(&s->samples));
  PetscCall(sq_obs_destroy(&s->obs));
  PetscCall(sq_chain_destroy(&s->chain));
  PetscCall(sq_md_destroy(&s->md));
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_all(sq_run *run, const char *from, const char *to, const sq_ensemble *e,
                               uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  stage s = {.run = run, .fingerprint = fingerprint};
  sq_records_info info;
  char *deck;
  PetscCall(set_up(&s, from, e));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  sq_correct_describe(run, e, fingerprint, deck, &info);
  sq_describe_group("corrected", s.set.configurations, SQ_POLISH_OWN, sq_polish_column, true, &info);
  PetscCall(settle_step(&s));
  sq_fields fields = {.run = run,
                      .stage = "correct",
                      .path = to,
                      .grid = s.grid,
                      .lattice = s.lattice,
                      .batch = 1,
                      .context = &s,
                      .make = make,
                      .text = progress};
  PetscCall(sq_fields_make(&fields, &info));
  PetscCall(finish(&s, fields.records));
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode again(sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  double eps;
  PetscCall(sq_run_read_reals(run, path, 1, (const char *const[]){"step_size"}, &eps));
  sq_correct_settings set;
  sq_correct_settings_from_deck(run->deck, run->sample.configurations, &set);
  PetscCall(note(run, &set, eps));
  PetscFunctionReturn(0);
}

/* ---- what would be done ---- */

/* By so many forces of each field. */
static PetscErrorCode plan(const sq_run *run, const sq_correct_work *w, int64_t each, const char *pieces,
                           sq_budget *budget)
{
  PetscFunctionBeginUser;
  double forces = (double)w->set.configurations * (double)each;
  sq_plan fields = sq_plan_copies(w->extents, w->numbers, w->set.configurations);
  fields.stage = "correct";
  fields.pieces = pieces;
  fields.kept = 64 * w->numbers;
  PetscCall(sq_plan_show(run, &fields, budget));
  sq_budget_updates(run, budget, (forces + 16 * (double)(w->set.configurations * w->set.trajectories)) * w->numbers,
                    "trajectories, after some to tune the step size; in the limit of many the result is exact");
  sq_budget_records(budget, "corrected.h5", (double)w->set.configurations, w->numbers,
                    6 + sq_obs_columns(run->action.type));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_mala(const sq_run *run, const sq_correct_work *w, sq_budget *budget)
{
  PetscFunctionBeginUser;
  PetscCall(plan(run, w, w->set.trajectories, "fields, each moved on by Langevin steps with a decision,", budget));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_hmc(const sq_run *run, const sq_correct_work *w, sq_budget *budget)
{
  PetscFunctionBeginUser;
  PetscCall(plan(run, w, w->set.trajectories * w->set.md_steps, "fields, each moved on by trajectories,", budget));
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  const char *lack = sq_action_lacks(&run->action, SQ_ABLE_FORCE);
  SqCheck(!lack, run->world, SQ_ERR_INPUT,
          "%s: correct.method: %s moves fields by their force, but the action %s %s: take metropolis or reweight",
          sq_deck_where(run->deck, "correct", "method"), w->set.method->name, run->action.type->name, lack);
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const name[2] = {"S/V", "|M|"};
  double trajectories, eps, steps;
  sq_polish_outcome o;
  PetscCall(sq_records_get_real(records, "trajectories", &trajectories));
  PetscCall(sq_records_get_real(records, "step_size", &eps));
  PetscCall(sq_records_get_real(records, "md_steps", &steps));
  PetscCall(sq_polish_look(records, e->theory, (int64_t)trajectories, &o));
  PetscCall(sq_text_add(out,
                        "corrected: %.0f %s of step size %.3g after each generated field, every eighth of finer steps, "
                        "acceptance %.3f",
                        trajectories,
                        steps == 1 ? "Metropolis-adjusted Langevin steps" : "trajectories of hybrid Monte Carlo", eps,
                        e->acceptance));
  for (int k = 0; k < 2; k++)
    PetscCall(sq_text_add(out, "%s %s moved by %+.3g (%+.1f sigma), of which %+.3g (%+.1f sigma) in the second half",
                          k ? ";" : ":", name[k], o.moved[k], o.sigmas[k], o.late[k], o.late_sigmas[k]));
  PetscFunctionReturn(0);
}

const sq_correction sq_correction_mala = {.name = "mala",
                                          .summary = "some accepted Langevin steps from every generated field",
                                          .from = "samples.h5",
                                          .make = make_all,
                                          .again = again,
                                          .mark = "abs_M_half",
                                          .verdict = judge,
                                          .fits = fits,
                                          .plan = plan_mala};

const sq_correction sq_correction_hmc = {.name = "hmc",
                                         .summary = "some trajectories of hybrid Monte Carlo from every generated "
                                                    "field",
                                         .from = "samples.h5",
                                         .make = make_all,
                                         .again = again,
                                         .mark = "abs_M_half",
                                         .verdict = judge,
                                         .fits = fits,
                                         .plan = plan_hmc};
