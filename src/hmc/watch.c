/* SPDX-License-Identifier: BSD-3-Clause */
/* What histories say: means and autocorrelations by the Gamma method, the same on every rank that has the rows. */
#include "internal.h"
#include <math.h>

static double watched(const double row[SQ_HISTORY_COLUMNS], sq_watched what)
{
  switch (what) {
  case SQ_WATCH_M_ABS: return fabs(row[SQ_HISTORY_M]);
  case SQ_WATCH_ACTION: return row[SQ_HISTORY_ACTION];
  case SQ_WATCH_SD: return row[SQ_HISTORY_SD];
  default: return row[SQ_HISTORY_M] * row[SQ_HISTORY_M];
  }
}

/* Whether the action of each of these chains changes. */
static bool all_change(const sq_history *history, int64_t first, int64_t chains, int64_t skip)
{
  for (int64_t c = first; c < first + chains; c++) {
    const double begin = sq_history_at(history, c, skip)[SQ_HISTORY_ACTION];
    int64_t row = skip + 1;
    while (row < history->rows && sq_history_at(history, c, row)[SQ_HISTORY_ACTION] == begin) row++;
    if (row >= history->rows) return false;
  }
  return true;
}

/* An order parameter that stays what it is while S changes is a whole number, such as that of particles: it is known.
 */
PetscErrorCode sq_history_estimate(const sq_history *history, int64_t first, int64_t chains, int64_t skip,
                                   sq_watched what, sq_estimate *estimate)
{
  PetscFunctionBeginUser;
  int64_t n = history->rows - skip, *length;
  double *x;
  PetscCall(sq_alloc(chains * n, &x));
  PetscCall(sq_alloc(chains, &length));
  for (int64_t c = 0; c < chains; c++) {
    length[c] = n;
    for (int64_t t = 0; t < n; t++) x[c * n + t] = watched(sq_history_at(history, first + c, skip + t), what);
  }
  const double *column[] = {x};
  const bool order = what == SQ_WATCH_M_ABS || what == SQ_WATCH_M_SQUARED;
  const sq_series series = {.n = chains * n,
                            .column = column,
                            .chains = (int)chains,
                            .length = length,
                            .constant_is_known = order && n > 0 && all_change(history, first, chains, skip)};
  PetscCall(sq_gamma(&series, NULL, estimate));
  sq_free(&x);
  sq_free(&length);
  PetscFunctionReturn(0);
}

bool sq_history_constant(const sq_history *history, int64_t first, int64_t chains, int64_t skip, sq_watched what)
{
  const double value = watched(sq_history_at(history, first, skip), what);
  bool constant = true;
  for (int64_t c = 0; c < chains; c++)
    for (int64_t t = skip; t < history->rows && constant; t++)
      constant = watched(sq_history_at(history, first + c, t), what) == value;
  return constant;
}

PetscErrorCode sq_history_slowest(const sq_history *history, int64_t chains, int64_t skip, sq_estimate *slowest,
                                  bool *known)
{
  PetscFunctionBeginUser;
  const sq_watched what[] = {SQ_WATCH_M_ABS, SQ_WATCH_M_SQUARED, SQ_WATCH_ACTION};
  sq_estimate e[3];
  int unknown;
  for (int i = 0; i < 3; i++) PetscCall(sq_history_estimate(history, 0, chains, skip, what[i], &e[i]));
  int slow = sq_slowest(3, (const sq_estimate *const[]){&e[0], &e[1], &e[2]}, &unknown);
  *slowest = slow < 0 ? (sq_estimate){.tau_int = NAN, .tau_int_error = NAN} : e[slow];
  *known = unknown < 0;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_watch_tau(sq_hmc *hmc, bool *known)
{
  PetscFunctionBeginUser;
  sq_estimate slowest = {0};
  PetscCall(sq_history_slowest(&hmc->warmup, hmc->set.chains, hmc->warmup.rows / 2, &slowest, known));
  bool none = isnan(slowest.tau_int);
  hmc->tuning.tau_int = none ? 0 : slowest.tau_int;
  hmc->tuning.tau_int_error = none ? 0 : slowest.tau_int_error;
  PetscFunctionReturn(0);
}
