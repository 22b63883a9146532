/* SPDX-License-Identifier: BSD-3-Clause */
/* crossing: where the curves of two lattices cross, with errors by resampling. Serial. */
#include "squall/obs.h"
#include "squall/rng.h"
#include <math.h>
#include <stdlib.h>

/* y plus normal numbers times its errors. */
static void move(const sq_curve *curve, const double *noise, double *y)
{
  for (int i = 0; i < curve->points; i++) y[i] = curve->y[i] + curve->error[i] * noise[i];
}

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Half the width of the middle 68.27 % of them: one standard deviation of a normal distribution, whatever a few that
 * crossed far away do. Sorts them. */
static double spread(int64_t count, double *value)
{
  if (count < 2) return NAN;
  qsort(value, (size_t)count, sizeof *value, ascending);
  const double last = (double)(count - 1);
  return (value[lround(0.84134 * last)] - value[lround(0.15866 * last)]) / 2;
}

PetscErrorCode sq_obs_crossing(const sq_curve *a, const sq_curve *b, uint64_t pair, int resamples, sq_crossing *c)
{
  PetscFunctionBeginUser;
  *c = (sq_crossing){0};
  if (a->points < 1 || b->points < 1) PetscFunctionReturn(0);
  double low = fmax(a->x[0], b->x[0]), high = fmin(a->x[a->points - 1], b->x[b->points - 1]), width = high - low,
         noise[2 * SQ_CURVE_POINTS], y[2][SQ_CURVE_POINTS], *x, *height;
  int terms = PetscMin(3, PetscMin(a->points, b->points)), count = 0; /* parabolas, where there are points enough */
  c->found = sq_curves_cross(a, b, terms, low, high, &c->x, &c->y);
  if (!c->found) PetscFunctionReturn(0);
  PetscCall(sq_alloc(resamples, &x));
  PetscCall(sq_alloc(resamples, &height));
  for (int r = 0; r < resamples; r++) {
    sq_rng_normals(sq_stream_make(1, SQ_RNG_BOOTSTRAP, pair), 0, 2 * SQ_CURVE_POINTS, (uint64_t)r, 0, noise);
    move(a, noise, y[0]);
    move(b, noise + SQ_CURVE_POINTS, y[1]);
    const sq_curve first = {a->points, a->x, y[0], a->error}, second = {b->points, b->x, y[1], b->error};
    if (!sq_curves_cross(&first, &second, terms, low - width, high + width, &x[count], &height[count])) continue;
    c->crossed += x[count] >= low && x[count] <= high;
    count++;
  }
  c->x_error = spread(count, x);
  c->y_error = spread(count, height);
  sq_free(&x);
  sq_free(&height);
  PetscFunctionReturn(0);
}
