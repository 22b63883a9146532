/* SPDX-License-Identifier: BSD-3-Clause */
/* What modes are before the couplings. In a single well: normal numbers, the zero mode of its mixture (zero.c). In deep
 * wells: the path y of the modes z, y_t = beta s_t + noise, s a closed chain of signs with the weight w for each
 * change of sign. Modes times their widths then make of s a path between the two wells, with kinks, of a few sites, at
 * its walls: a gas of kinks (S. Coleman, "The uses of instantons", 1977) of any number of them. The sum over
 * all chains is a product of matrices:
 *
 *   p(y) = N(y; 0, 1) e^{-N beta^2/2} sum_s P(s) e^{beta s y},   P(s) = w^walls/((1 + w)^N + (1 - w)^N).
 *
 * Weights: those of the zero mode; or log beta and the logit of w. */
#include "flow.h"
#include <math.h>
#include <string.h>

enum { LOG_BETA, WALL, CHAIN };

int sq_fourier_base_parameters(const sq_fourierflow_shape *shape)
{
  return shape->kinks ? CHAIN : sq_fourier_zero_parameters(shape->peaks);
}

bool sq_fourier_kinks_possible(const sq_fourier_prior *prior)
{
  return prior->centre > 0 && prior->hop > 0;
}

/* What a kink costs in S, of a path c tanh(t omega/2) in so many steps beyond which it is in the wells. */
static double cost_of(const sq_action *action, const sq_fourier_prior *prior, double omega)
{
  enum { HALF = 200 };
  double path[2 * HALF], V[2 * HALF], well, sum = 0;
  for (int t = 0; t < 2 * HALF; t++) path[t] = prior->centre * tanh(0.5 * omega * (t - HALF + 0.5));
  action->type->given->potential(action, 1, &prior->centre, &well);
  action->type->given->potential(action, 2 * HALF, path, V);
  for (int t = 0; t < 2 * HALF; t++) sum += V[t] - well;
  for (int t = 0; t + 1 < 2 * HALF; t++) sum += prior->hop * (prior->centre * prior->centre - path[t] * path[t + 1]);
  return sum;
}

/* Half the splitting of the two lowest levels, omega sqrt(6 S/pi) e^{-S} (1 - 71/(72 S)), S that of a kink (C. F.
 * Woehler, E. V. Shuryak, Phys. Lett. B 333 (1994) 467): what a wall weighs. Learning goes on from there. */
static double wall_of(const sq_action *action, const sq_fourier_prior *prior)
{
  const double omega = sqrt(2 * (prior->A - prior->hop) / prior->hop), S = fmax(1.5, cost_of(action, prior, omega));
  return fmin(0.3, fmax(1e-12, omega * sqrt(6 * S / PETSC_PI) * exp(-S) * (1 - 71 / (72 * S))));
}

void sq_fourier_base_init(const sq_fourierflow_shape *shape, double *weight)
{
  const sq_fourier_prior prior = sq_fourier_prior_of(&shape->action, shape->sites);
  const double place = prior.centre / sqrt(sq_fourier_variance(&prior, shape->sites, 0));
  if (!shape->kinks) {
    sq_fourier_zero_init(shape->peaks, place * sqrt(shape->sites), weight);
    return;
  }
  weight[LOG_BETA] = log(place);
  const double wall = wall_of(&shape->action, &prior);
  weight[WALL] = log(wall / (1 - wall));
}

PetscErrorCode sq_fourier_base_create(const sq_fourierflow_shape *shape, int batch, sq_fourier *fourier,
                                      sq_fourier_base *base)
{
  PetscFunctionBeginUser;
  const int N = shape->sites;
  *base = (sq_fourier_base){.sites = N, .peaks = shape->peaks, .kinks = shape->kinks, .fourier = fourier};
  PetscCall(sq_alloc(N, &base->slope));
  if (!shape->kinks) PetscFunctionReturn(0);
  PetscCall(sq_alloc((int64_t)batch * N, &base->sign));
  PetscCall(sq_alloc(N, &base->path));
  PetscCall(sq_alloc(N, &base->mean));
  PetscCall(sq_alloc(4 * (N + 1), &base->left));
  PetscFunctionReturn(0);
}

void sq_fourier_base_destroy(sq_fourier_base *base)
{
  double **array[] = {&base->slope, &base->sign, &base->path, &base->mean, &base->left};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
}

void sq_fourier_base_load(const double *weight, sq_fourier_base *base)
{
  if (!base->kinks) {
    sq_fourier_zero_load(base->peaks, weight, &base->zero);
    return;
  }
  base->beta = exp(weight[LOG_BETA]);
  base->wall = 1 / (1 + exp(-weight[WALL]));
}

/* ---- the chain ---- */

/* The logarithm of (1 + w)^n + sign (1 - w)^n, sign 1 or -1, halved. */
static double log_power(double w, double n, double sign)
{
  const double rest = sign > 0 ? 1 + pow((1 - w) / (1 + w), n) : -expm1(n * log((1 - w) / (1 + w)));
  return n * log1p(w) + log(0.5 * rest);
}

/* Signs of a closed chain, one after the other, given how likely the rest closes. */
static void draw_chain(const sq_fourier_base *base, sq_stream stream, int draw, double *s)
{
  const int N = base->sites;
  const double w = base->wall;
  s[0] = sq_rng_uniform(stream, 0, 0, (uint16_t)draw) < 0.5 ? -1 : 1;
  for (int t = 1; t < N; t++) {
    const double rest = pow((1 - w) / (1 + w), N - t), same = s[t - 1] == s[0] ? 1 : -1;
    const double stay = 1 + same * rest, go = w * (1 - same * rest);
    s[t] = sq_rng_uniform(stream, (uint64_t)t, 0, (uint16_t)draw) * (stay + go) < stay ? s[t - 1] : -s[t - 1];
  }
}

/* m <- m times [[e^h, w e^-h], [w e^h, e^-h]], divided by its largest number, whose logarithm is given. */
static double step(double w, double h, double m[4])
{
  const double up = exp(h - fabs(h)), down = exp(-h - fabs(h));
  const double next[4] = {up * (m[0] + w * m[1]), down * (w * m[0] + m[1]), up * (m[2] + w * m[3]),
                          down * (w * m[2] + m[3])};
  double most = 0;
  for (int k = 0; k < 4; k++) most = fmax(most, next[k]);
  for (int k = 0; k < 4; k++) m[k] = next[k] / most;
  return log(most) + fabs(h);
}

/* The logarithm of sum_s w^walls e^{beta s y}, y = base->path; left[t]: the product of the matrices before t. */
static double log_chains(sq_fourier_base *base)
{
  double m[4] = {1, 0, 0, 1}, sum = 0;
  for (int t = 0; t < base->sites; t++) {
    memcpy(base->left + 4 * t, m, sizeof m);
    sum += step(base->wall, base->beta * base->path[t], m);
  }
  return sum + log(m[0] + m[3]);
}

/* After it: mean[t] of s_t; the mean number of walls. right: the product of the matrices after t. */
static double means(sq_fourier_base *base)
{
  const double w = base->wall;
  double right[4] = {1, 0, 0, 1}, walls = 0;
  for (int t = base->sites - 1; t >= 0; t--) {
    const double *l = base->left + 4 * t, h = base->beta * base->path[t];
    const double up = exp(h - fabs(h)), down = exp(-h - fabs(h));
    const double from[2] = {right[0] * l[0] + right[1] * l[2], right[2] * l[0] + right[3] * l[2]};
    const double to[2] = {right[0] * l[1] + right[1] * l[3], right[2] * l[1] + right[3] * l[3]};
    const double stay[2] = {up * from[0], down * to[1]}, go[2] = {w * up * to[0], w * down * from[1]};
    const double all = stay[0] + stay[1] + go[0] + go[1];
    base->mean[t] = (stay[0] + go[0] - stay[1] - go[1]) / all;
    walls += (go[0] + go[1]) / all;
    const double next[4] = {up * right[0] + w * down * right[2], up * right[1] + w * down * right[3],
                            w * up * right[0] + down * right[2], w * up * right[1] + down * right[3]};
    const double most = fmax(fmax(next[0], next[1]), fmax(next[2], next[3]));
    for (int k = 0; k < 4; k++) right[k] = next[k] / most;
  }
  return walls;
}

/* The same without fields. */
static double walls_of(const sq_fourier_base *base)
{
  const double w = base->wall, N = base->sites;
  return N * w * exp(log_power(w, N - 1, -1) - log_power(w, N, 1));
}

/* ---- the density ---- */

void sq_fourier_base_draw(const sq_fourier_base *base, sq_stream stream, int b, double *z)
{
  enum { NORMAL, PEAK, SIGNS };
  const int N = base->sites;
  sq_rng_normals(stream, 0, N, 0, NORMAL, z);
  if (!base->kinks) {
    z[0] = sq_fourier_zero_draw(&base->zero, sq_rng_uniform(stream, 0, 0, PEAK), z[0]);
    return;
  }
  double *s = base->sign + (int64_t)b * N;
  draw_chain(base, stream, SIGNS, s);
  sq_fourier_modes(base->fourier, s, base->path);
  for (int i = 0; i < N; i++) z[i] += base->beta * base->path[i];
}

double sq_fourier_base_log(sq_fourier_base *base, const double *z, double *slope)
{
  const int N = base->sites;
  double at_zero = 0, sum = -0.5 * N * log(2 * PETSC_PI);
  for (int i = 0; i < N; i++) sum -= i || base->kinks ? 0.5 * z[i] * z[i] : 0;
  if (!base->kinks) sum += sq_fourier_zero_log(&base->zero, z[0], &at_zero) + 0.5 * log(2 * PETSC_PI);
  else {
    sq_fourier_path(base->fourier, z, base->path);
    sum += log_chains(base) - log_power(base->wall, N, 1) - log(2) - 0.5 * N * base->beta * base->beta;
  }
  if (!slope) return sum;
  if (base->kinks) {
    base->walls = means(base);
    sq_fourier_modes(base->fourier, base->mean, slope);
  }
  for (int i = 0; i < N; i++) slope[i] = base->kinks ? base->beta * slope[i] - z[i] : i ? -z[i] : at_zero;
  return sum;
}

void sq_fourier_base_backward(const sq_fourier_base *base, const double *z, double factor, double *gradient)
{
  const int N = base->sites;
  if (!base->kinks) {
    sq_fourier_zero_backward(&base->zero, z[0], factor, gradient);
    return;
  }
  double sum = -N * base->beta;
  for (int t = 0; t < N; t++) sum += base->path[t] * base->mean[t];
  gradient[LOG_BETA] += factor * base->beta * sum;
  gradient[WALL] += factor * (1 - base->wall) * (base->walls - walls_of(base));
}

void sq_fourier_base_move(sq_fourier_base *base, const double *z, int b, const double *cotangent, double *gradient)
{
  if (!base->kinks) {
    sq_fourier_zero_move(&base->zero, z[0], cotangent[0], gradient);
    return;
  }
  double sum = 0;
  sq_fourier_path(base->fourier, cotangent, base->mean);
  for (int t = 0; t < base->sites; t++) sum += base->mean[t] * base->sign[(int64_t)b * base->sites + t];
  gradient[LOG_BETA] += base->beta * sum;
}
