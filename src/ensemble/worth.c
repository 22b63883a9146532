/* What was corrected, in words: how, how well, what it is worth. */
#include "src/ensemble/ensemble.h"
#include <math.h>
#include <string.h>

/* The slowest of the observables that are means of one configuration's numbers. */
static const sq_estimate *slowest(const sq_ensemble *e, const char **name)
{
  static const char *const watched[] = {"abs_M", "M2", "action_density"};
  const sq_estimate *x[3];
  const char *names[3];
  int count = 0;
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
    if ((x[count] = sq_obs_find(&e->table, watched[i]))) names[count++] = watched[i];
  int worst = sq_slowest(count, x, NULL);
  if (worst >= 0) *name = names[worst];
  return worst < 0 ? NULL : x[worst];
}

sq_estimate sq_correct_independent(const sq_ensemble *e)
{
  const char *name;
  const sq_estimate *x = slowest(e, &name);
  if (x) return sq_independent_share(x);
  return (sq_estimate){.value = NAN, .error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = e->count};
}

/* ---- chains ---- */

/* The acceptance and what the chain is worth. */
static PetscErrorCode add_worth(const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  const double poor = 0.05;
  const char *name = "";
  const sq_estimate *x = slowest(e, &name);
  PetscCall(
    sq_text_add(out, "acceptance %.3f%s; ", e->acceptance,
                e->acceptance < poor ? " (the model is poor for such moves: what is stored changes rarely)" : ""));
  if (!x) PetscCall(sq_text_add(out, "too short to say what it is worth"));
  else
    PetscCall(sq_text_add(out,
                          "tau_int of %s, the slowest, is %.2g(%.1g) stored fields, so %lld fields are worth %.3g "
                          "independent ones (%.3g %%)%s",
                          name, x->tau_int, x->tau_int_error, (long long)e->count, (double)e->count / (2 * x->tau_int),
                          50 / x->tau_int,
                          sq_estimate_long_enough(x) ? "" :
                                                       "; that is fewer than 100 tau_int: do not trust errors to "
                                                       "better than a factor, make the chain longer"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_metropolis(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  (void)records;
  PetscCall(sq_text_add(out, "corrected: a Metropolis chain of generated fields, exact whatever the model: "));
  PetscCall(add_worth(e, out));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_ode(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  (void)records;
  PetscCall(sq_text_add(out, "corrected: a Metropolis chain of fields that the probability flow made, by their "
                             "densities, exact whatever the model but for the error of integration "
                             "(correct.tolerance): "));
  PetscCall(add_worth(e, out));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_partial(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  enum { BLOCK, DEPTH, SEPARATION, THERMALISATION, FORGETS, EVALUATIONS, STEPS, NUMBERS };
  static const char *const names[NUMBERS] = {"block",   "depth",       "separation", "thermalisation",
                                             "forgets", "evaluations", "steps"};
  double x[NUMBERS];
  const char *name;
  for (int i = 0; i < NUMBERS; i++) PetscCall(sq_records_find_real(records, names[i], &x[i]));
  PetscCall(sq_text_add(out, "corrected: chains of partial-path moves, exact whatever the model, "));
  if (x[BLOCK] > 0)
    PetscCall(
      sq_text_add(out, "in blocks of %.0f sites a side (their acceptance does not depend on the volume)", x[BLOCK]));
  else PetscCall(sq_text_add(out, "of the whole field (their acceptance falls with the volume)"));
  PetscCall(sq_text_add(
    out, ", depth %.0f of %.0f levels, %.0f move%s a stored field, %.3g evaluations of the network a move: ", x[DEPTH],
    x[STEPS], x[SEPARATION], x[SEPARATION] > 1 ? "s" : "", x[EVALUATIONS]));
  PetscCall(add_worth(e, out));
  PetscCall(sq_text_add(out, "; a move forgets %.3g of M", x[FORGETS]));
  const sq_estimate *tau = slowest(e, &name);
  if (tau && x[THERMALISATION] < SQ_TAUS_FORGOTTEN * tau->tau_int * x[SEPARATION])
    PetscCall(sq_text_add(out,
                          "; only %.0f moves were left to forget the start, fewer than %d tau_int: raise "
                          "correct.thermalisation",
                          x[THERMALISATION], SQ_TAUS_FORGOTTEN));
  PetscFunctionReturn(0);
}

/* ---- polishing ---- */

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

static PetscErrorCode add_polish(sq_records *records, const sq_ensemble *e, sq_text *out)
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

/* ---- all methods ---- */

/* What a file was corrected by shows in its columns. */
static const struct {
  const char *column;
  PetscErrorCode (*add)(sq_records *records, const sq_ensemble *e, sq_text *out);
} words[] = {{"log_weight_of_path", add_metropolis},
             {"log_weight_of_flow", add_ode},
             {"jump", add_partial},
             {"abs_M_half", add_polish}};

static bool has_column(const sq_records *records, const char *name)
{
  const sq_record_group *group = &sq_records_about(records)->group[0];
  for (int c = 0; c < group->columns; c++)
    if (!strcmp(group->column[c], name)) return true;
  return false;
}

PetscErrorCode sq_correct_verdict(const sq_run *run, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_grid *grid;
  sq_records *records;
  if (isnan(e->acceptance)) { /* not a file: weights */
    PetscCall(sq_text_add(out,
                          "corrected: averages of %lld generated fields with their path weights, exact whatever the "
                          "model; the effective sample size says how many count",
                          (long long)e->count));
    PetscFunctionReturn(0);
  }
  sq_run_path(run, "corrected.h5", path);
  PetscCall(sq_grid_create(run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (has_column(records, words[i].column)) PetscCall(words[i].add(records, e, out));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}
