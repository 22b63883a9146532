/* SPDX-License-Identifier: BSD-3-Clause */
/* What mixtures share: shares of their parts, and a choice among them. */
#include "src/conditional/types.h"

SQ_VECTORS void sq_mixture_shares(int mixture, int n, sq_parts part, double *log_sum)
{
  double most[CONDITIONAL_RUN], sum[CONDITIONAL_RUN];
  for (int i = 0; i < n; i++) most[i] = part[0][i], sum[i] = 0;
  for (int k = 1; k < mixture; k++)
    for (int i = 0; i < n; i++) most[i] = part[k][i] > most[i] ? part[k][i] : most[i];
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) {
      part[k][i] = sq_exponential(part[k][i] - most[i]);
      sum[i] += part[k][i];
    }
  for (int i = 0; i < n; i++) {
    log_sum[i] = most[i] + sq_logarithm(sum[i]);
    sum[i] = 1 / sum[i];
  }
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) part[k][i] *= sum[i];
}

int sq_mixture_choice(int mixture, sq_parts share, int i, double u)
{
  int k = 0;
  for (double sum = share[0][i]; k + 1 < mixture && u >= sum; sum += share[++k][i]) continue;
  return k;
}

void sq_mixture_scalars(int mixture, int n, int64_t stride, const float *par, sq_parts part)
{
  for (int k = 0; k < mixture; k++)
    for (int i = 0; i < n; i++) part[k][i] = par[k * stride + i];
}

void sq_mixture_scaled(const sq_conditional_batch *batch, int64_t first, int n, const double *x, double *z,
                       double *log_s)
{
  const double *m = batch->field ? batch->field + first : NULL;
  for (int i = 0; i < n; i++) {
    z[i] = m ? (x[first + i] - m[i]) / m[batch->n + i] : x[first + i];
    log_s[i] = m ? sq_logarithm(m[batch->n + i]) : 0;
  }
}
