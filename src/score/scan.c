/* SPDX-License-Identifier: BSD-3-Clause */
/* Couplings that one model learns at, as numbers: places, positions between them, weights of interpolation. */
#include "squall/score.h"
#include <math.h>
#include <string.h>

enum { DEGREE = 3 };

int sq_scan_places(const sq_scan *scan)
{
  int places = scan->axes > 0;
  for (int i = 0; i < scan->axes; i++) places *= scan->count[i];
  return places;
}

/* Which of its values each axis has at a place. */
static void indices(const sq_scan *scan, int place, int index[SQ_SCAN_AXES])
{
  for (int i = scan->axes - 1; i >= 0; place /= scan->count[i--]) index[i] = place % scan->count[i];
}

void sq_scan_action(const sq_scan *scan, const sq_action *base, int place, sq_action *action)
{
  int index[SQ_SCAN_AXES];
  *action = *base;
  indices(scan, place, index);
  for (int i = 0; i < scan->axes; i++) action->value[scan->parameter[i]] = scan->value[i][index[i]];
}

/* A NaN lies outside. */
int sq_scan_outside(const sq_scan *scan, const sq_action *action)
{
  for (int i = 0; i < scan->axes; i++) {
    const double x = action->value[scan->parameter[i]];
    if (!(x >= scan->value[i][0] && x <= scan->value[i][scan->count[i] - 1])) return i;
  }
  return -1;
}

void sq_scan_position(const sq_scan *scan, const sq_action *action, double position[SQ_SCAN_AXES])
{
  for (int i = 0; i < scan->axes; i++) {
    const double low = scan->value[i][0], high = scan->value[i][scan->count[i] - 1];
    position[i] = (action->value[scan->parameter[i]] - low) / (high - low);
  }
}

/* The k-th weight of n values x that does not depend on where one is, for the degree d: equation 18 of the paper. */
static double barycentric(int n, const double *x, int d, int k)
{
  double sum = 0;
  for (int i = k > d ? k - d : 0; i <= k && i + d < n; i++) {
    double product = 1;
    for (int j = i; j <= i + d; j++)
      if (j != k) product /= x[k] - x[j];
    sum += i % 2 ? -product : product;
  }
  return sum;
}

/* weight[n] at `at`; returns the sum of their sizes, by which errors of the values grow. */
static double rational_weights(int n, const double *x, double at, double *weight)
{
  const int d = n - 1 < DEGREE ? n - 1 : DEGREE;
  double sum = 0, sizes = 0;
  int hit = -1;
  for (int k = 0; k < n; k++)
    if (at == x[k]) hit = k;
  for (int k = 0; k < n; k++) {
    weight[k] = hit < 0 ? barycentric(n, x, d, k) / (at - x[k]) : k == hit;
    sum += weight[k];
  }
  for (int k = 0; k < n; k++) sizes += fabs(weight[k] /= sum);
  return sizes;
}

/* Those of all values, unless errors would grow by more than MOST, as they do where distances differ: then of the four,
 * three or two values around `at`. Of two they do not grow. */
static void axis_weights(int n, const double *x, double at, double *weight)
{
  enum { MOST = 2 };
  int below = 0, count = n, first = 0;
  while (below < n - 2 && x[below + 1] <= at) below++;
  while (!(rational_weights(count, x + first, at, weight + first) <= MOST) && count > 2) {
    count = count > DEGREE + 1 ? DEGREE + 1 : count - 1;
    first = below - (count - 2) / 2;
    if (first > n - count) first = n - count;
    if (first < 0) first = 0;
    memset(weight, 0, (size_t)n * sizeof *weight);
  }
}

void sq_scan_weights(const sq_scan *scan, const sq_action *action, double *weight)
{
  double axis[SQ_SCAN_AXES][SQ_SCAN_VALUES];
  int index[SQ_SCAN_AXES];
  for (int i = 0; i < scan->axes; i++)
    axis_weights(scan->count[i], scan->value[i], action->value[scan->parameter[i]], axis[i]);
  for (int place = 0; place < sq_scan_places(scan); place++) {
    indices(scan, place, index);
    weight[place] = 1;
    for (int i = 0; i < scan->axes; i++) weight[place] *= axis[i][index[i]];
  }
}
