/* The methods mala and hmc of stage correct: every generated field is moved on by a few trajectories of molecular
 * dynamics -> corrected.h5.
 *
 * mala is hmc with one leapfrog step: the Langevin step with a decision (Rossky, Doll, Friedman, J. Chem. Phys. 69
 * (1978) 4628). Every trajectory leaves exp(-S) unchanged, so the fields come from the samples' distribution towards it
 * and never back; after finitely many the slow modes still remember the samples. Observables before, half way and after
 * stand in the columns, so that the drift can be judged. Field n is a function of (samples, seed, n, step size).
 */
#include "squall/hmc.h"
#include "src/run/fields.h"
#include "src/correction/correction.h"
#include <math.h>
#include <string.h>

enum {
  SAMPLE,
  ACCEPTED,
  ABS_M_START,
  ACTION_START,
  ABS_M_HALF,
  ACTION_HALF,
  FIRST_OBS,
  COLUMNS = FIRST_OBS + SQ_OBS_MOST
};
static const char *const column_name[FIRST_OBS] = {"sample",       "accepted",   "abs_M_start",
                                                   "action_start", "abs_M_half", "action_half"};

/* Polishing chains are numbered from here: those of stage hmc and their probes have other random numbers. */
static const uint64_t first_chain = (uint64_t)1 << 33;

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
                       .first_id = first_chain,
                       .trajectories = PetscMin(4, s->set.trajectories),
                       .steps = s->set.md_steps,
                       .target = s->langevin ? 0.574 : integrator->acceptance,
                       .order = s->langevin ? 3 : integrator->order};
  double *blocks, acceptance;
  s->eps = s->set.step_size;
  if (s->eps > 0) PetscFunctionReturn(0);
  s->eps = s->langevin ? 0.3 : 0.1;
  PetscCall(sq_alloc(set.fields * s->lattice->local_volume, &blocks));
  for (int64_t i = 0; i < set.fields; i++)
    PetscCall(sq_records_read(s->samples, 0, i, blocks + i * s->lattice->local_volume, NULL));
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
    PetscCall(tune(s));
    PetscCall(sq_store_create("checkpoint", &store));
    PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)s->fingerprint));
    PetscCall(sq_store_put_real(store, "step_size", s->eps));
    PetscCall(sq_store_write(s->run->world, store, s->checkpoint, false));
  }
  PetscCall(sq_store_destroy(&store));
  PetscCall(note(s->run, &s->set, s->eps));
  PetscFunctionReturn(0);
}

/* ---- the fields ---- */

/* Moves field n on; columns of what it becomes. Collective over the domain. */
static PetscErrorCode polish(stage *s, int64_t n, double *block, double columns[COLUMNS])
{
  PetscFunctionBeginUser;
  double ignored[SQ_CHAIN_NUMBERS];
  sq_chain *c = s->chain;
  const double volume = (double)s->lattice->volume;
  c->id = first_chain + (uint64_t)n;
  PetscCall(sq_chain_restore(c, block, (double[SQ_CHAIN_NUMBERS]){0}));
  columns[SAMPLE] = (double)n;
  columns[ABS_M_START] = fabs(c->magnetisation);
  columns[ACTION_START] = c->action / volume;
  for (int64_t t = 0; t < s->set.trajectories; t++) {
    if (t == s->set.trajectories / 2) {
      columns[ABS_M_HALF] = fabs(c->magnetisation);
      columns[ACTION_HALF] = c->action / volume;
    }
    PetscCall(sq_chain_trajectory(c, s->eps, s->set.md_steps));
  }
  columns[ACCEPTED] = sq_metropolis_acceptance(&c->counts);
  s->proposed += c->counts.proposed;
  s->accepted += c->counts.accepted;
  sq_chain_save(c, block, ignored);
  PetscCall(sq_obs_measure(s->obs, block, columns + FIRST_OBS));
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
  double *accepted, mean = 0;
  PetscCall(sq_alloc(s->set.configurations, &accepted));
  PetscCall(sq_records_column(records, 0, column_name[ACCEPTED], accepted));
  for (int64_t i = 0; i < s->set.configurations; i++) mean += accepted[i] / (double)s->set.configurations;
  sq_free(&accepted);
  PetscCall(sq_records_put_real(records, "acceptance", mean));
  PetscCall(sq_records_put_real(records, "step_size", s->eps));
  PetscCall(sq_records_put_real(records, "md_steps", (double)s->set.md_steps));
  PetscCall(sq_records_put_real(records, "trajectories", (double)s->set.trajectories));
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
  const sq_plan fields = sq_plan_copies(e->extent + SQ_DIM - e->dim, sq_volume(e->extent), s->set.configurations);
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
  sq_describe_group("corrected", s.set.configurations, FIRST_OBS, column_name, true, &info);
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
static PetscErrorCode plan(const sq_run *run, const sq_correct_work *w, int64_t each, const char *pieces)
{
  PetscFunctionBeginUser;
  const double updates = 1e8; /* sites a second and rank, at least */
  double forces = (double)w->set.configurations * (double)each;
  sq_plan fields = sq_plan_copies(w->extents, w->volume, w->set.configurations);
  fields.stage = "correct";
  fields.pieces = pieces;
  fields.kept = 64 * w->volume;
  PetscCall(sq_plan_show(run, &fields));
  sq_info("          %.3g forces of a field (%.1f minutes), after some to tune the step size; in the limit of many the "
          "result is exact",
          forces, forces * w->volume / updates / 60 / run->size);
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_mala(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  PetscCall(plan(run, w, w->set.trajectories, "fields, each moved on by Langevin steps with a decision,"));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_hmc(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  PetscCall(plan(run, w, w->set.trajectories * w->set.md_steps, "fields, each moved on by trajectories,"));
  PetscFunctionReturn(0);
}

/* Mean of after - before, in its errors; fields are independent. */
static double drift(int64_t n, const double *before, const double *after, double *mean)
{
  sq_running d = {0};
  for (int64_t i = 0; i < n; i++) sq_running_add(&d, after[i] - before[i]);
  *mean = d.mean;
  return d.mean / sq_running_error(&d);
}

static PetscErrorCode add_drift(sq_records *records, int64_t n, const char *name, const char *start, const char *half,
                                const double *end, double *late, sq_text *out)
{
  PetscFunctionBeginUser;
  double *first, *middle, all, rest;
  PetscCall(sq_alloc(n, &first));
  PetscCall(sq_alloc(n, &middle));
  PetscCall(sq_records_column(records, 0, start, first));
  PetscCall(sq_records_column(records, 0, half, middle));
  double sigmas = drift(n, first, end, &all);
  *late = drift(n, middle, end, &rest);
  PetscCall(sq_text_add(out, "%s moved by %+.3g (%+.1f sigma), of which %+.3g (%+.1f sigma) in the second half; ", name,
                        all, sigmas, rest, *late));
  sq_free(&first);
  sq_free(&middle);
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  double trajectories, eps, steps, late[2], *abs_M;
  PetscCall(sq_records_get_real(records, "trajectories", &trajectories));
  PetscCall(sq_records_get_real(records, "step_size", &eps));
  PetscCall(sq_records_get_real(records, "md_steps", &steps));
  PetscCall(sq_text_add(
    out, "corrected: %.0f %s of step size %.3g after each generated field, acceptance %.3f: ", trajectories,
    steps == 1 ? "Metropolis-adjusted Langevin steps" : "trajectories of hybrid Monte Carlo", eps, e->acceptance));
  PetscCall(sq_alloc(e->count, &abs_M));
  for (int64_t i = 0; i < e->count; i++) abs_M[i] = fabs(e->column[SQ_OBS_ORDER][i]);
  PetscCall(add_drift(records, e->count, "S/V", "action_start", "action_half", sq_ensemble_column(e, "action_density"),
                      &late[0], out));
  PetscCall(add_drift(records, e->count, "|M|", "abs_M_start", "abs_M_half", abs_M, &late[1], out));
  sq_free(&abs_M);
  bool moving = fabs(late[0]) > sq_sigmas_settled || fabs(late[1]) > sq_sigmas_settled;
  PetscCall(sq_text_add(out, moving ? "still on the way from the samples' distribution to the exact one: give more "
                                      "trajectories" :
                                      "no drift is seen any more. That is exact only in the limit of many "
                                      "trajectories: modes slower than these keep what the model gave them"));
  PetscFunctionReturn(0);
}

const sq_correction sq_correction_mala = {.name = "mala",
                                          .from = "samples.h5",
                                          .make = make_all,
                                          .again = again,
                                          .mark = "abs_M_half",
                                          .verdict = judge,
                                          .plan = plan_mala};

const sq_correction sq_correction_hmc = {.name = "hmc",
                                         .from = "samples.h5",
                                         .make = make_all,
                                         .again = again,
                                         .mark = "abs_M_half",
                                         .verdict = judge,
                                         .plan = plan_hmc};
