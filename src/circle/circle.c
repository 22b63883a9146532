/* SPDX-License-Identifier: BSD-3-Clause */
/* Angles of arrays, and random ones about a direction. */
#include "squall/circle.h"
#include "squall/base.h"

SQ_VECTORS void sq_circle_sines(int64_t n, const double *x, double *out)
{
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++) out[i] = sq_sine(x[i]);
}

SQ_VECTORS void sq_circle_cosines(int64_t n, const double *x, double *out)
{
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++) out[i] = sq_cosine(x[i]);
}

SQ_VECTORS void sq_circle_wrap(int64_t n, const double *x, double *out)
{
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++) out[i] = sq_wrap(x[i]);
}

/* Uniform in (0, 1), of two words. */
static double uniform(const uint32_t word[2])
{
  const uint64_t bits = (uint64_t)word[0] << 32 | word[1];
  return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

/* Proposals are x = 2 arctan(slope tan(pi u)), of density ~ 1/(1 + rho^2 - 2 rho cos x), rho = kappa g, slope = (1 -
 * rho)/(1 + rho); with c = kappa (1 + rho^2)/(2 rho) - kappa cos x they are taken with probability c exp(1 - c), at
 * least 0.65. That is exact for any g; the paper's is the best. In the form below nothing cancels, and kappa may be 0.
 */
double sq_von_mises(double kappa, sq_stream stream, uint64_t site, uint64_t step)
{
  const double tau = 1 + sqrt(1 + 4 * kappa * kappa), root = sqrt(tau), g = 2 * root / ((root + sqrt(2)) * tau),
               rho = kappa * g, slope = (1 - rho) / (1 + rho), least = (1 - rho) * (1 - rho) / (2 * g);
  double along = 1, across = 0;
  for (uint16_t draw = 0; draw < 64; draw++) { /* all are refused once in 10^29 */
    uint32_t word[4];
    sq_rng_block(stream, site, step, draw, word);
    const double half = 0x1.921fb54442d18p+1 * (uniform(word) - 0.5), u = uniform(word + 2);
    along = sq_cosine(half);
    across = slope * sq_sine(half);
    const double c = least + 2 * kappa * across * across / (across * across + along * along);
    if (c * (2 - c) >= u || log(c / u) + 1 - c >= 0) break;
  }
  return 2 * sq_arc(across, along);
}
