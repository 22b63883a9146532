/* SPDX-License-Identifier: BSD-3-Clause */
/* weights: what importance weights say, and whether they may be believed. Serial.
 *
 * Averages with weights are as good as the tail of the weights. Where it falls so slowly that its second moment does
 * not exist, or where few weights carry all of the sum, the scatter of the weights that were seen says nothing of those
 * that were not: errors calculated from it are too small, and the smaller the worse the weights are. So such errors are
 * not given at all.
 */
#include "pareto.h"
#include "squall/stats.h"
#include <math.h>
#include <stdlib.h>

/* The largest and the smallest. NaN if one is NaN or +inf; -inf if there are none. */
static double largest_log(int64_t n, const double *log_weight, double *smallest)
{
  double largest = -INFINITY;
  *smallest = INFINITY;
  for (int64_t i = 0; i < n; i++) {
    if (isnan(log_weight[i]) || log_weight[i] == INFINITY) return *smallest = NAN;
    largest = fmax(largest, log_weight[i]);
    *smallest = fmin(*smallest, log_weight[i]);
  }
  return largest;
}

static double relative(double log_weight, double largest)
{
  return log_weight == -INFINITY && !isnan(largest) ? 0.0 : exp(log_weight - largest);
}

void sq_weights_relative(int64_t n, const double *log_weight, double *weight)
{
  double smallest, largest = largest_log(n, log_weight, &smallest);
  for (int64_t i = 0; i < n; i++) weight[i] = relative(log_weight[i], largest);
}

typedef struct {
  double weight;
  int64_t place;
} placed;

static int ascending(const void *a, const void *b)
{
  const placed *x = a, *y = b;
  if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

PetscErrorCode sq_weights_sort(int64_t n, double *weight, int64_t *order)
{
  PetscFunctionBeginUser;
  placed *all;
  PetscCall(sq_alloc(n, &all));
  for (int64_t i = 0; i < n; i++) all[i] = (placed){weight[i], i};
  if (n) qsort(all, (size_t)n, sizeof *all, ascending);
  for (int64_t i = 0; i < n; i++) {
    weight[i] = all[i].weight;
    if (order) order[i] = all[i].place;
  }
  sq_free(&all);
  PetscFunctionReturn(0);
}

/* In order of size, each weight is the smaller one of its pairs with those after it. */
PetscErrorCode sq_weights_acceptance(int64_t n, const double *log_weight, double *acceptance)
{
  PetscFunctionBeginUser;
  double *weight, sum = 0, total = 0;
  *acceptance = NAN;
  if (n < 2) PetscFunctionReturn(0);
  PetscCall(sq_alloc(n, &weight));
  sq_weights_relative(n, log_weight, weight);
  for (int64_t i = 0; i < n; i++) total += weight[i];
  PetscCall(sq_weights_sort(n, weight, NULL));
  for (int64_t i = 0; i < n; i++) sum += 2 * weight[i] * (double)(n - 1 - i);
  sq_free(&weight);
  *acceptance = sum / ((double)(n - 1) * total);
  PetscFunctionReturn(0);
}

/* ---- the tail ---- */

PetscErrorCode sq_weight_tail_fit(int64_t n, const double *weight, sq_weight_tail *tail)
{
  PetscFunctionBeginUser;
  int64_t most = (int64_t)fmin((double)n / 5, 3 * sqrt((double)n));
  double *excess;
  *tail = (sq_weight_tail){.first = n - most, .cutoff = weight[n - most - 1], .fit = {NAN, NAN}};
  while (tail->first < n && !(weight[tail->first] > tail->cutoff)) tail->first++; /* ties are no excess */
  tail->count = n - tail->first;
  tail->flat = most > 0 && tail->count == 0;
  PetscCall(sq_alloc(tail->count, &excess));
  for (int64_t i = 0; i < tail->count; i++) excess[i] = weight[tail->first + i] - tail->cutoff;
  tail->fit = sq_pareto_fit(tail->count, excess);
  sq_free(&excess);
  PetscFunctionReturn(0);
}

enum { OFTEN = 30 };
static const double rounding = 1e-9;

/* Whether the largest of ascending weights was taken so often, but for rounding, that it is the largest there is.
 * Numbers with a density are never equal: such weights are of a few kinds of fields, as on tiny lattices of spins. A
 * power of index k in steps of a factor b has b^(-1/k) times fewer weights after each, so that behind 30 equal ones
 * larger ones would be among n draws as well, unless b is large; a bound has none, k <= 0. What a fit makes of so few
 * different excesses, some of which may be rounding alone, is no k. Simulated powers in steps are trusted no more often
 * for it (tests/weights.c). */
static bool is_bounded(int64_t n, const double *weight)
{
  return n >= OFTEN && weight[n - OFTEN] >= (1 - rounding) * weight[n - 1];
}

/* Whether values that came less often carry next to nothing of the second moment, the largest ones among them. What was
 * not seen carries about as much as what was seen once (I. J. Good, Biometrika 40 (1953) 237, section 2): next to
 * nothing, too. Of a power whose second moment does not exist the rare values carry most. */
static bool is_common(int64_t n, const double *weight)
{
  const double little = 0.01;
  double rare = 0, all = 0;
  for (int64_t i = 0, end; i < n; i = end) {
    double square = 0;
    for (end = i; end < n && weight[i] >= (1 - rounding) * weight[end]; end++) square += weight[end] * weight[end];
    all += square;
    if (end - i < OFTEN) rare += square;
  }
  return rare <= little * all;
}

/* ---- the summary ---- */

/* The delta method for ess = (mean w)^2 / mean w^2. It takes the fourth moment of the weights from what was seen of it,
 * which is mostly too little; so the error is at least that of log-normal weights with this ess, which path weights are
 * like: log w is a sum over sites. Their moments are mean w^p = ess^{-p(p-1)/2} (mean w)^p. */
static double error_of_ess(int64_t n, const double *weight, double ess, double mean, double square)
{
  double sum = 0, q = 1 / ess, normal = 4 * (q - 1) - 4 * (q * q - 1) + (q * q * q * q - 1);
  for (int64_t i = 0; i < n; i++) {
    double w = weight[i], d = 2 * w / mean - w * w / square - 1;
    sum += d * d;
  }
  return ess * sqrt(fmax(sum / (double)(n - 1), normal) / (double)n);
}

static double most_k(int64_t n)
{
  return fmin(sq_weights_heavy, 1 - 1 / log10((double)n));
}

static sq_weights_verdict verdict_on(const sq_weights *w, bool equal, bool bounded)
{
  if (!(w->ess > 0)) return SQ_WEIGHTS_NONE;
  if (equal) return SQ_WEIGHTS_TRUSTED;
  if (w->k_hat > w->most_k) return SQ_WEIGHTS_HEAVY;
  if (!(w->n_ess >= SQ_WEIGHTS_ENOUGH)) return SQ_WEIGHTS_FEW;
  return w->k_hat <= w->most_k || bounded ? SQ_WEIGHTS_TRUSTED : SQ_WEIGHTS_FEW;
}

/* From ascending relative weights, the largest of which is 1. */
static PetscErrorCode summarise(int64_t n, const double *weight, double largest, bool equal, sq_weights *w)
{
  PetscFunctionBeginUser;
  double sum = 0, square = 0;
  sq_weight_tail tail;
  for (int64_t i = 0; i < n; i++) {
    sum += weight[i];
    square += weight[i] * weight[i];
  }
  PetscCall(sq_weight_tail_fit(n, weight, &tail));
  w->log_mean = largest + log(sum / (double)n);
  w->ess = fmin(sum * sum / ((double)n * square), 1.0);
  w->n_ess = w->ess * (double)n;
  w->largest_share = 1 / sum;
  const bool bounded = tail.flat || is_bounded(n, weight) || is_common(n, weight);
  if (!equal && !bounded) w->k_hat = tail.fit.k;
  w->verdict = verdict_on(w, equal, bounded);
  if (w->verdict != SQ_WEIGHTS_TRUSTED) PetscFunctionReturn(0);
  w->error = sqrt((1 / w->ess - 1) / (double)n);
  w->ess_error = error_of_ess(n, weight, w->ess, sum / (double)n, square / (double)n);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_weights_summary(int64_t n, const double *log_weight, sq_weights *w)
{
  PetscFunctionBeginUser;
  const double exact = 1e-3; /* of a kernel that is exact but for rounding and integration */
  double *weight, smallest, largest = largest_log(n, log_weight, &smallest);
  *w = (sq_weights){.n = n,
                    .log_mean = NAN,
                    .error = NAN,
                    .ess = NAN,
                    .ess_error = NAN,
                    .n_ess = NAN,
                    .k_hat = NAN,
                    .most_k = most_k(n),
                    .largest_share = NAN,
                    .verdict = SQ_WEIGHTS_NONE};
  if (isnan(largest) || n == 0) PetscFunctionReturn(0);
  if (largest == -INFINITY) {
    w->log_mean = -INFINITY;
    w->ess = w->n_ess = 0;
    PetscFunctionReturn(0);
  }
  PetscCall(sq_alloc(n, &weight));
  sq_weights_relative(n, log_weight, weight);
  PetscCall(sq_weights_sort(n, weight, NULL));
  PetscCall(summarise(n, weight, largest, n > 1 && largest - smallest <= exact, w));
  sq_free(&weight);
  PetscFunctionReturn(0);
}

/* ---- words ---- */

sq_estimate sq_weights_log_Z(const sq_weights *w)
{
  return (sq_estimate){.value = w->log_mean, .error = w->error, .error_of_error = NAN, .tau_int = 0.5, .n = w->n};
}

sq_estimate sq_weights_ess(const sq_weights *w)
{
  return (sq_estimate){.value = w->ess, .error = w->ess_error, .error_of_error = NAN, .tau_int = 0.5, .n = w->n};
}

void sq_weights_text(const sq_weights *w, char *text, size_t size)
{
  const double all = 1 - 1e-6; /* of weights that differ by 1e-3 at most */
  switch (w->verdict) {
  case SQ_WEIGHTS_TRUSTED:
    if (isnan(w->k_hat) && w->ess > all) snprintf(text, size, "all weights are equal");
    else if (isnan(w->k_hat))
      snprintf(text, size,
               "the largest weights came often, there is no tail: %.0f of %lld count, the largest is %.3g %%", w->n_ess,
               (long long)w->n, 100 * w->largest_share);
    else
      snprintf(text, size, "k-hat %.2f (limit %.2f), %.0f of %lld weights count, the largest is %.3g %%", w->k_hat,
               w->most_k, w->n_ess, (long long)w->n, 100 * w->largest_share);
    break;
  case SQ_WEIGHTS_HEAVY:
    snprintf(text, size,
             "the tail of the weights is too heavy (k-hat %.2f, limit %.2f), %.3g of %lld weights count, the largest "
             "is %.3g %%: errors are not known",
             w->k_hat, w->most_k, w->n_ess, (long long)w->n, 100 * w->largest_share);
    break;
  case SQ_WEIGHTS_FEW:
    if (w->n_ess >= SQ_WEIGHTS_ENOUGH)
      snprintf(text, size, "too few large weights differ to tell how good they are: errors are not known");
    else
      snprintf(text, size,
               "too few weights to tell how good they are (%.3g of %lld count, the largest is %.3g %%; at least %d "
               "must count): errors are not known",
               w->n_ess, (long long)w->n, 100 * w->largest_share, SQ_WEIGHTS_ENOUGH);
    break;
  default: snprintf(text, size, "no weight is a number above 0: nothing is known");
  }
}
