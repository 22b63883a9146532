/* What the rows of thermalisation say: means and autocorrelations over the second half of a round, the same on every
 * rank. */
#include "watch.h"
#include "history.h"
#include <math.h>

enum { M_SQUARED = SQ_WATCHED };

static double watched(const double row[SQ_HISTORY_COLUMNS], int what)
{
  switch (what) {
  case SQ_WATCH_M_ABS: return fabs(row[SQ_HISTORY_M]);
  case SQ_WATCH_ACTION: return row[SQ_HISTORY_ACTION];
  case SQ_WATCH_SD: return row[SQ_HISTORY_SD];
  default: return row[SQ_HISTORY_M] * row[SQ_HISTORY_M];
  }
}

/* The mean over the second half of count chains from first on, by the Gamma method. */
static PetscErrorCode estimate(const sq_hmc *hmc, int64_t first, int64_t count, int what, sq_estimate *result)
{
  PetscFunctionBeginUser;
  int64_t skip = hmc->warmup.rows / 2, n = hmc->warmup.rows - skip, *length;
  double *x;
  PetscCall(sq_alloc(count * n, &x));
  PetscCall(sq_alloc(count, &length));
  for (int64_t c = 0; c < count; c++) {
    length[c] = n;
    for (int64_t t = 0; t < n; t++) x[c * n + t] = watched(sq_history_at(&hmc->warmup, first + c, skip + t), what);
  }
  const double *column[] = {x};
  sq_series series = {.n = count * n, .column = column, .chains = (int)count, .length = length};
  PetscCall(sq_gamma(&series, NULL, result));
  sq_free(&x);
  sq_free(&length);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_watch_tau(sq_hmc *hmc, bool *known)
{
  PetscFunctionBeginUser;
  const int what[] = {SQ_WATCH_M_ABS, M_SQUARED, SQ_WATCH_ACTION};
  sq_estimate e;
  *known = true;
  hmc->tuning.tau_int = hmc->tuning.tau_int_error = 0;
  for (int i = 0; i < 3; i++) {
    PetscCall(estimate(hmc, 0, hmc->set.chains, what[i], &e));
    *known = *known && e.window_found;
    if (!(e.tau_int > hmc->tuning.tau_int)) continue;
    hmc->tuning.tau_int = e.tau_int;
    hmc->tuning.tau_int_error = e.tau_int_error;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_watch_starts(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_hmc_agreement *a = &hmc->agreement;
  a->sigmas = 0;
  for (int w = 0; w < SQ_WATCHED; w++) {
    PetscCall(estimate(hmc, 0, hmc->set.chains, w, &a->production[w]));
    PetscCall(estimate(hmc, hmc->set.chains, hmc->all_probes, w, &a->probe[w]));
    double sigmas = fabs(sq_sigmas(&a->production[w], &a->probe[w]));
    if (isnan(sigmas) || sigmas > a->sigmas) a->sigmas = sigmas;
    if (isnan(sigmas)) break;
  }
  PetscFunctionReturn(0);
}
