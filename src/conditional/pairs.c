/* SPDX-License-Identifier: BSD-3-Clause */
/* The mixture of pairs of Gaussians about a given one, of mean m and width s: the two of part k have equal weights, the
 * means m + s (o_k +- a_k e^{d_k}) and the width s b_k e^{t_k}, with a_k^2 + b_k^2 = 1. So a symmetric distribution may
 * be flatter than a Gaussian, or have two peaks, which means that are odd cannot do. The first scalar is the logarithm
 * of the weight of a pair, the second t, the third d.
 */
#include "src/conditional/types.h"

static const double MOST = 20; /* of |t| and |d| */
enum { PAIRS = SQ_CONDITIONAL_MOST / 2 };

typedef struct {
  sq_parts mean, log_width, apart; /* in units of s: of the parts k; apart: a_k e^{d_k} */
} pairs;

/* a_k: 0.3 for one part, up to 0.75 for several. */
static double constant(int mixture, int k)
{
  return mixture > 1 ? 0.3 + 0.45 * k / (mixture - 1) : 0.3;
}

static inline __attribute__((always_inline)) double cut(double t)
{
  return t < -MOST ? -MOST : t > MOST ? MOST : t;
}

SQ_VECTORS static void cut_part(int n, double a, double log_b, double *log_width, double *apart)
{
  for (int i = 0; i < n; i++) {
    log_width[i] = cut(log_width[i]) + log_b;
    apart[i] = a * sq_exponential(cut(apart[i]));
  }
}

static void shape(const sq_conditional_batch *batch, int64_t first, int n, pairs *p)
{
  const int mixture = batch->mixture;
  const float *par = batch->par + first;
  sq_mixture_scalars(mixture, n, batch->n, par, p->mean);
  sq_mixture_scalars(mixture, n, batch->n, par + 2 * mixture * batch->n, p->log_width);
  sq_mixture_scalars(mixture, n, batch->n, par + 3 * mixture * batch->n, p->apart);
  for (int k = 0; k < mixture; k++) {
    const double a = constant(mixture, k);
    cut_part(n, a, 0.5 * sq_logarithm(1 - a * a), p->log_width[k], p->apart[k]);
  }
}

static void log_weights(const sq_conditional_batch *batch, int64_t first, int n, sq_parts weight)
{
  sq_mixture_scalars(batch->mixture, n, batch->n, batch->par + batch->mixture * batch->n + first, weight);
}

/* part[k] and part[mixture + k] = log of the upper and the lower half of pair k at z, but for constants. */
SQ_VECTORS static void log_parts(int mixture, int n, const pairs *p, const double *z, sq_parts weight, sq_parts part)
{
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) {
      const double narrow = sq_exponential(-p->log_width[k][i]), from = z[i] - p->mean[k][i];
      const double up = (from - p->apart[k][i]) * narrow, down = (from + p->apart[k][i]) * narrow;
      const double log_height = weight[k][i] - p->log_width[k][i];
      part[k][i] = log_height - 0.5 * up * up;
      part[mixture + k][i] = log_height - 0.5 * down * down;
    }
}

static void draw(const sq_conditional_batch *batch, const sq_conditional_address *address, double *x)
{
  pairs p;
  sq_parts share;
  double log_sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    const double *m = batch->field ? batch->field + first : NULL;
    shape(batch, first, n, &p);
    log_weights(batch, first, n, share);
    sq_mixture_shares(batch->mixture, n, share, log_sum);
    for (int i = 0; i < n; i++) {
      const sq_stream stream = address->stream[first + i];
      const uint64_t site = address->site[first + i];
      const double u = sq_rng_uniform(stream, site, address->step, CONDITIONAL_CHOICE);
      const int k = sq_mixture_choice(batch->mixture, share, i, u);
      const bool up = sq_rng_uniform(stream, site, address->step, CONDITIONAL_MORE) < 0.5;
      double normal;
      sq_rng_normals(stream, site, 1, address->step, 0, &normal);
      const double z = p.mean[k][i] + (up ? p.apart[k][i] : -p.apart[k][i]) +
                       normal * sq_exponential(p.log_width[k][i]);
      x[first + i] = m ? m[i] + m[batch->n + i] * z : z;
    }
  }
}

static void log_density(const sq_conditional_batch *batch, const double *x, double *log_q)
{
  const double log_both = 0x1.d67f1c864beb5p-1 + M_LN2; /* log(2 pi)/2 + log 2 */
  pairs p;
  sq_parts part, weight;
  double z[CONDITIONAL_RUN], log_s[CONDITIONAL_RUN], norm[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    shape(batch, first, n, &p);
    sq_mixture_scaled(batch, first, n, x, z, log_s);
    log_weights(batch, first, n, weight);
    log_parts(batch->mixture, n, &p, z, weight, part);
    sq_mixture_shares(batch->mixture, n, weight, norm);
    sq_mixture_shares(2 * batch->mixture, n, part, sum);
    for (int i = 0; i < n; i++) log_q[first + i] = sum[i] - norm[i] - log_s[i] - log_both;
  }
}

/* With r the share of a half in q and z' = (x - mean)/width there: r z'/width for the mean, +- that times a e^d for d,
 * r (z'^2 - 1) for t, and r less the weight for its logarithm; sums over both halves, where nothing is cut. */
SQ_VECTORS static void derivatives(int mixture, int n, int64_t stride, const pairs *p, const double *z, sq_parts share,
                                   sq_parts weight, const double *factor, const float *par, float *gradient)
{
  for (int k = 0; k < mixture; k++) {
    float *mean = gradient + k * stride, *a = mean + mixture * stride, *width = a + mixture * stride,
          *apart = width + mixture * stride;
    const float *t = par + (2 * mixture + k) * stride, *d = par + (3 * mixture + k) * stride;
    for (int i = 0; i < n; i++) {
      const double narrow = sq_exponential(-p->log_width[k][i]), from = z[i] - p->mean[k][i];
      const double up = (from - p->apart[k][i]) * narrow, down = (from + p->apart[k][i]) * narrow;
      const double more = factor[i] * share[k][i], less = factor[i] * share[mixture + k][i];
      mean[i] = (float)((more * up + less * down) * narrow);
      a[i] = (float)(more + less - factor[i] * weight[k][i]);
      width[i] = t[i] >= -MOST && t[i] <= MOST ? (float)(more * (up * up - 1) + less * (down * down - 1)) : 0;
      apart[i] = d[i] >= -MOST && d[i] <= MOST ? (float)((more * up - less * down) * narrow * p->apart[k][i]) : 0;
    }
  }
}

static void gradient(const sq_conditional_batch *batch, const double *x, const double *factor, float *gradient)
{
  pairs p;
  sq_parts share, weight;
  double z[CONDITIONAL_RUN], log_s[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    shape(batch, first, n, &p);
    sq_mixture_scaled(batch, first, n, x, z, log_s);
    log_weights(batch, first, n, weight);
    log_parts(batch->mixture, n, &p, z, weight, share);
    sq_mixture_shares(batch->mixture, n, weight, sum);
    sq_mixture_shares(2 * batch->mixture, n, share, sum);
    derivatives(batch->mixture, n, batch->n, &p, z, share, weight, factor + first, batch->par + first,
                gradient + first);
  }
}

const sq_conditional sq_conditional_pairs = {.name = "pairs",
                                             .components = 1,
                                             .vectors = 1,
                                             .scalars = 3,
                                             .fields = 2,
                                             .most = PAIRS,
                                             .covariant = true,
                                             .draw = draw,
                                             .log_density = log_density,
                                             .gradient = gradient};
