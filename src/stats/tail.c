/* SPDX-License-Identifier: BSD-3-Clause */
/* tail: whether a distribution falls exponentially or faster, or by a power. Serial. */
#include "pareto.h"
#include "squall/stats.h"
#include <math.h>
#include <string.h>

enum { FEWEST = 30 }; /* excesses that tell anything */

PetscErrorCode sq_tail_fit(int64_t n, const double *x, sq_tail *tail)
{
  PetscFunctionBeginUser;
  double *sorted;
  int64_t most = (int64_t)fmin(0.2 * (double)n, 3 * sqrt((double)n));
  *tail = (sq_tail){.k = NAN, .k_error = NAN, .from = NAN};
  for (int64_t i = 0; i < n; i++)
    if (!isfinite(x[i])) PetscFunctionReturn(0);
  if (most < FEWEST) PetscFunctionReturn(0);
  PetscCall(sq_alloc(n, &sorted));
  memcpy(sorted, x, (size_t)n * sizeof *x);
  PetscCall(sq_weights_sort(n, sorted, NULL));
  tail->from = sorted[n - most - 1];
  int64_t first = n - most;
  while (first < n && !(sorted[first] > tail->from)) first++; /* ties are no excess */
  for (int64_t i = first; i < n; i++) sorted[i] -= tail->from;
  tail->count = n - first;
  if (tail->count >= FEWEST) {
    tail->k = sq_pareto_likely(tail->count, sorted + first).k;
    tail->k_error = (1 + tail->k) / sqrt((double)tail->count);
  }
  sq_free(&sorted);
  PetscFunctionReturn(0);
}
