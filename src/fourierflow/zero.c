/* SPDX-License-Identifier: BSD-3-Clause */
/* The zero mode: a mixture of normal distributions that is symmetric under the sign. */
#include "flow.h"
#include <math.h>

static int pairs_of(int peaks)
{
  return peaks / 2;
}

int sq_fourier_zero_parameters(int peaks)
{
  return 3 * pairs_of(peaks) + 2 * (peaks % 2);
}

void sq_fourier_zero_init(int peaks, double place, double *weight)
{
  const int pairs = pairs_of(peaks);
  const bool deep = place > 0;
  for (int k = 0; k < pairs; k++) {
    const double inner = 1 - (double)k / pairs;
    weight[3 * k] = log(deep ? place * inner : inner);
    weight[3 * k + 1] = deep && k ? log(0.3 * place) : 0;
    weight[3 * k + 2] = deep && k ? -3 : 0;
  }
  if (peaks % 2 == 0) return;
  weight[3 * pairs] = deep && pairs ? log(0.4 * place) : 0;
  weight[3 * pairs + 1] = deep && pairs ? -3 : 0;
}

void sq_fourier_zero_load(int peaks, const double *weight, sq_fourier_zero *zero)
{
  const int pairs = pairs_of(peaks);
  double sum = 0;
  zero->count = peaks;
  for (int k = 0; k < peaks; k++) {
    const int pair = k / 2;
    const bool middle = pair == pairs;
    const double *w = weight + 3 * pair;
    zero->place[k] = middle ? 0 : (k % 2 ? -1 : 1) * exp(w[0]);
    zero->width[k] = exp(middle ? w[0] : w[1]);
    zero->share[k] = middle ? exp(w[1]) : 0.5 * exp(w[2]);
    sum += zero->share[k];
  }
  for (int k = 0; k < peaks; k++) zero->share[k] /= sum;
}

double sq_fourier_zero_draw(const sq_fourier_zero *zero, double u, double z)
{
  int k = 0;
  for (; k < zero->count - 1 && u >= zero->share[k]; k++) u -= zero->share[k];
  return zero->place[k] + zero->width[k] * z;
}

/* part[k]: of the density at x, the share of peak k; log of the density. */
static double parts(const sq_fourier_zero *zero, double x, double part[])
{
  double most = -INFINITY, sum = 0;
  for (int k = 0; k < zero->count; k++) {
    const double z = (x - zero->place[k]) / zero->width[k];
    part[k] = log(zero->share[k] / zero->width[k]) - 0.5 * z * z;
    most = part[k] > most ? part[k] : most;
  }
  for (int k = 0; k < zero->count; k++) sum += part[k] = exp(part[k] - most);
  for (int k = 0; k < zero->count; k++) part[k] /= sum;
  return most + log(sum) - 0.5 * log(2 * PETSC_PI);
}

double sq_fourier_zero_log(const sq_fourier_zero *zero, double x, double *slope)
{
  double part[SQ_FOURIER_PEAKS];
  const double log_p = parts(zero, x, part);
  *slope = 0;
  for (int k = 0; k < zero->count; k++) *slope -= part[k] * (x - zero->place[k]) / (zero->width[k] * zero->width[k]);
  return log_p;
}

/* Adds, of peak k, derivatives with respect to its place, log width and log share (before shares are made to add up to
 * 1) to those of its weights. */
static void add(const sq_fourier_zero *zero, int k, double place, double width, double share, double *gradient)
{
  double *g = gradient + 3 * (k / 2);
  const bool middle = k / 2 == pairs_of(zero->count);
  if (!middle) g[0] += zero->place[k] * place;
  g[middle ? 0 : 1] += width;
  g[middle ? 1 : 2] += share;
}

void sq_fourier_zero_backward(const sq_fourier_zero *zero, double x, double factor, double *gradient)
{
  double part[SQ_FOURIER_PEAKS];
  (void)parts(zero, x, part);
  for (int k = 0; k < zero->count; k++) {
    const double z = (x - zero->place[k]) / zero->width[k];
    add(zero, k, factor * part[k] * z / zero->width[k], factor * part[k] * (z * z - 1),
        factor * (part[k] - zero->share[k]), gradient);
  }
}

/* The integral of a normal density from z on, or, with side -1, up to it. */
static double tail(double z, double side)
{
  return 0.5 * erfc(side * z / sqrt(2));
}

void sq_fourier_zero_move(const sq_fourier_zero *zero, double x, double cotangent, double *gradient)
{
  double part[SQ_FOURIER_PEAKS], all = 0;
  const double density = exp(parts(zero, x, part)), side = x > 0 ? 1 : -1;
  for (int k = 0; k < zero->count; k++) all += zero->share[k] * tail((x - zero->place[k]) / zero->width[k], side);
  for (int k = 0; k < zero->count; k++) {
    const double z = (x - zero->place[k]) / zero->width[k];
    const double outside = density > 0 ? side * zero->share[k] * (tail(z, side) - all) / density : 0;
    add(zero, k, cotangent * part[k], cotangent * part[k] * z * zero->width[k], cotangent * outside, gradient);
  }
}
