/* SPDX-License-Identifier: BSD-3-Clause */
/* histogram: equal bins between given edges, so that several sets can share them. Serial. */
#include "squall/stats.h"
#include <math.h>

void sq_range_extend(int64_t n, const double *x, double *low, double *high)
{
  for (int64_t i = 0; i < n; i++) {
    if (!isfinite(x[i])) continue;
    *low = fmin(*low, x[i]);
    *high = fmax(*high, x[i]);
  }
}

PetscErrorCode sq_histogram_create(int bins, double low, double high, sq_histogram *histogram)
{
  PetscFunctionBeginUser;
  PetscCheck(bins >= 1 && isfinite(low) && isfinite(high) && low <= high, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "No histogram of %d bins from %g to %g", bins, low, high);
  double pad = low < high ? 0.0 : fmax(0.5, 1e-6 * fabs(low));
  *histogram = (sq_histogram){.bins = bins, .low = low - pad, .high = high + pad};
  PetscCall(sq_alloc(bins, &histogram->count));
  PetscFunctionReturn(0);
}

void sq_histogram_destroy(sq_histogram *histogram)
{
  sq_free(&histogram->count);
}

void sq_histogram_add(sq_histogram *histogram, int64_t n, const double *x)
{
  double per_bin = histogram->bins / (histogram->high - histogram->low);
  for (int64_t i = 0; i < n; i++) {
    if (isnan(x[i])) histogram->invalid++;
    else if (x[i] < histogram->low || x[i] > histogram->high) histogram->outside++;
    else histogram->count[PetscMin((int)((x[i] - histogram->low) * per_bin), histogram->bins - 1)]++;
  }
  histogram->total += n;
}

double sq_histogram_density(const sq_histogram *histogram, int bin, double *error)
{
  double valid = (double)(histogram->total - histogram->invalid),
         width = (histogram->high - histogram->low) / histogram->bins;
  double share = valid > 0 ? (double)histogram->count[bin] / valid : 0.0;
  if (error) *error = valid > 0 ? sqrt(share * (1 - share) / valid) / width : 0.0;
  return share / width;
}
