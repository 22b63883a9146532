/* SPDX-License-Identifier: BSD-3-Clause */
/* The one-site theory by trapezoidal sums; see the header. */
#include "squall/toy.h"
#include <math.h>

enum { POINTS = 2048 };                                  /* intervals of a sum */
static const double negligible = 80, noise_reach = 12.5; /* in the exponent; in standard deviations */

double sq_toy_action(sq_toy *toy, double phi)
{
  return sq_copies_action(toy->copies, &phi);
}

double sq_toy_range(sq_toy *toy, double height)
{
  const double finest = 1e-3;
  double r = finest;
  for (double x = finest; x < toy->reach; x *= 1 + finest)
    if (fmin(sq_toy_action(toy, x), sq_toy_action(toy, -x)) < toy->least + height) r = x;
  return r * (1 + finest);
}

/* Doubles the reach until both ends are high above the lowest point seen. */
static void find_reach(sq_toy *toy)
{
  bool inside = true;
  toy->least = sq_toy_action(toy, 0);
  for (toy->reach = 1; inside; toy->reach *= 1.25) {
    for (int i = -POINTS; i <= POINTS; i++) toy->least = fmin(toy->least, sq_toy_action(toy, toy->reach * i / POINTS));
    inside = fmin(sq_toy_action(toy, toy->reach), sq_toy_action(toy, -toy->reach)) < toy->least + negligible;
  }
}

/* log of the integral of exp(-S) from low to high; the ends count half. */
static double log_integral(sq_toy *toy, double low, double high)
{
  double h = (high - low) / POINTS, sum = 0;
  for (int i = 0; i <= POINTS; i++) sum += (i % POINTS ? 1 : 0.5) * exp(toy->least - sq_toy_action(toy, low + i * h));
  return log(sum * h) - toy->least;
}

PetscErrorCode sq_toy_create(const sq_action *action, sq_toy **toy)
{
  PetscFunctionBeginUser;
  const int64_t one[SQ_DIM] = {1, 1, 1, 1};
  sq_toy *t;
  PetscCall(sq_alloc(1, &t));
  PetscCall(sq_copies_create(action, one, 1, &t->copies));
  PetscCall(sq_alloc(POINTS + 1, &t->exponent));
  find_reach(t);
  t->log_Z = log_integral(t, -t->reach, t->reach);
  *toy = t;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_toy_destroy(sq_toy **toy)
{
  PetscFunctionBeginUser;
  if (!*toy) PetscFunctionReturn(0);
  PetscCall(sq_copies_destroy(&(*toy)->copies));
  sq_free(&(*toy)->exponent);
  sq_free(toy);
  PetscFunctionReturn(0);
}

/* Not an integral to where nothing is left, so by Simpson's rule. */
double sq_toy_share(sq_toy *toy, double low, double high)
{
  enum { PANELS = 512 };
  double h = (high - low) / PANELS, sum = 0;
  for (int i = 0; i <= PANELS; i++)
    sum += (i % PANELS == 0 ? 1 : i % 2 ? 4 : 2) * exp(-sq_toy_action(toy, low + i * h) - toy->log_Z);
  return sum * h / 3;
}

sq_toy_noised sq_toy_at(sq_toy *toy, double a, double s, double phi)
{
  double low = fmax(-toy->reach, (phi - noise_reach * s) / a), high = fmin(toy->reach, (phi + noise_reach * s) / a);
  if (!(low < high)) low = -toy->reach, high = toy->reach; /* far outside: all of p_0 */
  double h = (high - low) / POINTS, largest = -INFINITY, sum = 0, first = 0;
  for (int i = 0; i <= POINTS; i++) {
    double x = low + i * h, z = (phi - a * x) / s;
    toy->exponent[i] = -sq_toy_action(toy, x) - 0.5 * z * z;
    largest = fmax(largest, toy->exponent[i]);
  }
  for (int i = 0; i <= POINTS; i++) {
    double w = exp(toy->exponent[i] - largest);
    sum += w;
    first += w * (low + i * h);
  }
  double mean = first / sum;
  return (sq_toy_noised){.effective_action = toy->log_Z + 0.5 * log(2 * M_PI * s * s) - largest - log(sum * h),
                         .mean = mean,
                         .drift = (a * mean - phi) / (s * s)};
}
