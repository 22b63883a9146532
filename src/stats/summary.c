/* summary: running moments, controlled means and the summary of importance weights. Serial. */
#include "squall/stats.h"
#include <math.h>
#include <stdlib.h>

void sq_running_add(sq_running *running, double x)
{
  double difference = x - running->mean;
  running->n++;
  running->mean += difference / (double)running->n;
  running->square += difference * (x - running->mean);
}

void sq_running_merge(sq_running *running, const sq_running *other)
{
  if (other->n == 0) return;
  double difference = other->mean - running->mean, n = (double)(running->n + other->n), part = (double)other->n / n;
  running->square += other->square + difference * difference * part * (double)running->n;
  running->mean += difference * part;
  running->n += other->n;
}

double sq_running_variance(const sq_running *running)
{
  return running->n > 1 ? running->square / (double)(running->n - 1) : NAN;
}

double sq_running_error(const sq_running *running)
{
  return sqrt(sq_running_variance(running) / (double)running->n);
}

double sq_controlled_mean(double x, double y, double known, double yy, double xy)
{
  double variance = yy - y * y, covariance = xy - x * y;
  return variance > 0 ? x - (y - known) * covariance / variance : x;
}

/* NaN if one is NaN or +inf; -inf if all are, or there are none. */
static double largest_log(int64_t n, const double *log_weight)
{
  double largest = -INFINITY;
  for (int64_t i = 0; i < n; i++) {
    if (isnan(log_weight[i]) || log_weight[i] == INFINITY) return NAN;
    largest = fmax(largest, log_weight[i]);
  }
  return largest;
}

static double relative(double log_weight, double largest)
{
  return log_weight == -INFINITY && !isnan(largest) ? 0.0 : exp(log_weight - largest);
}

sq_weights sq_weights_summary(int64_t n, const double *log_weight)
{
  double largest = largest_log(n, log_weight), sum = 0, square = 0;
  if (isnan(largest) || n == 0) return (sq_weights){NAN, NAN, NAN};
  for (int64_t i = 0; i < n; i++) {
    double w = relative(log_weight[i], largest);
    sum += w;
    square += w * w;
  }
  if (sum == 0) return (sq_weights){-INFINITY, NAN, 0.0};
  double ess = fmin(sum * sum / ((double)n * square), 1.0);
  return (sq_weights){largest + log(sum / (double)n), sqrt((1 / ess - 1) / (double)n), ess};
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
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
  qsort(weight, (size_t)n, sizeof *weight, ascending);
  for (int64_t i = 0; i < n; i++) sum += 2 * weight[i] * (double)(n - 1 - i);
  sq_free(&weight);
  *acceptance = sum / ((double)(n - 1) * total);
  PetscFunctionReturn(0);
}

void sq_weights_relative(int64_t n, const double *log_weight, double *weight)
{
  double largest = largest_log(n, log_weight);
  for (int64_t i = 0; i < n; i++) weight[i] = relative(log_weight[i], largest);
}
