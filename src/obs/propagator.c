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

/* Of all bins but one; left_out < 0: of all. */
static void average(const sq_spectra *spectra, int left_out, int64_t count, double *power)
{
  const sq_spectra_sums *s = spectra->sums;
  int64_t orbits = spectra->fft->orbits.count, n = 0;
  for (int b = 0; b < s->bins; b++) n += b == left_out ? 0 : s->count[b];
  for (int64_t k = 0; k < count; k++) {
    sq_sum total = {{0}};
    for (int b = 0; b < s->bins; b++)
      if (b != left_out) sq_sum_merge(&total, &s->power[b * orbits + k]);
    power[k] = sq_sum_value(&total) / (double)n;
  }
}

static void take(const double coefficient[TERMS], double *chi2, double *xi)
{
  *chi2 = 1 / coefficient[0];
  *xi = sqrt(coefficient[1] / coefficient[0]);
}

/* Values of all records; errors by the jackknife over bins. power[count] is scratch. */
static PetscErrorCode jackknife(const sq_spectra *spectra, int64_t count, double *power, sq_propagator *result,
                                bool *good)
{
  const sq_orbits *orbits = &spectra->fft->orbits;
  sq_running chi2 = {0}, xi = {0};
  double coefficient[TERMS], c, x;
  PetscFunctionBeginUser;
  for (int b = 0; *good && b < spectra->sums->bins; b++) {
    if (!spectra->sums->count[b]) continue;
    average(spectra, b, count, power);
    PetscCall(fit(orbits, count, power, coefficient, good));
    take(coefficient, &c, &x);
    sq_running_add(&chi2, c);
    sq_running_add(&xi, x);
  }
  result->chi2.error = (double)(chi2.n - 1) * sq_running_error(&chi2);
  result->xi.error = (double)(xi.n - 1) * sq_running_error(&xi);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_fit(const sq_spectra *spectra, sq_propagator *result)
{
  const sq_orbits *orbits = &spectra->fft->orbits;
  const sq_estimate none = {.value = NAN,
                            .error = NAN,
                            .error_of_error = NAN,
                            .tau_int = NAN,
                            .tau_int_error = NAN,
                            .n = spectra->sums->records};
  double coefficient[TERMS], *power;
  int64_t count = orbits_within(orbits, first_reach);
  bool good = count > LEAST_ORBITS;
  PetscFunctionBeginUser;
  *result = (sq_propagator){.chi2 = none, .xi = none};
  PetscCall(sq_alloc(count, &power));
  if (good) average(spectra, -1, count, power);
  if (good) PetscCall(fit(orbits, count, power, coefficient, &good));
  if (good) {
    count = PetscMin(count, orbits_within(orbits, REACH * coefficient[0] / coefficient[1]));
    PetscCall(fit(orbits, count, power, coefficient, &good));
  }
  if (good) {
    take(coefficient, &result->chi2.value, &result->xi.value);
    result->orbits = count - 1;
    result->phat2 = orbits->phat2[count - 1];
    PetscCall(jackknife(spectra, count, power, result, &good));
  }
  if (!good) *result = (sq_propagator){.chi2 = none, .xi = none};
  sq_free(&power);
  PetscFunctionReturn(0);
}
