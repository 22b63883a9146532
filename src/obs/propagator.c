/* SPDX-License-Identifier: BSD-3-Clause */
/* propagator: the susceptibility and the correlation length from many modes of low momentum at once. Serial.
 *
 * G(0) is one number a field, as noisy as itself, and G at one momentum hardly better; but 1/G(p) is so nearly linear
 * in p_hat^2 that all modes with p_hat^2 xi^2 up to REACH tell of both. A quadratic term takes up what bends.
 */
#include "src/obs/spectra.h"
#include <math.h>

enum { TERMS = 3, LEAST_ORBITS = 6, REACH = 8 };
static const double first_reach = 2; /* in p_hat^2, of the fit that finds xi */

/* How many orbits there are up to that p_hat^2, the zero mode included; at least LEAST_ORBITS beside it. */
static int64_t orbits_within(const sq_orbits *orbits, double phat2)
{
  int64_t count = 1;
  while (count < orbits->count && (count <= LEAST_ORBITS || orbits->phat2[count] <= phat2)) count++;
  return count;
}

/* 1/G = sum_k coefficient[k] p_hat^2k over orbits 1 .. count - 1; the relative error of an orbit's G is as
 * 1/sqrt(multiplicity). */
static PetscErrorCode fit(const sq_orbits *orbits, int64_t count, const double *power, double coefficient[TERMS],
                          bool *good)
{
  double *x, *y, *weight;
  int rows = (int)(count - 1);
  PetscFunctionBeginUser;
  *good = true;
  PetscCall(sq_alloc(TERMS * rows, &x));
  PetscCall(sq_alloc(rows, &y));
  PetscCall(sq_alloc(rows, &weight));
  for (int i = 0; i < rows; i++) {
    *good = *good && power[i + 1] > 0 && isfinite(power[i + 1]);
    y[i] = 1 / power[i + 1];
    weight[i] = (double)orbits->multiplicity[i + 1] * power[i + 1] * power[i + 1];
    for (int k = 0; k < TERMS; k++) x[i * TERMS + k] = pow(orbits->phat2[i + 1], k);
  }
  *good = *good && sq_fit_linear(rows, TERMS, x, y, weight, coefficient) && coefficient[0] > 0 && coefficient[1] > 0;
  sq_free(&x);
  sq_free(&y);
  sq_free(&weight);
  PetscFunctionReturn(0);
}

/* Of all bins. */
static void average(const sq_spectra *spectra, int64_t count, double *power)
{
  for (int64_t k = 0; k < count; k++) power[k] = spectra->power[k];
}

/* Of all bins but one, of which all together have n fields. */
static void average_without(const sq_spectra *spectra, int bin, double n, int64_t count, double *power)
{
  const sq_spectra_sums *s = spectra->sums;
  const sq_sum *here = s->power + bin * spectra->fft->orbits.count;
  for (int64_t k = 0; k < count; k++) power[k] = (n * spectra->power[k] - sq_sum_value(&here[k])) / (n - s->count[bin]);
}

static void take(const double coefficient[TERMS], double *chi2, double *xi)
{
  *chi2 = 1 / coefficient[0];
  *xi = sqrt(coefficient[1] / coefficient[0]);
}

/* Errors, from what each bin contributes: n/n_b (value of all) - (n/n_b - 1) (value of all but it). power[count] is
 * scratch. */
static PetscErrorCode find_errors(const sq_spectra *spectra, int64_t count, double *power, sq_propagator *result,
                                  bool *good)
{
  const sq_spectra_sums *s = spectra->sums;
  double coefficient[TERMS], c, x, n = 0, *chi2, *xi;
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(s->bins, &chi2));
  PetscCall(sq_alloc(s->bins, &xi));
  for (int b = 0; b < s->bins; b++) n += s->count[b];
  for (int b = 0; *good && b < s->bins; b++) {
    if (!(s->count[b] > 0)) continue;
    double parts = n / s->count[b];
    average_without(spectra, b, n, count, power);
    PetscCall(fit(&spectra->fft->orbits, count, power, coefficient, good));
    take(coefficient, &c, &x);
    chi2[b] = parts * result->chi2.value - (parts - 1) * c;
    xi[b] = parts * result->xi.value - (parts - 1) * x;
  }
  PetscCall(sq_spectra_error(s, chi2, &result->chi2.error));
  PetscCall(sq_spectra_error(s, xi, &result->xi.error));
  sq_free(&xi);
  sq_free(&chi2);
  PetscFunctionReturn(0);
}

/* Fits the orbits that are low for the xi of a first fit; count and coefficient are those of the second. */
static PetscErrorCode fit_low(const sq_spectra *spectra, double *power, int64_t *count, double coefficient[TERMS],
                              bool *good)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &spectra->fft->orbits;
  average(spectra, *count, power);
  PetscCall(fit(orbits, *count, power, coefficient, good));
  if (!*good) PetscFunctionReturn(0);
  *count = PetscMin(*count, orbits_within(orbits, REACH * coefficient[0] / coefficient[1]));
  PetscCall(fit(orbits, *count, power, coefficient, good));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_fit(const sq_spectra *spectra, sq_propagator *result)
{
  const sq_estimate none = {.value = NAN,
                            .error = NAN,
                            .error_of_error = NAN,
                            .tau_int = NAN,
                            .tau_int_error = NAN,
                            .n = spectra->sums->records};
  double coefficient[TERMS], *power;
  int64_t count = orbits_within(&spectra->fft->orbits, first_reach);
  bool good = count > LEAST_ORBITS;
  PetscFunctionBeginUser;
  *result = (sq_propagator){.chi2 = none, .xi = none, .width = NAN};
  PetscCall(sq_alloc(count, &power));
  if (good) PetscCall(fit_low(spectra, power, &count, coefficient, &good));
  if (good) {
    take(coefficient, &result->chi2.value, &result->xi.value);
    result->orbits = count - 1;
    result->phat2 = spectra->fft->orbits.phat2[count - 1];
    result->width = sq_shortest_side(spectra->fft->lattice->extent) / result->xi.value;
    PetscCall(find_errors(spectra, count, power, result, &good));
  }
  if (!good) result->width = NAN;
  if (!(result->width >= SQ_XI_WIDTH)) result->chi2 = result->xi = none;
  sq_free(&power);
  PetscFunctionReturn(0);
}
