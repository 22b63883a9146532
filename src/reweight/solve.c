/* SPDX-License-Identifier: BSD-3-Clause */
/* The equations of reweighting: with N_k the independent records of ensemble k, f_k = log Z_k and l_k(i) = sum_t
 * coupling_kt x_t(i), the f minimise F = sum_i share_i log(sum_k N_k exp(l_k(i) - f_k)) + sum_k N_k f_k, which is
 * convex, by Newton's method with f_0 = 0. Kernels on arrays. */
#include "solve.h"
#include <math.h>
#include <string.h>

enum { MOST = SQ_REWEIGHT_STATES, STEPS = 200 };
static const double nothing = -50; /* exp(that) is none of a sum with 1 in it */

static bool is_of(const sq_reweight *p, int64_t i)
{
  return p->place[p->pool->state[i]] >= 0;
}

double sq_reweight_share(const sq_reweight *p, int64_t i)
{
  return !is_of(p, i) || p->pool->block[i] == p->without ? 0 : p->pool->share[i];
}

double sq_reweight_exponent(const sq_pool *pool, const double *coupling, int64_t i)
{
  double sum = 0;
  for (int t = 0; t < pool->terms; t++) sum += coupling[t] * pool->x[t][i];
  return sum;
}

static const double *coupling_of(const sq_reweight *p, int k)
{
  return p->pool->coupling + p->state[k] * p->pool->terms;
}

void sq_reweight_begin(sq_reweight *p, const int *group, int number)
{
  p->states = 0;
  for (int k = 0; k < p->pool->states; k++) {
    p->place[k] = group[k] == number ? p->states : -1;
    if (group[k] == number) p->state[p->states++] = k;
  }
  memset(p->f, 0, sizeof p->f);
  sq_reweight_leave_out(p, -1);
}

void sq_reweight_leave_out(sq_reweight *p, int block)
{
  p->without = block;
  memset(p->N, 0, sizeof p->N);
  for (int64_t i = 0; i < p->pool->n; i++)
    if (is_of(p, i)) p->N[p->place[p->pool->state[i]]] += sq_reweight_share(p, i);
  for (int k = 0; k < p->states; k++) p->log_N[k] = log(p->N[k]);
}

void sq_reweight_guess(sq_reweight *p)
{
  double up[MOST] = {0}, down[MOST] = {0};
  for (int64_t i = 0; i < p->pool->n; i++) {
    const int k = p->place[p->pool->state[i]];
    if (k < 0) continue;
    const double here = sq_reweight_exponent(p->pool, coupling_of(p, k), i), weight = sq_reweight_share(p, i) / p->N[k];
    if (k + 1 < p->states) up[k] += weight * (sq_reweight_exponent(p->pool, coupling_of(p, k + 1), i) - here);
    if (k > 0) down[k] += weight * (here - sq_reweight_exponent(p->pool, coupling_of(p, k - 1), i));
  }
  for (int k = 0; k + 1 < p->states; k++) p->f[k + 1] = p->f[k] + 0.5 * (up[k] + down[k + 1]);
}

/* probability[k]: that record i is of state k, if it is of one of the group; log of the sum they are divided by. */
static double responsibilities(const sq_reweight *p, int64_t i, double *probability)
{
  double top = -INFINITY, sum = 0;
  for (int k = 0; k < p->states; k++) {
    probability[k] = p->log_N[k] + sq_reweight_exponent(p->pool, coupling_of(p, k), i) - p->f[k];
    top = fmax(top, probability[k]);
  }
  for (int k = 0; k < p->states; k++) {
    const double below = probability[k] - top;
    sum += probability[k] = below < nothing ? 0 : exp(below);
  }
  for (int k = 0; k < p->states; k++) probability[k] /= sum;
  return top + log(sum);
}

/* F, slope, curvature and log_mixture at f. */
static void evaluate(sq_reweight *p)
{
  double probability[MOST];
  p->value = 0;
  memset(p->curvature, 0, sizeof p->curvature);
  for (int k = 0; k < p->states; k++) {
    p->value += p->N[k] * p->f[k];
    p->slope[k] = p->N[k];
  }
  for (int64_t i = 0; i < p->pool->n; i++) {
    if (!is_of(p, i)) continue;
    const double share = sq_reweight_share(p, i);
    p->log_mixture[i] = responsibilities(p, i, probability);
    p->value += share * p->log_mixture[i];
    for (int k = 0; k < p->states; k++) {
      if (probability[k] == 0) continue;
      p->slope[k] -= share * probability[k];
      p->curvature[k * MOST + k] += share * probability[k];
      for (int l = 0; l <= k; l++) p->curvature[k * MOST + l] -= share * probability[k] * probability[l];
    }
  }
}

/* step = (curvature + ridge)^-1 slope for states 1 .., by Cholesky's decomposition; false: it is not positive. */
static bool solve(const sq_reweight *p, double ridge, double *step)
{
  const int K = p->states;
  double root[MOST * MOST];
  for (int k = 1; k < K; k++)
    for (int l = 1; l <= k; l++) {
      double sum = p->curvature[k * MOST + l] + (k == l ? ridge * p->N[k] : 0);
      for (int m = 1; m < l; m++) sum -= root[k * MOST + m] * root[l * MOST + m];
      if (k == l && !(sum > 0)) return false;
      root[k * MOST + l] = k == l ? sqrt(sum) : sum / root[l * MOST + l];
    }
  for (int k = 1; k < K; k++) {
    step[k] = p->slope[k];
    for (int m = 1; m < k; m++) step[k] -= root[k * MOST + m] * step[m];
    step[k] /= root[k * MOST + k];
  }
  for (int k = K - 1; k > 0; k--) {
    for (int m = k + 1; m < K; m++) step[k] -= root[m * MOST + k] * step[m];
    step[k] /= root[k * MOST + k];
  }
  return true;
}

/* Whether every state has as many records as the equations give it. */
static bool settled(const sq_reweight *p)
{
  for (int k = 0; k < p->states; k++)
    if (!(fabs(p->slope[k]) <= 1e-9 * p->N[k])) return false;
  return true;
}

/* A ridge that grows until F falls and shrinks when it does: far away F is flat. */
bool sq_reweight_solve(sq_reweight *p)
{
  double before[MOST], step[MOST] = {0}, ridge = 1e-10;
  evaluate(p);
  for (int n = 0; n < STEPS && !settled(p) && isfinite(p->value); n++) {
    const double value = p->value;
    memcpy(before, p->f, sizeof before);
    while (!solve(p, ridge, step) && ridge < 1) ridge *= 10;
    for (int k = 1; k < p->states; k++) p->f[k] += -step[k];
    evaluate(p);
    if (p->value <= value + 1e-12 * fabs(value)) {
      ridge = fmax(0.1 * ridge, 1e-14);
      continue;
    }
    ridge *= 100;
    memcpy(p->f, before, sizeof before);
    evaluate(p);
  }
  return settled(p);
}
