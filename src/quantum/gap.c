/* SPDX-License-Identifier: BSD-3-Clause */
/* gap: the energy of the first excitation from the correlator of a periodic lattice. Serial.
 *
 * The points of a correlator are strongly correlated with each other, and those of a Markov chain with the next: the
 * fit weighs them with their covariance from bins that are longer than the autocorrelation, taken once and kept fixed.
 * Errors are those of the Gamma method, so they do not hang on the bins. The amplitude is linear and eliminated; what
 * is left is a minimum in one variable, m.
 *
 * Early points are the most precise, but higher states are in them. A second fit, with two states, says by how much
 * they shift the first: the window begins where that is small beside the statistical error.
 */
#include "gap.h"
#include <math.h>

enum { BINS_OF_TWO = 20 }; /* bins a point that a covariance needs for a fit of two states */

/* Where the fit looks for m, in units of the guess. */
static const double smallest = 0.25, largest = 4;

/* A shift by a higher state counts as so many statistical errors: it is the same in every run, errors are not. */
static const double shift_weight = 2;

/* ---- fits ---- */

static void shape_of(const sq_gap_fit *fit, double m, double *shape)
{
  for (int a = 0; a < fit->points; a++) shape[a] = sq_cosh_falling(m, (double)fit->sites, fit->t[a]);
}

static double product(const sq_gap_fit *fit, const double *x, const double *y)
{
  double sum = 0;
  for (int a = 0; a < fit->points; a++)
    for (int c = 0; c < fit->points; c++) sum += x[a] * fit->inverse[a][c] * y[c];
  return sum;
}

/* A correlator to be fitted; one state, or a second that is `higher` times its energy above it. */
typedef struct {
  const sq_gap_fit *fit;
  const double *correlator;
  double higher; /* 0: one state */
} problem;

/* chi^2 of the best amplitudes, but for what does not depend on the masses. A state with a negative amplitude is left
 * out: there are none. */
static double misfit(const problem *p, double m, double amplitude[2])
{
  double one[SQ_GAP_POINTS], two[SQ_GAP_POINTS];
  shape_of(p->fit, m, one);
  double data = product(p->fit, one, p->correlator), norm = product(p->fit, one, one);
  amplitude[0] = data / norm;
  amplitude[1] = 0;
  if (p->higher == 0) return -data * data / norm;
  shape_of(p->fit, (1 + p->higher) * m, two);
  double data2 = product(p->fit, two, p->correlator), norm2 = product(p->fit, two, two),
         both = product(p->fit, one, two);
  double determinant = norm * norm2 - both * both;
  double second = (data2 * norm - data * both) / determinant;
  if (!(second > 0)) return -data * data / norm;
  amplitude[0] = (data - second * both) / norm;
  amplitude[1] = second;
  return -amplitude[0] * data - second * data2;
}

/* The mass at the least chi^2, by golden sections of its logarithm. */
static double best_mass(const problem *p)
{
  const double golden = 0.5 * (sqrt(5) - 1);
  double low = log(smallest * p->fit->guess), high = log(largest * p->fit->guess), unused[2];
  double left = high - golden * (high - low), right = low + golden * (high - low);
  double at_left = misfit(p, exp(left), unused), at_right = misfit(p, exp(right), unused);
  while (high - low > 1e-9) {
    if (at_left < at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - golden * (high - low);
      at_left = misfit(p, exp(left), unused);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + golden * (high - low);
      at_right = misfit(p, exp(right), unused);
    }
  }
  return exp(0.5 * (low + high));
}

double sq_gap_fit_mass(const double *correlator, const void *fit)
{
  return best_mass(&(problem){fit, correlator, 0});
}

/* Over a small part of the errors: a step of one point alone, against its strong correlation with the others, is a
 * large one. */
static void mass_gradient(const double *correlator, const void *context, double *gradient)
{
  const sq_gap_fit *fit = context;
  double moved[SQ_GAP_POINTS];
  for (int a = 0; a < fit->points; a++) moved[a] = correlator[a];
  for (int a = 0; a < fit->points; a++) {
    double step = 0.01 * fit->error[a];
    moved[a] = correlator[a] + step;
    double up = sq_gap_fit_mass(moved, fit);
    moved[a] = correlator[a] - step;
    gradient[a] = (up - sq_gap_fit_mass(moved, fit)) / (2 * step);
    moved[a] = correlator[a];
  }
}

static PetscErrorCode estimate(const sq_series *series, const sq_gap_fit *fit, sq_estimate *gap)
{
  PetscFunctionBeginUser;
  sq_derived derived = {
    .primaries = fit->points, .column = fit->t, .function = sq_gap_fit_mass, .gradient = mass_gradient, .context = fit};
  PetscCall(sq_gamma(series, &derived, gap));
  PetscFunctionReturn(0);
}

/* ---- the window ---- */

/* Two states: energies above the ground state, amplitudes, and the chi^2 with them. */
typedef struct {
  double mass[2], amplitude[2], chi2;
} two_states;

/* In a potential at least as steep as the harmonic one the second state of the field's symmetry is two gaps above the
 * first or more. */
static two_states fit_two_states(const sq_gap_fit *fit, const double *mean)
{
  two_states best = {.chi2 = INFINITY};
  for (double higher = 2; higher < 100; higher *= 1.2) {
    problem p = {fit, mean, higher};
    double amplitude[2], m = best_mass(&p), chi2 = product(fit, mean, mean) + misfit(&p, m, amplitude);
    if (chi2 < best.chi2) best = (two_states){{m, (1 + higher) * m}, {amplitude[0], amplitude[1]}, chi2};
  }
  return best;
}

/* What the second state does to the fit of one. */
static double shift(const sq_gap_fit *fit, const two_states *states)
{
  double one[SQ_GAP_POINTS], two[SQ_GAP_POINTS];
  shape_of(fit, states->mass[0], one);
  shape_of(fit, states->mass[1], two);
  for (int a = 0; a < fit->points; a++) one[a] = states->amplitude[0] * one[a] + states->amplitude[1] * two[a];
  return sq_gap_fit_mass(one, fit) - states->mass[0];
}

/* chi^2 in units of what one more than usual would be; variances alone say nothing about it. */
static double excess(const sq_gap_fit *fit, double chi2, int parameters)
{
  double freedom = PetscMax(1, fit->points - parameters);
  return fit->correlated ? chi2 / (freedom + sqrt(2 * freedom)) : 0;
}

/* The fit of one state in a window. */
static PetscErrorCode fit_window(const sq_series *series, int64_t from, int64_t to, int64_t length, sq_gap_fit *fit,
                                 bool *found)
{
  PetscFunctionBeginUser;
  double mean[SQ_GAP_POINTS], unused[2];
  PetscCall(sq_gap_prepare(series, from, to, length, fit, mean, found));
  if (!*found) PetscFunctionReturn(0);
  problem p = {fit, mean, 0};
  fit->chi2 = product(fit, mean, mean) + misfit(&p, best_mass(&p), unused);
  PetscFunctionReturn(0);
}

/* Where two states are enough, or come nearest to it, from 0 to `latest`. */
static PetscErrorCode find_two_states(const sq_series *series, int64_t latest, int64_t to, int64_t length,
                                      sq_gap_fit *fit, two_states *states, int64_t *from)
{
  PetscFunctionBeginUser;
  double least = INFINITY;
  *from = 0;
  for (int64_t t = 0; t <= latest && least > 1; t++) {
    double mean[SQ_GAP_POINTS];
    bool found;
    PetscCall(sq_gap_prepare(series, t, to, length, fit, mean, &found));
    if (!found) continue;
    two_states here = fit_two_states(fit, mean);
    if (!(excess(fit, here.chi2, 4) < least)) continue;
    least = excess(fit, here.chi2, 4);
    *states = here;
    *from = t;
  }
  PetscFunctionReturn(0);
}

/* What may be wrong with the fit of a window: later ones have larger errors and smaller shifts. */
static PetscErrorCode judge(const sq_series *series, const sq_gap_fit *fit, const two_states *states, double *wrong)
{
  PetscFunctionBeginUser;
  sq_estimate gap;
  PetscCall(estimate(series, fit, &gap));
  *wrong = hypot(gap.error, shift_weight * shift(fit, states)) * sqrt(fmax(1, excess(fit, fit->chi2, 2)));
  PetscFunctionReturn(0);
}

/* The window with which least is wrong. Where the bins are too few for a fit of two it begins at half the latest time.
 */
static PetscErrorCode choose_window(const sq_series *series, int64_t latest, int64_t to, int64_t length,
                                    sq_gap_fit *fit, bool *found)
{
  PetscFunctionBeginUser;
  two_states states = {{fit->guess, fit->guess}, {1, 0}, 0};
  double wrong = 0, least = INFINITY;
  int64_t from, best = latest / 2;
  PetscCall(find_two_states(series, latest / 4, to, length, fit, &states, &from)); /* the third falls faster still */
  for (bool enough = fit->bins >= BINS_OF_TWO * SQ_GAP_POINTS; enough && from <= latest; from++) {
    PetscCall(fit_window(series, from, to, length, fit, found));
    if (!*found) continue;
    PetscCall(judge(series, fit, &states, &wrong));
    if (!(wrong < least)) continue;
    least = wrong;
    best = from;
  }
  PetscCall(fit_window(series, best, to, length, fit, found));
  PetscFunctionReturn(0);
}

/* The window as sq_gap_estimate says, and its covariance. found: false where the data allow no fit. */
static PetscErrorCode create_fit(const sq_series *series, int64_t sites, int64_t first, int64_t last, sq_gap_fit *fit,
                                 bool *found)
{
  PetscFunctionBeginUser;
  int64_t length;
  *fit = (sq_gap_fit){.sites = sites};
  *found = false;
  if (series->n < 2 || sites < 4) PetscFunctionReturn(0);
  int64_t decay = sq_gap_decay_time(series, sites, &fit->guess), to = PetscMin(sites / 2, last >= 0 ? last : 3 * decay);
  PetscCall(sq_gap_bin_length(series, decay, &length));
  if (first >= 0) PetscCall(fit_window(series, first, to, length, fit, found));
  else PetscCall(choose_window(series, PetscMax(0, PetscMin(decay, to - 2)), to, length, fit, found));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_gap_estimate(const sq_series *series, int64_t sites, int64_t first, int64_t last, sq_gap_fit *fit,
                               sq_estimate *gap)
{
  PetscFunctionBeginUser;
  bool found;
  *gap = (sq_estimate){
    .value = NAN, .error = NAN, .error_of_error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = series->n};
  PetscCall(create_fit(series, sites, first, last, fit, &found));
  if (!found) PetscFunctionReturn(0);
  sq_estimate best;
  PetscCall(estimate(series, fit, &best));
  bool inside = best.value > 1.001 * smallest * fit->guess &&
                best.value < 0.999 * largest * fit->guess; /* at an end the data have no say */
  if (!inside) PetscFunctionReturn(0);
  *gap = best;
  if (!best.window_found) gap->error = NAN;
  PetscFunctionReturn(0);
}
