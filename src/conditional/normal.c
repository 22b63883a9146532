/* The mixture of Gaussians about a given one, of mean m and width s: part k has the mean m + s o_k and the width s c_k
 * e^{t_k}. */
#include "src/conditional/types.h"

static const double MOST = 20; /* of |t| */

typedef struct {
  sq_parts mean, log_width; /* in units of s */
} widths;

/* log c_k, about 0 from -log(2)/2 to log(2)/2. */
static double log_constant(int mixture, int k)
{
  return mixture > 1 ? 0.5 * M_LN2 * (2. * k / (mixture - 1) - 1) : 0;
}

static void shape(const sq_conditional_batch *batch, int64_t first, int n, widths *w)
{
  const int mixture = batch->mixture;
  sq_mixture_scalars(mixture, n, batch->n, batch->par + first, w->mean);
  sq_mixture_scalars(mixture, n, batch->n, batch->par + 2 * mixture * batch->n + first, w->log_width);
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) {
      const double t = w->log_width[k][i], cut = t < -MOST ? -MOST : t > MOST ? MOST : t;
      w->log_width[k][i] = cut + log_constant(mixture, k);
    }
}

static void log_weights(const sq_conditional_batch *batch, int64_t first, int n, sq_parts weight)
{
  sq_mixture_scalars(batch->mixture, n, batch->n, batch->par + batch->mixture * batch->n + first, weight);
}

/* part[k] = log of part k at z, but for constants; its weight is in part[k]. */
SQ_VECTORS static void log_parts(int mixture, int n, const widths *w, const double *z, sq_parts part)
{
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) {
      const double r = (z[i] - w->mean[k][i]) * sq_exponential(-w->log_width[k][i]);
      part[k][i] -= 0.5 * r * r + w->log_width[k][i];
    }
}

static void draw(const sq_conditional_batch *batch, const sq_conditional_address *address, double *x)
{
  widths w;
  sq_parts share;
  double log_sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    const double *m = batch->field ? batch->field + first : NULL;
    shape(batch, first, n, &w);
    log_weights(batch, first, n, share);
    sq_mixture_shares(batch->mixture, n, share, log_sum);
    for (int i = 0; i < n; i++) {
      const sq_stream stream = address->stream[first + i];
      const uint64_t site = address->site[first + i];
      const double u = sq_rng_uniform(stream, site, address->step, CONDITIONAL_CHOICE);
      const int k = sq_mixture_choice(batch->mixture, share, i, u);
      double normal;
      sq_rng_normals(stream, site, 1, address->step, 0, &normal);
      const double z = w.mean[k][i] + normal * sq_exponential(w.log_width[k][i]);
      x[first + i] = m ? m[i] + m[batch->n + i] * z : z;
    }
  }
}

static void log_density(const sq_conditional_batch *batch, const double *x, double *log_q)
{
  const double half_log_turn = 0x1.d67f1c864beb5p-1; /* log(2 pi)/2 */
  widths w;
  sq_parts part;
  double z[CONDITIONAL_RUN], log_s[CONDITIONAL_RUN], norm[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    shape(batch, first, n, &w);
    sq_mixture_scaled(batch, first, n, x, z, log_s);
    log_weights(batch, first, n, part);
    sq_mixture_shares(batch->mixture, n, part, norm);
    log_weights(batch, first, n, part);
    log_parts(batch->mixture, n, &w, z, part);
    sq_mixture_shares(batch->mixture, n, part, sum);
    for (int i = 0; i < n; i++) log_q[first + i] = sum[i] - norm[i] - log_s[i] - half_log_turn;
  }
}

/* With r_k the share of part k in q, w_k its weight, and z = (x - mean)/width: r_k z/width for the mean, r_k - w_k for
 * the logarithm of the weight, r_k (z^2 - 1) for that of the width, where it is not cut. */
SQ_VECTORS static void derivatives(int mixture, int n, int64_t stride, const widths *w, const double *z, sq_parts share,
                                   sq_parts weight, const double *factor, const float *par, float *gradient)
{
  for (int k = 0; k < mixture; k++) {
    float *mean = gradient + k * stride, *a = mean + mixture * stride, *width = a + mixture * stride;
    const float *t = par + (2 * mixture + k) * stride;
    for (int i = 0; i < n; i++) {
      const double narrow = sq_exponential(-w->log_width[k][i]), r = (z[i] - w->mean[k][i]) * narrow;
      const double amount = factor[i] * share[k][i];
      mean[i] = (float)(amount * r * narrow);
      a[i] = (float)(factor[i] * (share[k][i] - weight[k][i]));
      width[i] = t[i] >= -MOST && t[i] <= MOST ? (float)(amount * (r * r - 1)) : 0;
    }
  }
}

static void gradient(const sq_conditional_batch *batch, const double *x, const double *factor, float *gradient)
{
  widths w;
  sq_parts share, weight;
  double z[CONDITIONAL_RUN], log_s[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int64_t first = 0; first < batch->n; first += CONDITIONAL_RUN) {
    const int n = sq_conditional_run(batch, first);
    shape(batch, first, n, &w);
    sq_mixture_scaled(batch, first, n, x, z, log_s);
    log_weights(batch, first, n, weight);
    log_weights(batch, first, n, share);
    sq_mixture_shares(batch->mixture, n, weight, sum);
    log_parts(batch->mixture, n, &w, z, share);
    sq_mixture_shares(batch->mixture, n, share, sum);
    derivatives(batch->mixture, n, batch->n, &w, z, share, weight, factor + first, batch->par + first,
                gradient + first);
  }
}

const sq_conditional sq_conditional_normal = {.name = "normal",
                                              .summary = "a real number, by a mixture of Gaussians",
                                              .components = 1,
                                              .vectors = 1,
                                              .scalars = 2,
                                              .fields = 2,
                                              .most = SQ_CONDITIONAL_MOST,
                                              .covariant = true,
                                              .draw = draw,
                                              .log_density = log_density,
                                              .gradient = gradient};
