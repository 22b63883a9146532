/* SPDX-License-Identifier: BSD-3-Clause */
/* The mixture of Beta densities of theta/2 pi, all of the same weight, as published (arXiv:2005.04857): x^{a-1} (1 -
 * x)^{b-1}/B(a, b). The published map of outputs to exponents is not said; this one begins with the uniform density. */
#include "src/conditional/types.h"

typedef struct {
  sq_parts a, b;
} exponents;

static const double LEAST = 0.1; /* exponent */

/* LEAST + (1 - LEAST) log_2(1 + e^o), and its derivative. */
SQ_VECTORS static void exponents_of(int n, const float *o, double *a, double *slope)
{
  for (int i = 0; i < n; i++) {
    const double size = fabs((double)o[i]), decay = sq_exponential(-size), more = o[i] > 0 ? size : 0;
    a[i] = LEAST + (1 - LEAST) / M_LN2 * (more + sq_logarithm(1 + decay));
    if (slope) slope[i] = (1 - LEAST) / M_LN2 * (o[i] > 0 ? 1 : decay) / (1 + decay);
  }
}

static void shape(const sq_conditional_batch *batch, int64_t first, int n, exponents *e)
{
  for (int k = 0; k < batch->mixture; k++) {
    exponents_of(n, batch->par + k * batch->n + first, e->a[k], NULL);
    exponents_of(n, batch->par + (batch->mixture + k) * batch->n + first, e->b[k], NULL);
  }
}

/* log Gamma(z) and its derivative for z >= LEAST: from z + 8 by Stirling's series. */
SQ_CIRCLE_INLINE double log_gamma(double z)
{
  double product = z * (z + 1) * (z + 2) * (z + 3) * (z + 4) * (z + 5) * (z + 6) * (z + 7), y = z + 8, w = 1 / (y * y);
  double series = -691. / 360360 + w * (1. / 156 - w * (3617. / 122400));
  series = 1. / 12 + w * (-1. / 360 + w * (1. / 1260 + w * (-1. / 1680 + w * (1. / 1188 + w * series))));
  return (y - 0.5) * sq_logarithm(y) - y + 0x1.d67f1c864beb5p-1 + series / y - sq_logarithm(product);
}

SQ_CIRCLE_INLINE double digamma(double z)
{
  double sum = 0, y = z + 8, w = 1 / (y * y);
#pragma GCC unroll 8
  for (int j = 0; j < 8; j++) sum += 1 / (z + j);
  double series = 1. / 132 + w * (-691. / 32760 + w * (1. / 12 - w * (3617. / 8160)));
  series = 1. / 12 + w * (-1. / 120 + w * (1. / 252 + w * (-1. / 240 + w * series)));
  return sq_logarithm(y) - 0.5 / y - w * series - sum;
}

/* Logarithms of theta/2 pi in (0, 1) and of what it lacks to 1: angles are kept from -pi to pi, so that both are known
 * as well as the angle near 0. */
SQ_VECTORS static void log_places(int n, const double *angle, double *log_x, double *log_y)
{
  for (int i = 0; i < n; i++) {
    const double turn = sq_wrap(angle[i]) * SQ_CIRCLE_TURNS, x = turn < 0 ? 1 + turn : turn,
                 y = turn < 0 ? -turn : 1 - turn;
    log_x[i] = sq_logarithm(x > 1e-300 ? x : 1e-300);
    log_y[i] = sq_logarithm(y > 1e-300 ? y : 1e-300);
  }
}

SQ_VECTORS static void log_parts(int mixture, int n, const exponents *e, const double *log_x, const double *log_y,
                                 sq_parts part)
{
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) {
      const double a = e->a[k][i], b = e->b[k][i];
      part[k][i] = (a - 1) * log_x[i] + (b - 1) * log_y[i] + log_gamma(a + b) - log_gamma(a) - log_gamma(b);
    }
}

/* A number of density x^{a-1} e^{-x}/Gamma(a): G. Marsaglia, W. W. Tsang, ACM Trans. Math. Softw. 26 (2000) 363; for
 * a < 1 one of a + 1 times u^{1/a} (its section 6). Draws 32 part .. 32 part + 31 (more than 16 refusals in 10^20
 * numbers: none), CONDITIONAL_MORE + part. */
static double gamma_number(double a, sq_stream stream, uint64_t site, uint64_t step, int part)
{
  const double d = (a < 1 ? a + 1 : a) - 1. / 3, c = 1 / sqrt(9 * d);
  double v = 1;
  for (int attempt = 0; attempt < 16; attempt++) {
    const uint16_t draw = (uint16_t)(32 * part + 2 * attempt);
    double normal;
    sq_rng_normals(stream, site, 1, step, draw, &normal);
    const double u = sq_rng_uniform(stream, site, step, (uint16_t)(draw + 1)), root = 1 + c * normal;
    v = root * root * root;
    if (root > 0 && sq_logarithm(u) < 0.5 * normal * normal + d * (1 - v + sq_logarithm(v))) break;
    v = 1;
  }
  const double u = a < 1 ? sq_rng_uniform(stream, site, step, (uint16_t)(CONDITIONAL_MORE + part)) : 1;
  return d * v * (a < 1 ? sq_exponential(sq_logarithm(u) / a) : 1);
}

static void draw(const sq_conditional_batch *batch, const sq_conditional_address *address, double *angle)
{
  exponents e;
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    shape(batch, first, n, &e);
    for (int i = 0; i < n; i++) {
      const sq_stream stream = address->stream[first + i];
      const uint64_t site = address->site[first + i];
      const int k = (int)sq_rng_index(stream, site, address->step, CONDITIONAL_CHOICE, (uint32_t)batch->mixture);
      const double a = gamma_number(e.a[k][i], stream, site, address->step, 0);
      const double b = gamma_number(e.b[k][i], stream, site, address->step, 1);
      angle[first + i] = sq_wrap(a < b ? a / (a + b) / SQ_CIRCLE_TURNS : -b / (a + b) / SQ_CIRCLE_TURNS);
    }
  }
}

static void log_density(const sq_conditional_batch *batch, const double *angle, double *log_q)
{
  exponents e;
  sq_parts part;
  double log_x[CONDITIONAL_RUN], log_y[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    shape(batch, first, n, &e);
    log_places(n, angle + first, log_x, log_y);
    log_parts(batch->mixture, n, &e, log_x, log_y, part);
    sq_mixture_shares(batch->mixture, n, part, sum);
    for (int i = 0; i < n; i++) log_q[first + i] = sum[i] - sq_logarithm(batch->mixture);
  }
}

/* Of the exponents p = mine[n] of a part with those on the other side, at log x or log y: share (log x - psi(p) + psi(p
 * + other)) dp/do. */
SQ_VECTORS static void derivative(int n, const float *o, const double *mine, const double *other, const double *log_x,
                                  const double *share, const double *factor, float *gradient)
{
  double exponent[CONDITIONAL_RUN], slope[CONDITIONAL_RUN];
  exponents_of(n, o, exponent, slope);
  for (int i = 0; i < n; i++) {
    const double along = log_x[i] - digamma(mine[i]) + digamma(mine[i] + other[i]);
    gradient[i] = (float)(factor[i] * share[i] * along * slope[i]);
  }
}

static void gradient(const sq_conditional_batch *batch, const double *angle, const double *factor, float *gradient)
{
  const int64_t stride = batch->n, second = batch->mixture * batch->n;
  exponents e;
  sq_parts share;
  double log_x[CONDITIONAL_RUN], log_y[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    shape(batch, first, n, &e);
    log_places(n, angle + first, log_x, log_y);
    log_parts(batch->mixture, n, &e, log_x, log_y, share);
    sq_mixture_shares(batch->mixture, n, share, sum);
    for (int k = 0; k < batch->mixture; k++) {
      const int64_t at = k * stride + first;
      derivative(n, batch->par + at, e.a[k], e.b[k], log_x, share[k], factor + first, gradient + at);
      derivative(n, batch->par + second + at, e.b[k], e.a[k], log_y, share[k], factor + first, gradient + second + at);
    }
  }
}

const sq_conditional sq_conditional_beta = {.name = "beta",
                                            .components = 1,
                                            .scalars = 2,
                                            .most = SQ_CONDITIONAL_MOST,
                                            .draw = draw,
                                            .log_density = log_density,
                                            .gradient = gradient};
