/* SPDX-License-Identifier: BSD-3-Clause */
/* What was corrected, in words: how, how well, what it is worth. */
#include "src/ensemble/correction.h"
#include <math.h>
#include <stdarg.h>

const sq_estimate *sq_correct_slowest(const sq_ensemble *e, const char **name)
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
  const sq_estimate *x = sq_correct_slowest(e, &name);
  if (x) return sq_independent_share(x);
  return (sq_estimate){.value = NAN, .error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = e->count};
}

/* ---- weights ---- */

void sq_weighed_say(const sq_weighed *w, const char *format, ...)
{
  char where[128], ess[64], why[SQ_WEIGHTS_TEXT];
  const sq_estimate share = sq_weights_ess(&w->weights);
  va_list args;
  va_start(args, format);
  vsnprintf(where, sizeof where, format, args);
  va_end(args);
  sq_value_text(&share, ess, sizeof ess);
  sq_weights_text(&w->weights, why, sizeof why);
  sq_log(w->weights.verdict == SQ_WEIGHTS_TRUSTED ? SQ_INFO : SQ_WARN,
         "%s: effective sample size %s, acceptance %.3f, spread of log w %.3g: %s", where, ess, w->acceptance,
         w->spread, why);
}

/* ---- chains ---- */

PetscErrorCode sq_correct_worth(const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  const double poor = 0.05;
  const char *name = "";
  char tau[64] = "";
  const sq_estimate *x = sq_correct_slowest(e, &name);
  if (x) sq_tau_text(x, tau, sizeof tau);
  PetscCall(
    sq_text_add(out, "acceptance %.3f%s; ", e->acceptance,
                e->acceptance < poor ? " (the model is poor for such moves: what is stored changes rarely)" : ""));
  if (!x) PetscCall(sq_text_add(out, "too short to say what it is worth"));
  else
    PetscCall(sq_text_add(out,
                          "tau_int of %s, the slowest of |M|, M^2 and S, is %s stored fields, so %lld fields are worth "
                          "%.3g independent ones (%.3g %%)%s",
                          name, tau, (long long)e->count, (double)e->count / (2 * x->tau_int), 50 / x->tau_int,
                          sq_estimate_long_enough(x) ? "" :
                                                       "; that is fewer than 100 tau_int: its errors are not to be "
                                                       "trusted, make the chain longer"));
  PetscFunctionReturn(0);
}

/* ---- every method ---- */

PetscErrorCode sq_correct_verdict(const sq_run *run, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_grid *grid;
  sq_records *records;
  bool known = false;
  if (isnan(e->acceptance)) { /* not a file: weights */
    for (int i = 0; sq_corrections[i]; i++)
      if (!sq_corrections[i]->make) PetscCall(sq_corrections[i]->verdict(NULL, e, out));
    PetscFunctionReturn(0);
  }
  sq_run_path(run, sq_corrected_file, path);
  PetscCall(sq_grid_create(run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  for (int i = 0; sq_corrections[i] && !known; i++) { /* what a file was corrected by shows in its columns */
    known = sq_corrections[i]->mark &&
            sq_group_column(&sq_records_about(records)->group[0], sq_corrections[i]->mark) >= 0;
    if (known) PetscCall(sq_corrections[i]->verdict(records, e, out));
  }
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}
