/* crossing: where the curves of two lattices cross, with errors by resampling. Serial. */
#include "squall/obs.h"
#include "squall/rng.h"
#include <math.h>

/* y plus normal numbers times its errors. */
static void move(const sq_curve *curve, const double *noise, double *y)
{
  for (int i = 0; i < curve->points; i++) y[i] = curve->y[i] + curve->error[i] * noise[i];
}

bool sq_obs_crossing(const sq_curve *a, const sq_curve *b, uint64_t pair, int resamples, sq_crossing *c)
{
  double low = fmax(a->x[0], b->x[0]), high = fmin(a->x[a->points - 1], b->x[b->points - 1]),
         noise[2 * SQ_CURVE_POINTS], y[2][SQ_CURVE_POINTS], x_there, y_there;
  int terms = PetscMin(3, PetscMin(a->points, b->points)); /* parabolas, where there are points enough */
  sq_running x = {0}, height = {0};
  *c = (sq_crossing){0};
  if (!sq_curves_cross(a, b, terms, low, high, &c->x, &c->y)) return false;
  for (int r = 0; r < resamples; r++) {
    sq_rng_normals(sq_stream_make(1, SQ_RNG_BOOTSTRAP, pair), 0, 2 * SQ_CURVE_POINTS, (uint64_t)r, 0, noise);
    move(a, noise, y[0]);
    move(b, noise + SQ_CURVE_POINTS, y[1]);
    const sq_curve first = {a->points, a->x, y[0], a->error}, second = {b->points, b->x, y[1], b->error};
    if (!sq_curves_cross(&first, &second, terms, low, high, &x_there, &y_there)) continue;
    sq_running_add(&x, x_there);
    sq_running_add(&height, y_there);
  }
  c->crossed = (int)x.n;
  c->x_error = sqrt(sq_running_variance(&x));
  c->y_error = sqrt(sq_running_variance(&height));
  return true;
}
