/* See tune.h. In equilibrium dH is close to normal with mean sigma^2/2 and deviation sigma (so that <exp(-dH)> = 1),
 * and the acceptance is erfc(sigma / sqrt 8) (Gupta, Irbaeck, Karsch, Petersson, Phys. Lett. B 242 (1990) 437); sigma
 * grows as eps^order.
 */
#include "tune.h"
#include <math.h>

double sq_tune_sigma(double acceptance)
{
  double low = 0, high = 16;
  for (int i = 0; i < 60; i++) {
    double middle = (low + high) / 2;
    if (erfc(middle / sqrt(8)) > acceptance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

double sq_tune_stretch(double acceptance, double target, int order)
{
  if (!(acceptance > 0.02)) return 0.5;
  double stretch = pow(sq_tune_sigma(target) / sq_tune_sigma(fmin(acceptance, 0.9999)), 1.0 / order);
  return fmin(fmax(stretch, 0.5), 2);
}

int64_t sq_tune_vary(int64_t mean, sq_stream stream, int64_t trajectory)
{
  int64_t least = (mean + 1) / 2, count = 2 * (mean - least) + 1;
  return least + sq_rng_index(stream, 0, (uint64_t)trajectory, 0, (uint32_t)count);
}
