/* SPDX-License-Identifier: BSD-3-Clause */
/* The effective mass of the zero-momentum correlator, with errors from the bins of its average. */
#include "spectra.h"
#include <math.h>

/* cosh m = (C(t-1) + C(t+1))/2C(t): of A cosh m(t - L/2) it is m at every t. NaN where that is below 1. */
static double mass_of(double before, double here, double after)
{
  return acosh((before + after) / (2 * here));
}

/* C(t) of all bins but one, of which all together have n fields. */
static double without(const sq_spectra *spectra, int bin, double n, int64_t t)
{
  const sq_spectra_sums *s = spectra->sums;
  return (n * spectra->correlator[t] - sq_sum_value(&s->correlator[bin * spectra->slices + t])) / (n - s->count[bin]);
}

/* From what each bin contributes: n/n_b (value of all) - (n/n_b - 1) (value of all but it). x[bins] is scratch. */
static PetscErrorCode find_error(const sq_spectra *spectra, int64_t t, double mass, double *x, double *error)
{
  PetscFunctionBeginUser;
  const sq_spectra_sums *s = spectra->sums;
  double n = 0;
  *error = NAN;
  if (isnan(mass)) PetscFunctionReturn(0);
  for (int b = 0; b < s->bins; b++) n += s->count[b];
  for (int b = 0; b < s->bins; b++) {
    x[b] = mass;
    if (!(s->count[b] > 0)) continue;
    if (!(s->count[b] < n)) PetscFunctionReturn(0);
    const double parts = n / s->count[b], m = mass_of(without(spectra, b, n, t - 1), without(spectra, b, n, t),
                                                      without(spectra, b, n, (t + 1) % spectra->slices));
    if (isnan(m)) PetscFunctionReturn(0);
    x[b] = parts * mass - (parts - 1) * m;
  }
  PetscCall(sq_spectra_error(s, x, error));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_masses(const sq_spectra *spectra, double *mass, double *error)
{
  PetscFunctionBeginUser;
  const double *C = spectra->correlator;
  const int64_t L = spectra->slices;
  double *x;
  PetscCall(sq_alloc(spectra->sums->bins, &x));
  for (int64_t t = 0; t < L; t++) {
    mass[t] = error[t] = NAN;
    if (t < 1 || t > L / 2 || !(C[t] > 0)) continue;
    mass[t] = mass_of(C[t - 1], C[t], C[(t + 1) % L]);
    PetscCall(find_error(spectra, t, mass[t], x, &error[t]));
  }
  sq_free(&x);
  PetscFunctionReturn(0);
}
