/* SPDX-License-Identifier: BSD-3-Clause */
/* The mixture of von Mises densities: q = sum_k w_k e^{v_k (cos, sin)}/I_0(|v_k|), v_k = c_k h + o_k; in the measure
 * d theta/2 pi. */
#include "src/conditional/types.h"

typedef struct {
  sq_parts x, y, kappa, log_I0, ratio; /* v_k, its length, and Bessel functions of that */
} concentrations;

/* Of the numbers first .. first + n - 1. */
SQ_VECTORS static void concentrate(const sq_conditional_batch *batch, int64_t first, int n, bool ratios,
                                   concentrations *v)
{
  for (int k = 0; k < batch->mixture; k++) {
    const float *x = batch->par + 2 * k * batch->n + first, *y = x + batch->n;
    const double *h = batch->field ? batch->field + first : NULL, part = 2. * (k + 1) / (batch->mixture + 1);
    for (int i = 0; i < n; i++) v->x[k][i] = x[i], v->y[k][i] = y[i];
    if (h)
      for (int i = 0; i < n; i++) v->x[k][i] += part * h[i], v->y[k][i] += part * h[batch->n + i];
    for (int i = 0; i < n; i++) v->kappa[k][i] = sqrt(v->x[k][i] * v->x[k][i] + v->y[k][i] * v->y[k][i]);
    sq_circle_bessel(n, v->kappa[k], v->log_I0[k], ratios ? v->ratio[k] : NULL);
  }
}

/* Logarithms of the weights, but for what they all share. */
static void log_weights(const sq_conditional_batch *batch, int64_t first, int n, sq_parts weight)
{
  sq_mixture_scalars(batch->mixture, n, batch->n, batch->par + 2 * batch->mixture * batch->n + first, weight);
}

/* part[k] = log of part k at the angles (cosine, sine), whose weights are in part[k]. kappa (1 - cos) is |v - kappa
 * u|^2/(2 kappa), where nothing cancels. */
SQ_VECTORS static void log_parts(int mixture, int n, const concentrations *v, const double *cosine, const double *sine,
                                 sq_parts part)
{
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) {
      const double kappa = v->kappa[k][i], x = v->x[k][i] - kappa * cosine[i], y = v->y[k][i] - kappa * sine[i];
      part[k][i] -= v->log_I0[k][i] + (x * x + y * y) / (2 * (kappa > 1e-200 ? kappa : 1e-200));
    }
}

static void draw(const sq_conditional_batch *batch, const sq_conditional_address *address, double *x)
{
  concentrations v;
  sq_parts share;
  double log_sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    concentrate(batch, first, n, false, &v);
    log_weights(batch, first, n, share);
    sq_mixture_shares(batch->mixture, n, share, log_sum);
    for (int i = 0; i < n; i++) {
      const sq_stream stream = address->stream[first + i];
      const uint64_t site = address->site[first + i];
      const double u = sq_rng_uniform(stream, site, address->step, CONDITIONAL_CHOICE);
      const int k = sq_mixture_choice(batch->mixture, share, i, u);
      const double turn = sq_von_mises(v.kappa[k][i], stream, site, address->step);
      x[first + i] = sq_wrap(sq_arc(v.y[k][i], v.x[k][i]) + turn);
    }
  }
}

static void log_density(const sq_conditional_batch *batch, const double *x, double *log_q)
{
  concentrations v;
  sq_parts part;
  double cosine[CONDITIONAL_RUN], sine[CONDITIONAL_RUN], norm[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    concentrate(batch, first, n, false, &v);
    sq_circle_cosines(n, x + first, cosine);
    sq_circle_sines(n, x + first, sine);
    log_weights(batch, first, n, part);
    sq_mixture_shares(batch->mixture, n, part, norm);
    log_weights(batch, first, n, part);
    log_parts(batch->mixture, n, &v, cosine, sine, part);
    sq_mixture_shares(batch->mixture, n, part, sum);
    for (int i = 0; i < n; i++) log_q[first + i] = sum[i] - norm[i];
  }
}

/* With r_k the share of part k in q and w_k its weight: d log q/dv_k = r_k (u - I_1/I_0 v_k/kappa_k), and r_k - w_k for
 * the logarithm of the weight. */
SQ_VECTORS static void derivatives(int mixture, int n, int64_t stride, const concentrations *v, const double *cosine,
                                   const double *sine, sq_parts share, sq_parts weight, const double *factor,
                                   float *gradient)
{
  for (int k = 0; k < mixture; k++) {
    float *x = gradient + 2 * k * stride, *y = x + stride, *w = gradient + (2 * mixture + k) * stride;
    for (int i = 0; i < n; i++) {
      const double kappa = v->kappa[k][i], shrink = kappa > 1e-8 ? v->ratio[k][i] / kappa : 0.5;
      const double amount = factor[i] * share[k][i];
      x[i] = (float)(amount * (cosine[i] - shrink * v->x[k][i]));
      y[i] = (float)(amount * (sine[i] - shrink * v->y[k][i]));
      w[i] = (float)(factor[i] * (share[k][i] - weight[k][i]));
    }
  }
}

static void gradient(const sq_conditional_batch *batch, const double *x, const double *factor, float *gradient)
{
  concentrations v;
  sq_parts share, weight;
  double cosine[CONDITIONAL_RUN], sine[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    concentrate(batch, first, n, true, &v);
    sq_circle_cosines(n, x + first, cosine);
    sq_circle_sines(n, x + first, sine);
    log_weights(batch, first, n, weight);
    log_weights(batch, first, n, share);
    sq_mixture_shares(batch->mixture, n, weight, sum);
    log_parts(batch->mixture, n, &v, cosine, sine, share);
    sq_mixture_shares(batch->mixture, n, share, sum);
    derivatives(batch->mixture, n, batch->n, &v, cosine, sine, share, weight, factor + first, gradient + first);
  }
}

const sq_conditional sq_conditional_von_mises = {.name = "von-mises",
                                                 .components = 2,
                                                 .vectors = 1,
                                                 .scalars = 1,
                                                 .fields = 2,
                                                 .most = SQ_CONDITIONAL_MOST,
                                                 .covariant = true,
                                                 .draw = draw,
                                                 .log_density = log_density,
                                                 .gradient = gradient};
