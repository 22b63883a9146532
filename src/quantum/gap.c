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
#include "squall/quantum.h"
#include <math.h>
#include <petscblaslapack.h>

enum {
  BINS = 500,
  TIMES = 8, /* lengths of a bin in tau_int: all but an eighth of the variance */
  BINS_OF_ONE = 10,
  BINS_OF_TWO = 20 /* bins a point that a covariance needs for a fit of one state or two */
};

/* Where the fit looks for m, in units of the guess. */
static const double smallest = 0.25, largest = 4;

/* A shift by a higher state counts as so many statistical errors: it is the same in every run, errors are not. */
static const double shift_weight = 2;

/* cosh(m (L/2 - t)) / cosh(m L/2), which cannot overflow. */
static double falling(double m, double sites, double t)
{
  return (exp(-m * t) + exp(-m * (sites - t))) / (1 + exp(-m * sites));
}

double sq_effective_mass(int64_t sites, int64_t t, double near, double far)
{
  double ratio = far / near, low = 0, high = 50;
  if (!(ratio > 0 && ratio < 1) || 2 * t + 1 >= sites) return NAN;
  for (int i = 0; i < 60; i++) {
    double m = 0.5 * (low + high);
    if (falling(m, (double)sites, (double)t + 1) > ratio * falling(m, (double)sites, (double)t)) low = m;
    else high = m;
  }
  return 0.5 * (low + high);
}

/* ---- the data of a fit ---- */

static double weighted_mean(const sq_series *series, const double *x)
{
  double sum = 0, weight = 0;
  for (int64_t i = 0; i < series->n; i++) {
    double w = series->weight ? series->weight[i] : 1;
    sum += w * x[i];
    weight += w;
  }
  return sum / weight;
}

/* The time in which C falls by e; at most half the lattice. */
static int64_t decay_time(const sq_series *series, int64_t sites, double *mass)
{
  double start = weighted_mean(series, series->column[0]);
  for (int64_t t = 1; 2 * t <= sites; t++) {
    double here = weighted_mean(series, series->column[t]);
    if (here < start * exp(-1)) {
      *mass = here > 0 ? -log(here / start) / (double)t : 1 / (double)t;
      return t;
    }
  }
  *mass = 2.0 / (double)sites;
  return sites / 2;
}

/* Dense where the correlator changes fastest: distances from the first grow like squares. */
static void place_points(int64_t from, int64_t to, sq_gap_fit *fit)
{
  double span = (double)(to - from);
  fit->points = 0;
  for (int k = 0; k < SQ_GAP_POINTS && k <= to - from; k++)
    fit->t[fit->points++] = (int)(from + PetscMax(k, (int64_t)lround(span * k * k /
                                                                     ((SQ_GAP_POINTS - 1) * (SQ_GAP_POINTS - 1)))));
}

/* Longer than what C(0) and C(t) remember. */
static PetscErrorCode bin_length(const sq_series *series, int64_t t, int64_t *length)
{
  PetscFunctionBeginUser;
  int64_t most = PetscMax(1, series->n / 2);
  *length = PetscMax(1, series->n / BINS);
  for (int k = 0; k < 2; k++) {
    sq_estimate C;
    sq_derived derived = {.primaries = 1, .column = (int[]){k * (int)t}};
    PetscCall(sq_gamma(series, &derived, &C));
    double reach = ceil(TIMES * C.tau_int);
    if (C.tau_int > 0.5 + 3 * C.tau_int_error)
      *length = PetscMax(*length, reach < (double)most ? (int64_t)reach : most); /* 1/2: independent records */
  }
  PetscFunctionReturn(0);
}

/* The inverse, or false where the matrix is not positive. */
static bool invert(int n, double matrix[SQ_GAP_POINTS][SQ_GAP_POINTS])
{
  PetscBLASInt size = n, leading = SQ_GAP_POINTS, info;
  LAPACKpotrf_("U", &size, matrix[0], &leading, &info);
  if (info) return false;
  LAPACKpotri_("U", &size, matrix[0], &leading, &info);
  for (int a = 0; a < n; a++)
    for (int c = 0; c < a; c++) matrix[c][a] = matrix[a][c];
  return info == 0;
}

/* covariance[points][points] scaled to a unit diagonal: its condition then says whether the bins determine it. */
static bool invert_covariance(sq_gap_fit *fit, const double *covariance, bool correlated)
{
  int n = fit->points;
  for (int a = 0; a < n; a++) {
    fit->error[a] = sqrt(covariance[a * n + a]);
    if (!(fit->error[a] > 0) || !isfinite(fit->error[a])) return false;
  }
  for (int a = 0; a < n; a++)
    for (int c = 0; c < n; c++)
      fit->inverse[a][c] = a == c ? 1 : correlated ? covariance[a * n + c] / (fit->error[a] * fit->error[c]) : 0;
  if (!invert(n, fit->inverse)) return false;
  for (int a = 0; a < n; a++)
    for (int c = 0; c < n; c++) fit->inverse[a][c] /= fit->error[a] * fit->error[c];
  return true;
}

/* The points of a window and how they are weighed; mean[points]. */
static PetscErrorCode prepare(const sq_series *series, int64_t from, int64_t to, int64_t length, sq_gap_fit *fit,
                              double *mean, bool *found)
{
  PetscFunctionBeginUser;
  double covariance[SQ_GAP_POINTS * SQ_GAP_POINTS];
  place_points(from, to, fit);
  for (int a = 0; a < fit->points; a++) mean[a] = weighted_mean(series, series->column[fit->t[a]]);
  PetscCall(sq_bin_covariance(series, fit->points, fit->t, length, covariance, &fit->bins));
  fit->correlated = fit->bins >= BINS_OF_ONE * fit->points && invert_covariance(fit, covariance, true);
  *found = fit->points >= 2 && (fit->correlated || invert_covariance(fit, covariance, false));
  PetscFunctionReturn(0);
}

/* ---- fits ---- */

static void shape_of(const sq_gap_fit *fit, double m, double *shape)
{
  for (int a = 0; a < fit->points; a++) shape[a] = falling(m, (double)fit->sites, fit->t[a]);
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
  PetscCall(prepare(series, from, to, length, fit, mean, found));
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
    PetscCall(prepare(series, t, to, length, fit, mean, &found));
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

PetscErrorCode sq_gap_fit_create(const sq_series *series, int64_t sites, int64_t first, int64_t last, sq_gap_fit *fit,
                                 bool *found)
{
  PetscFunctionBeginUser;
  int64_t length;
  *fit = (sq_gap_fit){.sites = sites};
  *found = false;
  if (series->n < 2 || sites < 4) PetscFunctionReturn(0);
  int64_t decay = decay_time(series, sites, &fit->guess), to = PetscMin(sites / 2, last >= 0 ? last : 3 * decay);
  PetscCall(bin_length(series, decay, &length));
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
  PetscCall(sq_gap_fit_create(series, sites, first, last, fit, &found));
  if (!found) PetscFunctionReturn(0);
  sq_estimate best;
  PetscCall(estimate(series, fit, &best));
  bool inside = best.value > 1.001 * smallest * fit->guess &&
                best.value < 0.999 * largest * fit->guess; /* at an end the data have no say */
  if (inside) *gap = best;
  PetscFunctionReturn(0);
}

/* ---- effective masses ---- */
typedef struct {
  int64_t sites, t;
} pair;

static double mass_of_pair(const double *mean, const void *context)
{
  const pair *p = context;
  return sq_effective_mass(p->sites, p->t, mean[0], mean[1]);
}

/* -d log(falling)/dm at t, but for what does not depend on t. */
static double slope(double m, double sites, double t)
{
  double there = exp(-m * t), back = exp(-m * (sites - t));
  return (t * there + (sites - t) * back) / (there + back);
}

/* From far/near = falling(m, t + 1)/falling(m, t). */
static void gradient_of_pair(const double *mean, const void *context, double *gradient)
{
  const pair *p = context;
  double m = mass_of_pair(mean, p),
         change = slope(m, (double)p->sites, (double)p->t) - slope(m, (double)p->sites, (double)p->t + 1);
  gradient[0] = -1 / (change * mean[0]);
  gradient[1] = 1 / (change * mean[1]);
}

PetscErrorCode sq_effective_masses(const sq_series *series, int64_t sites, double *mass, double *error)
{
  PetscFunctionBeginUser;
  for (int64_t t = 0; t < (sites - 1) / 2; t++) {
    const pair p = {sites, t};
    sq_estimate m;
    sq_derived derived = {.primaries = 2,
                          .column = (int[]){(int)t, (int)t + 1},
                          .function = mass_of_pair,
                          .gradient = gradient_of_pair,
                          .context = &p};
    PetscCall(sq_gamma(series, &derived, &m));
    mass[t] = m.value;
    error[t] = m.error;
  }
  PetscFunctionReturn(0);
}
