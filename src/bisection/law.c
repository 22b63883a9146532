/* SPDX-License-Identifier: BSD-3-Clause */
/* law: mixtures of Gaussians and of their mirror images, on runs of entries.
 *
 * Outputs of a part are o, t and w: [KINDS][mixture][RUN]. Parts 0 .. mixture - 1 are those at the ends themselves,
 * means m + s o; the others, at the mirrored ends, have the means m - s o. */
#include "src/bisection/internal.h"
#include "squall/circle.h"

#define CUT 10.0 /* of |t| */

/* In units of the Gaussian path: mean, log of the width, log of the weight. */
typedef struct {
  double mean[PARTS][RUN], log_width[PARTS][RUN], weight[PARTS][RUN];
} parts;

static inline __attribute__((always_inline)) double cut(double t)
{
  return t < -CUT ? -CUT : t > CUT ? CUT : t;
}

SQ_VECTORS static void take_apart(const sq_bisection_law *law, parts *p)
{
  const int K = law->mixture;
  for (int side = 0; side < 2; side++)
    for (int k = 0; k < K; k++) {
      const float *o = law->out[side] + k * RUN, *t = o + K * RUN, *w = t + K * RUN;
      const double sign = side ? -1 : 1;
      double *mean = p->mean[side * K + k], *log_width = p->log_width[side * K + k], *weight = p->weight[side * K + k];
      for (int i = 0; i < RUN; i++) {
        mean[i] = sign * (double)o[i];
        log_width[i] = cut((double)t[i]);
        weight[i] = (double)w[i];
      }
    }
}

/* log_sum = log sum e^x over the parts, which become their shares of it. */
SQ_VECTORS static void shares(int count, double x[][RUN], double *log_sum)
{
  double most[RUN], sum[RUN];
  for (int i = 0; i < RUN; i++) most[i] = x[0][i];
  for (int c = 1; c < count; c++)
    for (int i = 0; i < RUN; i++) most[i] = x[c][i] > most[i] ? x[c][i] : most[i];
  for (int i = 0; i < RUN; i++) sum[i] = 0;
  for (int c = 0; c < count; c++)
    for (int i = 0; i < RUN; i++) {
      x[c][i] = sq_exponential(x[c][i] - most[i]);
      sum[i] += x[c][i];
    }
  for (int i = 0; i < RUN; i++) log_sum[i] = most[i] + sq_logarithm(sum[i]);
  for (int c = 0; c < count; c++)
    for (int i = 0; i < RUN; i++) x[c][i] /= sum[i];
}

/* z = (x - m)/s; away = (z - mean)/width and height = log of weight times Gaussian, but for a constant. */
SQ_VECTORS static void heights(const sq_bisection_law *law, const parts *p, const double *x, double away[][RUN],
                               double height[][RUN])
{
  for (int c = 0; c < 2 * law->mixture; c++)
    for (int i = 0; i < RUN; i++) {
      const double z = (x[i] - law->mean[i]) / law->width[i];
      away[c][i] = (z - p->mean[c][i]) * sq_exponential(-p->log_width[c][i]);
      height[c][i] = p->weight[c][i] - p->log_width[c][i] - 0.5 * away[c][i] * away[c][i];
    }
}

void sq_bisection_law_draw(const sq_bisection_law *law, const double *u, const double *normal, double *x)
{
  parts p;
  double log_sum[RUN];
  take_apart(law, &p);
  shares(2 * law->mixture, p.weight, log_sum);
  for (int i = 0; i < RUN; i++) {
    double below = p.weight[0][i];
    int c = 0;
    while (c + 1 < 2 * law->mixture && !(u[i] < below)) below += p.weight[++c][i];
    x[i] = law->mean[i] + law->width[i] * (p.mean[c][i] + normal[i] * sq_exponential(p.log_width[c][i]));
  }
}

void sq_bisection_law_density(const sq_bisection_law *law, const double *x, double *log_q)
{
  const double log_root = 0x1.d67f1c864beb5p-1; /* log(2 pi)/2 */
  parts p;
  double away[PARTS][RUN], height[PARTS][RUN], all[RUN], norm[RUN];
  take_apart(law, &p);
  heights(law, &p, x, away, height);
  shares(2 * law->mixture, height, all);
  shares(2 * law->mixture, p.weight, norm);
  for (int i = 0; i < RUN; i++) log_q[i] = all[i] - norm[i] - sq_logarithm(law->width[i]) - log_root;
}

/* With r the share of a part in q, p its weight and z = away: r z/width for the mean, r (z^2 - 1) for t, r - p for w.
 */
SQ_VECTORS static void derivatives(const sq_bisection_law *law, const parts *p, double away[][RUN], double share[][RUN],
                                   const double *factor, float *slope[2])
{
  const int K = law->mixture;
  for (int c = 0; c < 2 * K; c++) {
    float *o = slope[c / K] + c % K * RUN, *t = o + K * RUN, *w = t + K * RUN;
    const float *raw = law->out[c / K] + (K + c % K) * RUN;
    const double sign = c < K ? 1 : -1;
    for (int i = 0; i < RUN; i++) {
      const double r = factor[i] * share[c][i], narrow = sq_exponential(-p->log_width[c][i]);
      const bool inside = raw[i] > -(float)CUT && raw[i] < (float)CUT;
      o[i] = (float)(sign * r * away[c][i] * narrow);
      t[i] = inside ? (float)(r * (away[c][i] * away[c][i] - 1)) : 0;
      w[i] = (float)(r - factor[i] * p->weight[c][i]);
    }
  }
}

void sq_bisection_law_gradient(const sq_bisection_law *law, const double *x, const double *factor, float *slope[2])
{
  parts p;
  double away[PARTS][RUN], share[PARTS][RUN], unused[RUN];
  take_apart(law, &p);
  heights(law, &p, x, away, share);
  shares(2 * law->mixture, share, unused);
  shares(2 * law->mixture, p.weight, unused);
  derivatives(law, &p, away, share, factor, slope);
}
