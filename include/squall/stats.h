/* SPDX-License-Identifier: BSD-3-Clause */
/* stats: means, errors and autocorrelations of Monte Carlo series. Serial mathematics on arrays; nothing here is
 * collective, and every rank that passes the same numbers gets the same bits.
 *
 * Errors come from the Gamma method: U. Wolff, "Monte Carlo errors with less errors", hep-lat/0306017 (below: W).
 * The integrated autocorrelation time is tau_int = 1/2 + sum_{t>=1} rho(t): 0.5 for independent records.
 *
 * A number that cannot be known is NaN, never a guess: all fields of an estimate are NaN (n excepted) when a value that
 * enters is not finite; errors and tau_int are NaN for fewer than two records, and for chains that do not move. Who
 * compares takes a NaN for "cannot be judged".
 */
#ifndef SQUALL_STATS_H
#define SQUALL_STATS_H

#include "squall/base.h"

SQ_C_BEGIN

/* ---- series ---- */

/* Records of one or several chains: the chains stand one after the other, each in order of time. Owns nothing. */
typedef struct {
  int64_t n;                   /* records */
  const double *const *column; /* column[k][i]: quantity k of record i */
  const double *weight;        /* [n] >= 0: means are sum w x / sum w; NULL: all equal */
  int chains;
  const int64_t *length;  /* [chains], adding up to n; NULL: one chain */
  bool constant_is_known; /* records that are all equal have error 0: they are independent, or equal by construction.
                             False: they come from a chain, which then does not move, and nothing is known */
} sq_series;

/* The order that puts records with a chain number each into the form of sq_series. */
typedef struct {
  int64_t n;
  int chains;
  int64_t *length; /* [chains] */
  int64_t *order;  /* [n] sorted position -> record; chains ascending, records of a chain in their old order */
} sq_chains;

/* From the chain number of each record, chain[n]; NULL: one chain. Error: SQ_ERR_DATA for a number that is not finite.
 */
PetscErrorCode sq_chains_create(int64_t n, const double *chain, sq_chains *chains);
void sq_chains_destroy(sq_chains *chains);
/* out[i] = in[order[i]]; out must not be in. */
void sq_chains_gather(const sq_chains *chains, const double *in, double *out);

/* ---- estimates ---- */

typedef struct {
  double value;
  double error; /* one standard deviation */
  double error_of_error;
  double tau_int, tau_int_error;
  int64_t n;         /* records */
  int64_t window;    /* where the sum over rho was cut */
  bool window_found; /* false: the series is too short for its own autocorrelation: error and tau_int are only lower
                        bounds, and tau_int_error is NaN */
} sq_estimate;

/* A function of the means of some columns. */
typedef struct {
  int primaries;
  const int *column;                                           /* [primaries] which columns; NULL: 0, 1, ... */
  double (*function)(const double *mean, const void *context); /* NULL: the mean of the first itself */
  void (*gradient)(const double *mean, const void *context,
                   double *gradient); /* [primaries]; NULL: differences over one error */
  const void *context;
} sq_derived;

/* The Gamma method for a derived quantity: value with the bias of order 1/N removed when there are two chains or more
 * (W section 2), errors with their own errors (W eq. 42, 49), window from S = 1.5 (W eq. 52). derived NULL: the mean of
 * column 0. The error and tau_int of a constant series are NaN, or 0 and 0.5 where constant_is_known. */
PetscErrorCode sq_gamma(const sq_series *series, const sq_derived *derived, sq_estimate *estimate);
/* The same for the mean of one series x[n] whose error is 0 where all numbers are equal (constant_is_known). */
PetscErrorCode sq_gamma_mean(int64_t n, const double *x, sq_estimate *estimate);
/* rho[t] and its error (M. Luescher, hep-lat/0409106, eq. E.11) for t = 0 .. count - 1; beyond half the longest chain
 * both are 0. error may be NULL. */
PetscErrorCode sq_autocorrelation(const sq_series *series, const sq_derived *derived, int64_t count, double *rho,
                                  double *error);
/* Jackknife over bins of about bin_length records, never across chains (delete-m jackknife for unequal bins: Busing,
 * Meijer, van der Leeden, Statistics and Computing 9 (1999) 3). *value is free of the bias of order 1/N. For functions
 * that are not smooth enough for sq_gamma, such as fits. derived->gradient is not used. */
PetscErrorCode sq_jackknife(const sq_series *series, const sq_derived *derived, int64_t bin_length, double *value,
                            double *error);
/* covariance[columns][columns] of the means of the columns column[columns] of the series, from the fluctuations of such
 * bins, and how many there are. */
PetscErrorCode sq_bin_covariance(const sq_series *series, int columns, const int *column, int64_t bin_length,
                                 double *covariance, int64_t *bins);

/* Takes back an error that cannot be believed: it and its own error are NaN. */
void sq_estimate_unknown_error(sq_estimate *estimate);
/* Whether the series is long enough to trust its error: n >= SQ_TAUS_TRUSTED tau_int, or half as many records where
 * tau_int < 1/2, and a window was found. */
bool sq_estimate_long_enough(const sq_estimate *estimate);
/* tau_int is known to be at least that, whatever the series says: where it says less, its errors grow with the root of
 * tau_int, and are not known where fewer than SQ_INDEPENDENT_LEAST independent records are left. */
void sq_estimate_at_least(sq_estimate *estimate, double tau_int);
/* Whether a chain that threw so much away has forgotten its start: SQ_TAUS_TO_FORGET times tau_int, less two errors of
 * it (NaN: not known, taken for 0). In any unit. False where tau_int is not known. */
bool sq_start_forgotten(double thrown_away, double tau_int, double tau_int_error);
/* The error of the estimate, or NaN where it is not known: no window was found, or n < 2 SQ_INDEPENDENT_LEAST tau_int,
 * so that it comes from fewer independent records than that. */
double sq_estimate_known_error(const sq_estimate *estimate);
/* How many independent records one record is worth, by the slowest quantity: 1/(2 tau_int), with its error and the
 * rest of the estimate. */
sq_estimate sq_independent_share(const sq_estimate *slowest);
/* The estimate of the largest tau_int among count, the first of equal ones; -1 where none is finite. unknown (may be
 * NULL): the first whose autocorrelation cannot be told, for it has no window or is not finite; -1 where there is none.
 */
int sq_slowest(int count, const sq_estimate *const estimate[], int *unknown);
/* (a - b) / combined error: 0 for equal values without errors, +-inf for different ones, NaN when anything is NaN. */
double sq_sigmas(const sq_estimate *a, const sq_estimate *b);

/* ---- whether chains contradict each other ---- */

/* p: the probability that chains of one distribution disagree so much, by the F distribution; NaN where it cannot be
 * told: one chain (but for r_hat_p), chains too short, or chains that do not move. */
typedef struct {
  double chi2; /* sum_r N_r (F_r - F)^2 / (2 tau_int variance) of the chains' means (W section 2.3), */
  int freedom; /* chains - 1 */
  double p;
  double r_hat, r_hat_p; /* of means alone: the rank-normalised split R-hat, the larger one of x and |x - median|
                            (Vehtari, Gelman, Simpson, Carpenter, Buerkner, Bayesian Analysis 16 (2021) 667) */
} sq_agreement;

/* Of a derived quantity, as in sq_gamma. Autocorrelation is summed over at least so many records, where the series is
 * long enough: the window of the slowest quantity, whose modes may hide in others; 0: by this one alone. NaN with
 * weights. */
PetscErrorCode sq_chains_agree(const sq_series *series, const sq_derived *derived, int64_t window,
                               sq_agreement *agreement);
/* The p of a hypothesis that count tests were made of, whatever their correlation of one sign: the smallest p_k count/k
 * of the p in ascending order (R. J. Simes, Biometrika 73 (1986) 751). NaN are left out; all NaN: NaN. p is sorted. */
double sq_p_of_many(int count, double *p);
/* The probability that an F variable with so many degrees above and below, not only integers, exceeds F >= 0. */
double sq_f_tail(double F, double above, double below);

/* ---- what is long enough, and what agrees ---- */

/* Lengths in autocorrelation times, tau_int of the slowest observable that is looked at. What a chain remembers of its
 * start falls at least like exp(-t/tau) after t. The relative error of tau_int is about 2 sqrt(3 tau/n) (W eq. 42 with
 * W = 3.5 tau), that of the error half of it. */
enum {
  SQ_TAUS_APART = 8,        /* bins and records so far apart are independent, but for an eighth of the variance */
  SQ_TAUS_TO_FORGET = 10,   /* thrown away before a chain counts; after 5, 1 % of a start is left, but tau_int is known
                               badly then */
  SQ_TAUS_THERMALISED = 20, /* a round of thermalisation: tau_int is measured on its second half */
  SQ_TAUS_TRUSTED = 100     /* a chain that is called long enough: its error is known to a sixth */
};
/* An error is not known at all from fewer independent records, or bins, than this: 30 give it to an eighth. */
enum { SQ_INDEPENDENT_LEAST = 30 };
/* Fields to learn from, at least: 100 give the variance of one mode to 14 %. */
enum { SQ_FIELDS_ENOUGH = 100 };
/* Differences in combined errors:
 *   settled 2.5  more than that is a drift that goes on; a false alarm, 1 in 80, costs no more than longer chains
 *   agree 3.5    averages agree; of equal ensembles with 13 rows, 1 in 100 is beyond
 *   exact 4      what must be exact is
 *   starts 4     hot and ordered starts agree; looked at in several quantities, with errors known badly */
extern const double sq_sigmas_settled, sq_sigmas_agree, sq_sigmas_exact, sq_sigmas_starts;
/* Below this p, of all looks together, chains contradict each other. */
extern const double sq_p_contradict;
/* A mean that a symmetry sends to minus itself is 0 within so many errors: 5. */
extern const double sq_sigmas_symmetric;

/* ---- words ---- */

/* "2.587(5)": a value with its error in units of the last digit; "2.587(?)" where the error is not known (NaN); the
 * value alone where it is 0. text: at least 64 bytes. */
void sq_value_text(const sq_estimate *estimate, char *text, size_t size);
/* "4.83(0.6)": tau_int with its error; "at least 4.83" where the series is too short for a window; "?". text: at least
 * 64 bytes. */
void sq_tau_text(const sq_estimate *estimate, char *text, size_t size);

/* ---- running moments (Welford; Chan, Golub, LeVeque for merging) ---- */
typedef struct {
  int64_t n;
  double mean, square; /* square: sum of squared deviations */
} sq_running;

/* Takes one number more; all numbers of another. */
void sq_running_add(sq_running *running, double x);
void sq_running_merge(sq_running *running, const sq_running *other);
/* Unbiased; NaN for fewer than two numbers. */
double sq_running_variance(const sq_running *running);
/* Of the mean of independent numbers. */
double sq_running_error(const sq_running *running);

/* <x> with less noise, from a control variate y whose mean is known: <x> - (<y> - known) cov(x, y)/var(y). The
 * arguments are sample means. */
double sq_controlled_mean(double x, double y, double known, double yy, double xy);

/* ---- fits ---- */
enum { SQ_FIT_TERMS = 8 };

/* Linear least squares: coefficient[terms] with the least sum over rows of weight (y - sum_k x[row * terms + k]
 * coefficient[k])^2, terms <= SQ_FIT_TERMS. False: the rows do not determine them. */
bool sq_fit_linear(int rows, int terms, const double *x, const double *y, const double *weight, double *coefficient);
/* The same among coefficients >= 0; a term that the rows do not determine is left at 0. */
bool sq_fit_nonnegative(int rows, int terms, const double *x, const double *y, const double *weight,
                        double *coefficient);

/* y against x: the straight line of least squares, y = slope x + const, and y - x. */
typedef struct {
  double R2, slope, offset, variance; /* squared correlation; mean and variance of y - x */
} sq_line;
/* Through n points, x[i stride] and y[i stride]. */
sq_line sq_line_fit(int64_t n, int64_t stride, const double *x, const double *y);

/* What y with errors leads to at x = 0. */
typedef struct {
  double value, error;
  double
    coefficient[SQ_FIT_TERMS]; /* y = coefficient[0] + coefficient[1] x^power + coefficient[2] x^(power + 1) + ... */
  double chi2, p;
  int freedom;
} sq_extrapolation;

/* Least squares with terms <= SQ_FIT_TERMS coefficients through independent y[points]. False: the points do not
 * determine them, or are not numbers. p is NaN where nothing is left to judge the fit by. */
bool sq_extrapolate(int points, const double *x, const double *y, const double *error, int power, int terms,
                    sq_extrapolation *result);
/* The fit at x. */
double sq_extrapolation_at(const sq_extrapolation *fit, int power, int terms, double x);

/* Points of a curve with errors; owns nothing. */
enum { SQ_CURVE_POINTS = 64 };
typedef struct {
  int points; /* <= SQ_CURVE_POINTS */
  const double *x, *y, *error;
} sq_curve;

/* Where, in [low, high], polynomials of `terms` coefficients through the points of two curves cross so that the second
 * overtakes the first: of parabolas, there is one such place at most. Of several, the one nearest to the middle. False:
 * there is none, or there are fewer points than terms. */
bool sq_curves_cross(const sq_curve *a, const sq_curve *b, int terms, double low, double high, double *x, double *y);

/* ---- weights ---- */

/* How the largest of some numbers fall: P(X > x) ~ (1 + k x/s)^(-1/k) of their excesses x over `from`. k = 0:
 * exponentially; less: faster; more: by a power, the more slowly the larger k is. */
typedef struct {
  double k, k_error; /* NaN: there are too few to tell */
  double from;
  int64_t count; /* excesses: the largest min(n/5, 3 sqrt n) */
} sq_tail;

/* From x[n], as independent numbers. Not collective. */
PetscErrorCode sq_tail_fit(int64_t n, const double *x, sq_tail *tail);

/* Whether errors that come from weights may be believed. They may where the tail of the weights is light enough for a
 * central limit theorem that works (Pareto k-hat: A. Vehtari, D. Simpson, A. Gelman, Y. Yao, J. Gabry, JMLR 25 (2024)
 * 72), and enough of them count; equal weights have no tail, nor have those whose largest value came often. */
typedef enum {
  SQ_WEIGHTS_TRUSTED,
  SQ_WEIGHTS_HEAVY, /* k-hat above most_k: errors are too small by any factor */
  SQ_WEIGHTS_FEW,   /* n ESS below SQ_WEIGHTS_ENOUGH, or too few different ones for a k-hat: it cannot be told */
  SQ_WEIGHTS_NONE   /* no weight that is a number above 0 */
} sq_weights_verdict;
enum { SQ_WEIGHTS_ENOUGH = 100 };     /* n ESS */
extern const double sq_weights_heavy; /* 0.7: the largest k-hat, of large n */

typedef struct {
  int64_t n;
  double log_mean;      /* log of the mean weight: log Z for path weights */
  double error;         /* of log_mean, for independent weights: sqrt((1/ess - 1)/n); NaN: not known */
  double ess;           /* (sum w)^2 / (n sum w^2), in (0, 1]; where it is not trusted, more likely too large */
  double ess_error;     /* at least that of log-normal weights with this ess; NaN: not known */
  double n_ess;         /* n ess: how many equal weights they are worth */
  double k_hat;         /* of the largest min(n/5, 3 sqrt n) weights; NaN: there is no tail to fit */
  double most_k;        /* min(1 - 1/log10 n, 0.7): what k_hat may be */
  double largest_share; /* of the sum of all weights */
  sq_weights_verdict verdict;
} sq_weights;

/* From log_weight[n]; -inf is weight 0, NaN or +inf make everything NaN. Stable for any size of the numbers. Errors are
 * NaN unless the weights are trusted. */
PetscErrorCode sq_weights_summary(int64_t n, const double *log_weight, sq_weights *weights);
/* log_mean and ess as estimates from independent weights; not collective, as the next. */
sq_estimate sq_weights_log_Z(const sq_weights *weights);
sq_estimate sq_weights_ess(const sq_weights *weights);
/* Why the weights are trusted or not, in words without an end: k-hat, how many count, the share of the largest.
 * text: at least SQ_WEIGHTS_TEXT bytes. */
enum { SQ_WEIGHTS_TEXT = 200 };
void sq_weights_text(const sq_weights *weights, char *text, size_t size);
/* The acceptance of an independence chain of such proposals in equilibrium, E_w[min(1, w'/w)], estimated from all pairs
 * of different ones; NaN for n < 2, and as above. */
PetscErrorCode sq_weights_acceptance(int64_t n, const double *log_weight, double *acceptance);
/* weight[i] = exp(log_weight[i] - largest), in [0, 1]: what sq_series.weight takes. weight may be log_weight. */
void sq_weights_relative(int64_t n, const double *log_weight, double *weight);

/* log Z, w = Z p/q, from weights of nq independent fields of q and of np fields of p together, with its error, which
 * knows the autocorrelation of the latter: chain[np] is the chain of each, in order; NULL: they are independent. A
 * weight on p may be +inf. Source: C. H. Bennett, J. Comput. Phys. 22 (1976) 245, eq. 12. Not collective. */
PetscErrorCode sq_weights_bridge(int64_t nq, const double *log_weight_q, int64_t np, const double *log_weight_p,
                                 const double *chain, sq_estimate *log_Z);

/* A way to use weights: as they are, or made less unequal. The diagnosis is always of weights as they are: where these
 * are not trusted, no rule helps against what was not seen. */
typedef struct {
  const char *name;
  bool biased; /* averages with changed weights are, by something that vanishes for many of them */
  /* changed[n], which must not be log_weight, in the same units. */
  PetscErrorCode (*apply)(int64_t n, const double *log_weight, double *changed);
} sq_weight_rule;
extern const sq_weight_rule sq_weights_plain, sq_weights_truncated, sq_weights_smoothed;
extern const sq_weight_rule *const sq_weight_rules[]; /* NULL-terminated (src/stats/table.c) */
/* The name of rule number index, NULL past the last. Not collective. */
const char *sq_weight_rule_name(int index);

/* ---- histograms ---- */
typedef struct {
  int bins;
  double low, high; /* equal bins; the last includes high */
  int64_t *count;   /* [bins] */
  int64_t total;    /* numbers offered, */
  int64_t outside;  /* of these below low or above high */
  int64_t invalid;  /* or not a number */
} sq_histogram;

/* Widens [low, high] to the finite numbers of x[n]; start from low = INFINITY, high = -INFINITY. For common edges of
 * several sets. */
void sq_range_extend(int64_t n, const double *x, double *low, double *high);
/* bins >= 1; a range of no width is widened around its point. Error: PETSC_ERR_ARG_OUTOFRANGE for a range that is none.
 */
PetscErrorCode sq_histogram_create(int bins, double low, double high, sq_histogram *histogram);
void sq_histogram_destroy(sq_histogram *histogram);
void sq_histogram_add(sq_histogram *histogram, int64_t n, const double *x);
/* The density at a bin, normalised over all valid numbers, and its error for independent ones (binomial). error may be
 * NULL. */
double sq_histogram_density(const sq_histogram *histogram, int bin, double *error);

/* ---- chi-square ---- */
typedef struct {
  double chi2;
  int freedom; /* degrees of freedom */
  double p;    /* the probability of a chi2 at least as large; NaN for fewer than two cells */
} sq_chi_square;

/* Q(freedom/2, chi2/2): the probability that a chi-square variable exceeds chi2 >= 0. */
double sq_chi_square_tail(double chi2, int freedom);
/* Pearson's test of count[bins], out of total independent numbers, against probability[bins] that add up to 1.
 * Neighbouring bins are joined until at least `least` numbers are expected. */
sq_chi_square sq_chi_square_test(int bins, const int64_t *count, const double *probability, int64_t total,
                                 double least);

/* ---- mixtures of normal distributions (mixture.c) ---- */

enum { SQ_MIXTURE = 8 };
/* sum_i weight_i N(mean_i, variance_i): weights > 0 add up to 1. */
typedef struct {
  int count;
  double weight[SQ_MIXTURE], mean[SQ_MIXTURE], variance[SQ_MIXTURE];
} sq_mixture;

/* log of the density at x. */
double sq_mixture_log_density(const sq_mixture *mixture, double x);
/* The map from a standard normal number z to one of the mixture, P(X < x) = P(Z < z), and back: increasing, and as
 * precise in the tails as in between. */
double sq_mixture_quantile(const sq_mixture *mixture, double z);
double sq_mixture_score(const sq_mixture *mixture, double x);
/* out = mixture times exp(h x - precision x^2/2), normalised, with the h that gives it this mean. precision >= 0. */
void sq_mixture_condition(const sq_mixture *mixture, double precision, double mean, sq_mixture *out);
/* sum of count[i] log density(x[i]). */
double sq_mixture_log_likelihood(const sq_mixture *mixture, int64_t n, const double *x, const double *count);
/* The mixture of most likelihood for x[n] of multiplicities count[n] >= 0, at least two of them > 0, with variances of
 * at least `least` > 0: `components` normal distributions, or with `even` as many and their mirror images, 2 components
 * <= SQ_MIXTURE, so that the density is that of -x. */
void sq_mixture_fit(int64_t n, const double *x, const double *count, bool even, int components, double least,
                    sq_mixture *mixture);
/* Weights > 0 that add up to 1, within rounding, variances > 0, all finite. */
bool sq_mixture_valid(const sq_mixture *mixture);
/* The distribution between count > 0 others: at each z the logarithm of the slope of its quantile is the sum of
 * weight[k] times theirs, weights that add up to 1, so that normal distributions give a normal one. Fitted by as many
 * normal distributions as the largest of them has. even: each is that of -x. */
void sq_mixture_between(int count, const sq_mixture *mixture, const double *weight, bool even, sq_mixture *out);

SQ_C_END

#endif
